"""Whom a step reaches: who is in charge of what it is about (R79c), and the posts a rung names, as the people who hold them at that instant
(R70–R72, R84). Reads only."""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from escalation.calendar import last_day_of
from tickets.dispatch_models import Task
from tickets.models import Ticket
from tickets.organisations import Absence, Delegation, DutyShift, Post, Unit
from tickets.posts import serves
from tickets.whistle_models import PlanStep, Summons, Whistle

# accounts belong to app/auth; who holds a centre role is all that is asked of them here
ACCOUNTS = sa.table("accounts", sa.column("id", sa.Integer), sa.column("roles", ARRAY(sa.Text)), sa.column("active", sa.Boolean)).c
# a clock the centre itself lets run late is told to the centre's own people
CENTRE = {
    "liaison": "dispatcher",
    "handler-a": "dispatcher",
    "handler-b": "dispatcher",
    "centre": "supervisor",
    "head": "supervisor",
    "superior": "supervisor",
    "supervisor": "supervisor",
    "district-leader": "leader",
    "top-leader": "leader",
}
ON_SHIFT = frozenset({"liaison", "handler-a", "handler-b"})  # posts beside which the duty roster is told
STREET_POSTS = frozenset({"street", "street-district"})  # of a whistle: those who called
CENTRE_POSTS = {"centre": "dispatcher", "supervisor": "supervisor", "top-leader": "leader"}


class People:
    """Who holds what at `now` for some tickets and units: loaded in a handful of statements, asked without any."""

    def __init__(
        self, session: Session, ticket_ids: Collection[int], unit_ids: Collection[int], now: datetime, whistle_ids: Collection[int] = ()
    ):
        self._tickets = {
            row.id: row
            for row in session.execute(
                sa.select(Ticket.id, Ticket.lead_unit_id, Ticket.handler_a_id, Ticket.handler_b_id).where(
                    Ticket.id == sa.any_(sa.literal(sorted(ticket_ids), ARRAY(sa.BigInteger)))
                )
            )
        }
        wanted = set(unit_ids) | {row.lead_unit_id for row in self._tickets.values() if row.lead_unit_id}
        self._streets = (
            dict(session.execute(sa.select(Whistle.id, Whistle.street_id).where(Whistle.id.in_(whistle_ids))).all()) if whistle_ids else {}
        )
        wanted |= set(self._streets.values())
        self._units = self._load_units(session, wanted)
        self._posts = {
            (post.unit_id, post.role): post
            for post in session.execute(
                sa.select(Post.id, Post.unit_id, Post.role, Post.holder_a_id, Post.holder_b_id).where(Post.unit_id.in_(self._units))
            )
        }
        self._away, self._resting = self._load_absent(session, now)
        self._delegates = dict(
            session.execute(
                sa.select(Delegation.post_id, Delegation.delegate_id).where(
                    Delegation.starts_at <= now, Delegation.ends_at > now, Delegation.revoked_at.is_(None)
                )
            ).all()
        )
        self._shifts: dict[int, list[int]] = {}
        for unit, account in session.execute(
            sa.select(DutyShift.unit_id, DutyShift.account_id)
            .where(DutyShift.unit_id.in_(wanted), DutyShift.starts_at <= now, DutyShift.ends_at > now)
            .order_by(DutyShift.id)
        ):
            if account not in self._resting:
                self._shifts.setdefault(unit, []).append(account)
        self._centre = self._load_centre(session)

    def unit_of(self, ticket_id: int | None, unit_id: int | None, owner: str) -> int | None:
        """The unit that answers for a clock: its owner, else the ticket's lead; none for the centre's own."""
        ticket = self._tickets.get(ticket_id or 0)
        return None if owner == "centre" else unit_id or (ticket.lead_unit_id if ticket else None)

    def of(
        self,
        to: Collection[str],
        ticket_id: int | None,
        unit_id: int | None,
        owner: str,
        whistle_id: int | None = None,
        in_charge: Iterable[int] = (),
    ) -> list[int]:
        """Account ids for the posts of a rung, nobody twice. `unit_id` None: the ticket's lead unit; `owner` "centre": its own people.

        `in_charge`: who was named for it; whoever is not away hears first of what the unit's own posts hear (R79c 段长). A post nobody
        holds is the unit's fault: its head is told instead, and its superior when there is no head (domain §9.7).
        """
        found: list[int] = [] if ON_SHIFT.isdisjoint(to) else [account for account in dict.fromkeys(in_charge) if account not in self._away]
        for post in to:
            if post in STREET_POSTS:
                people = self._of_street(post, whistle_id)
            else:
                people = self._centre.get(CENTRE[post], []) if owner == "centre" else self._at_unit(post, ticket_id, unit_id)
            found += [account for account in people if account not in found]
        return found

    def _of_street(self, post: str, whistle_id: int | None) -> list[int]:
        """The street that called: whoever can call again, or the head of the district above it."""
        street = self._streets.get(whistle_id or 0)
        if street is None:
            return []
        if post == "street-district":
            return self._district_leader(street)
        return list(dict.fromkeys(self._holder_list("liaison", street) + self._holder_list("head", street)))

    def _at_unit(self, post: str, ticket_id: int | None, unit_id: int | None) -> list[int]:
        ticket = self._tickets.get(ticket_id or 0)
        unit = self.unit_of(ticket_id, unit_id, "unit")
        if post in CENTRE_POSTS:
            return self._centre.get(CENTRE_POSTS[post], [])
        if unit is None:
            return self._centre.get("dispatcher", [])
        if post == "superior":
            return self._superior(unit)
        if post == "district-leader":
            return self._district_leader(unit)
        mine = ticket is not None and unit == ticket.lead_unit_id
        holder = self._holder(post, unit, ticket if mine else None)
        told = [holder] if holder else []
        told += self._shifts.get(unit, []) if post in ON_SHIFT else []
        return told or self._holder_list("head", unit) or self._superior(unit)

    def _holder(self, post: str, unit: int, ticket) -> int | None:
        """A unless away, then the delegate, then B. The handler is the ticket's own when it has been allotted. An account at rest hears
        nothing, so it holds nothing."""
        role = "handler" if post.startswith("handler") else post
        row = self._posts.get((unit, role))
        allotted = ticket if role == "handler" else None
        first = self._there(allotted and allotted.handler_a_id) or self._there(row and row.holder_a_id)
        second = self._there(allotted and allotted.handler_b_id) or self._there(row and row.holder_b_id)
        if post == "handler-b":
            first, second = second, first
        if first and first not in self._away:
            return first
        return self._there(row and self._delegates.get(row.id)) or second

    def _there(self, account: int | None) -> int | None:
        return None if account in self._resting else account

    def _holder_list(self, post: str, unit: int) -> list[int]:
        holder = self._holder(post, unit, None)
        return [holder] if holder else []

    def _superior(self, unit: int) -> list[int]:
        """The one who supervises the unit, or the next above it (R84)."""
        at = self._units.get(unit)
        while at is not None:
            if self._there(at.superior_id):
                return [at.superior_id]
            at = self._units.get(at.parent_id)
        return self._centre.get("leader", [])

    def _district_leader(self, unit: int) -> list[int]:
        """The head of the district above the unit; for a city department its supervising leader."""
        at = self._units.get(unit)
        while at is not None:
            if at.kind == "district":
                return self._holder_list("head", at.id) or self._superior(at.id)
            at = self._units.get(at.parent_id)
        return self._superior(unit)

    @staticmethod
    def _load_units(session: Session, wanted: Collection[int]) -> dict:
        """The units and all above them."""
        below = sa.select(Unit.id, Unit.parent_id, Unit.kind, Unit.superior_id).where(Unit.id.in_(wanted)).cte("chain", recursive=True)
        chain = below.union(sa.select(Unit.id, Unit.parent_id, Unit.kind, Unit.superior_id).where(Unit.id == below.c.parent_id))
        return {row.id: row for row in session.execute(sa.select(chain))}

    @staticmethod
    def _load_absent(session: Session, now: datetime) -> tuple[set[int], set[int]]:
        """Who is away by the absence calendar, and whose account is at rest; one statement."""
        away = sa.select(Absence.account_id, sa.true()).where(Absence.starts_at <= now, Absence.ends_at > now)
        resting = sa.select(ACCOUNTS.id, sa.false()).where(sa.not_(ACCOUNTS.active))
        found = list(session.execute(away.union_all(resting)))
        return {account for account, is_away in found if is_away}, {account for account, is_away in found if not is_away}

    @staticmethod
    def _load_centre(session: Session) -> dict[str, list[int]]:
        roles = sorted(set(CENTRE.values()) | set(CENTRE_POSTS.values()))
        found: dict[str, list[int]] = {}
        for account, held in session.execute(
            sa.select(ACCOUNTS.id, ACCOUNTS.roles).where(ACCOUNTS.active, ACCOUNTS.roles.overlap(roles)).order_by(ACCOUNTS.id)
        ):
            for role in held:
                found.setdefault(role, []).append(account)
        return found


def in_charge(session: Session, clocks: Collection) -> dict[int, list[int]]:
    """Clock id → who was named for what it counts (R79c): of a sub-task's clocks its person, of a plan's those of the open steps of its day.

    Who is still there only (posts.serves); of the others the unit's posts hear. One statement for sub-tasks, one for plans; none where no
    clock is of either.
    """
    tasks = [clock.task_id for clock in clocks if clock.task_id]
    plans = {clock.id: (clock.summons_id, last_day_of(clock.due_at)) for clock in clocks if clock.code.endswith("-plan")}
    found: dict[int, list[int]] = {}
    if tasks:
        named = sa.select(Task.id, Task.person_id).where(Task.id.in_(tasks), serves(Task.person_id, Task.unit_id))
        of_task = dict(session.execute(named).all())
        found |= {clock.id: [of_task[clock.task_id]] for clock in clocks if clock.task_id in of_task}
    if plans:
        of_day: dict[tuple, list[int]] = {}
        steps = (
            sa.select(PlanStep.summons_id, PlanStep.due_on, PlanStep.person_id)
            .join(Summons, Summons.id == PlanStep.summons_id)
            .where(
                PlanStep.summons_id.in_([summons for summons, _day in plans.values()]),
                PlanStep.done_at.is_(None),
                serves(PlanStep.person_id, Summons.unit_id),
            )
        )
        for summons, day, person in session.execute(steps.order_by(PlanStep.id)):
            of_day.setdefault((summons, day), []).append(person)
        found |= {clock: of_day[day] for clock, day in plans.items() if day in of_day}
    return found
