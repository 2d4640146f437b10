"""Who acts: roles of domain §2 and the frozen `Actor` every verb is given. Accounts and passwords live in app/auth."""

from dataclasses import dataclass, field

AGENT, DISPATCHER, AUDITOR, PANEL = "agent", "dispatcher", "auditor", "panel"
FOLLOW_UP, SUPERVISOR, LEADER, PUBLISHER = "follow-up", "supervisor", "leader", "publisher"
ADMIN, DISCIPLINE, INTEGRATION = "admin", "discipline", "integration"
LIAISON, HANDLER, HEAD = "liaison", "handler", "head"
CITIZEN, SYSTEM = "citizen", "system"

UNIT_ROLES = frozenset({LIAISON, HANDLER, HEAD})
CENTRE_ROLES = frozenset({AGENT, DISPATCHER, AUDITOR, PANEL, FOLLOW_UP, SUPERVISOR, LEADER, DISCIPLINE})
ACCOUNT_ROLES = (
    AGENT,
    DISPATCHER,
    AUDITOR,
    PANEL,
    FOLLOW_UP,
    SUPERVISOR,
    LEADER,
    PUBLISHER,
    ADMIN,
    DISCIPLINE,
    INTEGRATION,
    LIAISON,
    HANDLER,
    HEAD,
)
ALL_ROLES = (*ACCOUNT_ROLES, CITIZEN, SYSTEM)


@dataclass(frozen=True)
class Actor:
    """One person (or the system) acting now.

    `roles` are the effective ones: the account's own and those of posts it covers today (R71, R72).
    `unit_ids` is the unit and all below it: what the person may read; `unit_id` alone is what they may act for.
    `covering` names, per role, the post holder stood in for, so that history says who acted for whom.
    """

    name: str
    roles: frozenset[str]
    account_id: int | None = None
    unit_id: int | None = None
    unit_ids: frozenset[int] = frozenset()
    unit_name: str = ""
    covering: dict[str, str] = field(default_factory=dict, hash=False, compare=False)

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def of_centre(self) -> bool:
        return self.has(*CENTRE_ROLES)

    @property
    def of_unit(self) -> bool:
        return self.has(*UNIT_ROLES)


SYSTEM_ACTOR = Actor(name="系统", roles=frozenset({SYSTEM}))
CITIZEN_ACTOR = Actor(name="市民", roles=frozenset({CITIZEN}))
