"""吹哨报到 as one table (domain §6): every action, from which state of the whistle and of the summons, who may take it, the article.

`move` is the only place that changes a whistle's status or a summons's state; `permit` answers for all other actions.
"""

from dataclasses import dataclass

from app.errors import Forbidden, WrongState
from tickets.actors import CITIZEN, DISPATCHER, HEAD, LIAISON, SYSTEM, UNIT_ROLES, Actor
from tickets.whistle_codes import AWAITED, LIVE, PRESENT
from tickets.whistle_words import STATE, STATUS

STAYS = "stays"
STREET, SUMMONED, LEAD, ANY = "street", "summoned", "lead", "any"


@dataclass(frozen=True)
class Edge:
    """One action. `to`: the whistle's next status or STAYS; `states` → `state`: the summons's, empty when it is not about one.

    `party`: whose people act: the street's, the summoned unit's, the lead's, any of these; "" the whistle office or the system.
    """

    action: str
    sources: frozenset[str]
    to: str
    roles: frozenset[str]
    article: str
    party: str = ""
    states: frozenset[str] = frozenset()
    state: str = STAYS


def _edge(action, sources, to, roles, article, party="", states=(), state=STAYS):
    return Edge(action, frozenset(sources), to, frozenset(roles), article, party, frozenset(states), state)


LEADERSHIP = (LIAISON, HEAD)
AFTER = ("released", "evaluated", "closed")
TAKING_PART = AWAITED | PRESENT | {"released", "no-show"}  # all but the excused

TABLE = (
    # the street calls
    _edge("blow", [""], "draft", LEADERSHIP, "domain §2, §6, R60, BJS §5", STREET),
    _edge("revise", ["draft"], STAYS, LEADERSHIP, "domain §6: the street states the measures it has tried", STREET),
    _edge("co-sign", ["draft"], STAYS, [HEAD], "domain §6 TOUGH, GL: party secretary and director", STREET),
    _edge("approve", ["draft"], "approved", [HEAD], "domain §6, YH: the head reviews before it sounds", STREET),
    _edge("reject", ["draft"], "withdrawn", [HEAD], "domain §6, YH: 防止随意吹哨", STREET),
    _edge("sound-at-once", ["draft"], "sounded", LEADERSHIP, "domain §6 EMERGENCY, PG, HJS: no triage", STREET),
    _edge("ratify", [*LIVE, *AFTER], STAYS, [HEAD], "domain §6 EMERGENCY: within 24 h", STREET),
    _edge("withdraw", ["draft", "approved", "sounded"], "withdrawn", LEADERSHIP, "domain §6: before anybody has come", STREET),
    # the whistle office
    _edge("triage", ["approved"], "sounded", [DISPATCHER], "domain §6, DC, YX: lead and assisting by the duty list"),
    _edge("send-back", ["approved"], "draft", [DISPATCHER], "domain §6, YX"),
    _edge("add-summons", LIVE, STAYS, [*LEADERSHIP, DISPATCHER], "domain §6, R60: 统筹协调权", STREET),
    _edge("remind", LIVE, STAYS, [*LEADERSHIP, DISPATCHER], "domain §6: who is awaited is called again", STREET, AWAITED | {"no-show"}),
    _edge(
        "decide-objection",
        LIVE,
        STAYS,
        [DISPATCHER],
        "domain §6: decided by the whistle office",
        states=AWAITED | PRESENT | {"no-show", "released"},
    ),
    _edge(
        "uphold-objection",
        LIVE,
        STAYS,
        [DISPATCHER],
        "domain §6: decided by the whistle office",
        states=AWAITED | {"no-show"},
        state="excused",
    ),
    _edge("change-lead", LIVE, STAYS, [DISPATCHER], "R40: always exactly one lead", states=AWAITED | PRESENT),
    # the departments report
    _edge("sign", LIVE, STAYS, UNIT_ROLES, "domain §6, GL, PG", SUMMONED, ["called"], "signed"),
    _edge("contact", LIVE, STAYS, UNIT_ROLES, "domain §6, GL, BJQ", SUMMONED, ["signed"], "contacted"),
    _edge("set-out", LIVE, STAYS, UNIT_ROLES, "domain §6: who is on the way", SUMMONED, ["signed", "contacted", "no-show"]),
    _edge("object", LIVE, STAYS, LEADERSHIP, "domain §6: 先报到后议", SUMMONED, AWAITED | PRESENT),
    _edge("check-in", LIVE, "joint-handling", UNIT_ROLES, "domain §6, seed 003, PG", SUMMONED, AWAITED | {"no-show"}, "checked-in"),
    _edge("outcome", LIVE, STAYS, UNIT_ROLES, "domain §6, R43", SUMMONED, PRESENT, "result-submitted"),
    _edge("outcome-after", [*LIVE, "released"], STAYS, UNIT_ROLES, "domain §6: the result may follow the release", SUMMONED, ["released"]),
    _edge("note", LIVE, STAYS, UNIT_ROLES, "domain §6, R54: one shared log", ANY),
    _edge("plan", [*LIVE, "released"], STAYS, LEADERSHIP, "domain §6 TOUGH, GL: plan with dates; R41", LEAD, TAKING_PART),
    _edge("plan-done", [*LIVE, *AFTER], STAYS, UNIT_ROLES, "R41, R49: every step is written off", SUMMONED, TAKING_PART),
    _edge("hand-over-step", [*LIVE, *AFTER], STAYS, UNIT_ROLES, "R79c: who is in charge", SUMMONED, TAKING_PART),
    _edge("no-show", LIVE, STAYS, [SYSTEM], "domain §6, §5 E6, BJS §44", states=AWAITED, state="no-show"),
    # the street lets go
    _edge("release", LIVE, STAYS, LEADERSHIP, "domain §6, PG: 事不完,人不走", STREET, AWAITED | PRESENT, "released"),
    _edge("let-go", LIVE, STAYS, LEADERSHIP, "domain §6: who never came is not waited for any longer", STREET, ["no-show"]),
    _edge("end", LIVE, "released", [SYSTEM], "domain §6: nobody is left on site"),
    # the street grades
    _edge("score", ["released"], STAYS, LEADERSHIP, "domain §6, R60, GD, DC: one whistle one assessment", STREET, ["released", "no-show"]),
    _edge("rate-assistant", [*LIVE, *AFTER], STAYS, LEADERSHIP, "R42", LEAD, PRESENT | {"released", "no-show"}),
    _edge("evaluate", ["released"], "evaluated", [SYSTEM], "domain §6: every department has its grade"),
    _edge("close", ["evaluated"], "closed", [SYSTEM], "domain §6"),
    _edge("appeal", AFTER, STAYS, LEADERSHIP, "domain §6: once, the original stays visible", SUMMONED, ["released", "no-show"]),
    _edge("decide-appeal", AFTER, STAYS, [DISPATCHER], "domain §6, BJ §33: 双考核", states=["released", "no-show"]),
    _edge("rate", AFTER, STAYS, [CITIZEN], "domain §6, BJS §44: citizens may grade too"),
    _edge("look-again", ["closed"], STAYS, LEADERSHIP, "R79b: 回头看", STREET),
    _edge("reopen", ["closed"], "sounded", LEADERSHIP, "domain §6, R60 找茬: within 10 wd of closing", STREET),
)
EDGES = {edge.action: edge for edge in TABLE}


def permit(whistle, action: str, actor: Actor, summons=None, lead_unit_id: int | None = None) -> Edge:
    """Who may do this, and do whistle and summons stand where they must? Refuses with Forbidden or WrongState; says which."""
    edge = EDGES[action]
    if not actor.has(*edge.roles) or not _is_party(edge, whistle, actor, summons, lead_unit_id):
        raise Forbidden("您的岗位不能办这一步")
    if whistle.status not in edge.sources:
        raise WrongState("这一哨现在是“%(status)s”，不能办这一步；请刷新看看", status=STATUS.get(whistle.status, ""))
    if edge.states and summons.state not in edge.states:
        raise WrongState("这个单位现在是“%(status)s”，不能办这一步；请刷新看看", status=STATE[summons.state])
    return edge


def _is_party(edge: Edge, whistle, actor: Actor, summons, lead_unit_id: int | None) -> bool:
    if edge.party == "" or actor.has(*(edge.roles - UNIT_ROLES)):
        return True
    if actor.unit_id is None:
        return False
    if edge.party == STREET:
        return actor.unit_id == whistle.street_id
    if edge.party == LEAD:
        return actor.unit_id == lead_unit_id
    mine = summons is not None and actor.unit_id == summons.unit_id
    return mine or (edge.party == ANY and actor.unit_id == whistle.street_id)


def move(whistle, action: str, actor: Actor, summons=None) -> tuple[str, str]:
    """Take the edge: check, change status and state, return the whistle's (from, to). The only place that writes either."""
    edge = permit(whistle, action, actor, summons)
    before = whistle.status
    if edge.to != STAYS:
        whistle.status = edge.to
    if edge.state != STAYS:
        summons.state = edge.state
    return before, whistle.status


def call_again(summons) -> None:
    """A new round: the department is called as on the first day."""
    summons.state = "called"


def allowed_actions(whistle, actor: Actor, summons=None, lead_unit_id: int | None = None) -> list[str]:
    """The actions this person may take now, in table order: on the whistle, and with `summons` also those on that department."""
    found = []
    for edge in TABLE:
        fits = whistle.status in edge.sources and actor.has(*edge.roles) and _is_party(edge, whistle, actor, summons, lead_unit_id)
        if fits and (not edge.states or (summons is not None and summons.state in edge.states)):
            found.append(edge.action)
    return found
