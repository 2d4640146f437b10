"""The lifecycle as one table (domain §3): every action, where it starts, where it leads, who may take it, the article, and
what the citizen is told. `move` is the only place that changes a ticket's status; `permit` answers for all other actions."""

from dataclasses import dataclass

from app.errors import Forbidden, WrongState
from tickets.actors import (
    AGENT,
    AUDITOR,
    CITIZEN,
    DISPATCHER,
    FOLLOW_UP,
    HANDLER,
    HEAD,
    INTEGRATION,
    LIAISON,
    PANEL,
    SYSTEM,
    UNIT_ROLES,
    Actor,
)
from tickets.codes import OPEN
from tickets.words import STATUS

STAYS = "stays"


@dataclass(frozen=True)
class Edge:
    """One action. `to` is the state it leads to, or STAYS. `party` says whose unit must act: "" nobody's (the centre, the
    citizen), "lead" the lead unit, "task" the assisting unit of that task. `tells` is the citizen's line, "" for nothing."""

    action: str
    sources: frozenset[str]
    to: str
    roles: frozenset[str]
    article: str
    party: str = ""
    tells: str = ""


def _edge(action, sources, to, roles, article, party="", tells=""):
    return Edge(action, frozenset(sources), to, frozenset(roles), article, party, tells)


LEAD_OPEN = ("dispatched", "signed", "handling", "suspended", "return-requested", "disputed")

TABLE = (
    # intake
    _edge("answer-directly", ["registered"], "direct-closed", [AGENT], "domain §3 #2, BJ §11", tells="已当场答复"),
    _edge("transfer-emergency", ["registered"], "emergency-transferred", [AGENT], "domain §3 #3, BJ §11(1)", tells="已转专线"),
    _edge("refuse", ["registered"], "refused", [AGENT], "domain §3 #4, WF §19", tells="不予受理"),
    _edge("merge", ["registered"], "merged", [AGENT, DISPATCHER, SYSTEM], "domain §3 #5, G66 cl.5", tells="已并入"),
    _edge("split", ["merged"], "registered", [AGENT, DISPATCHER], "domain §8 duplicates: merge is reversible", tells="已单独办理"),
    _edge("classify", OPEN, STAYS, [AGENT, DISPATCHER], "domain §8 fields"),
    _edge("set-urgency", OPEN, STAYS, [AGENT, DISPATCHER], "domain §4 urgency: only the centre lowers it, with reason"),
    _edge("urge", OPEN - {"registered"}, STAYS, [CITIZEN, AGENT], "JN §16"),
    _edge("supplement", OPEN | {"merged"}, STAYS, [CITIZEN, AGENT], "BJ §11(3)"),
    _edge("recuse", OPEN, STAYS, [DISPATCHER], "JN §32"),
    # dispatch
    _edge("dispatch", ["registered"], "dispatched", [DISPATCHER], "domain §3 #6, BJ §11, §13", tells="已转办"),
    _edge("dispatch-by-rule", ["registered"], "dispatched", [AGENT, SYSTEM], "domain §3 #6: the catalogue's own answer", tells="已转办"),
    _edge("recall", ["dispatched"], "registered", [DISPATCHER, AGENT], "practice: a slip of the hand, within a minute"),
    _edge("request-return", ["dispatched", "signed"], "return-requested", [LIAISON], "domain §3 #9, SD20, AY §50", "lead"),
    _edge("accept-return", ["return-requested"], "dispatched", [DISPATCHER], "domain §3 #10, BJ §12", tells="已转办"),
    _edge("deny-return", ["return-requested"], "back", [DISPATCHER], "domain §3 #10, BJ §12"),
    _edge("dispute", ["dispatched", "signed"], "disputed", [LIAISON], "domain §3 #11, BJ §12", "lead"),
    _edge("rule", ["disputed"], "dispatched", [PANEL], "domain §3 #11, WF §22", tells="已转办"),
    # handling
    _edge("sign", ["dispatched"], "signed", [LIAISON], "domain §3 #7, T05", "lead"),
    _edge("contact", ["signed"], "handling", [HANDLER], "domain §3 #8, BJ §15(1)", "lead", tells="办理中"),
    _edge("contact-again", ["handling", "suspended", "return-requested", "disputed"], STAYS, [HANDLER], "domain §9.4, R54", "lead"),
    _edge("note", LEAD_OPEN, STAYS, UNIT_ROLES, "R54: what was done elsewhere is written here", "lead"),
    _edge("request-extension", ["handling"], STAYS, [LIAISON], "domain §3 #12, T17, BJ §15(2)", "lead"),
    _edge("grant-extension", ["handling"], STAYS, [DISPATCHER], "domain §3 #12", tells="答复日期有变"),
    _edge("deny-extension", ["handling"], STAYS, [DISPATCHER], "domain §3 #12"),
    _edge("request-suspension", ["handling"], STAYS, [HANDLER], "domain §3 #13, §4 pause codes", "lead"),
    _edge("grant-suspension", ["handling"], "suspended", [DISPATCHER], "domain §3 #13, SAMR §20", tells="等待材料或检测"),
    _edge("deny-suspension", ["handling"], STAYS, [DISPATCHER], "domain §3 #13"),
    _edge("resume", ["suspended"], "handling", [HANDLER, DISPATCHER], "domain §3 #13", "lead", tells="办理中"),
    _edge("request-termination", ["handling"], STAYS, [LIAISON, HEAD], "R22, SAMR §21: in writing", "lead"),
    _edge("deny-termination", ["handling"], STAYS, [DISPATCHER], "R22, SAMR §21"),
    _edge("terminate", ["handling"], "terminated", [DISPATCHER], "domain §3 #14, WF §21, JN §25", tells="已终止办理"),
    _edge("draft-reply", ["handling"], STAYS, [HANDLER, LIAISON], "domain §2 handler: draft reply", "lead"),
    _edge("reply", ["handling"], "replied", [HEAD], "domain §3 #15, BJ §15(3)", "lead", tells="已答复"),
    # procedures of law: acceptance, interim reply, the violation a mediation brings to light, notices with proof
    _edge(
        "accept",
        ["handling"],
        STAYS,
        [LIAISON, HANDLER],
        "R21, R29, SAMR §14, XJ: the statutory limit runs from here",
        "lead",
        tells="单位受理了",
    ),
    _edge("interim-reply", ["signed", "handling", "suspended"], STAYS, [LIAISON, HEAD], "JN §24(2), WF §20(2)", "lead", tells="先行答复"),
    _edge(
        "find-violation",
        ["handling", "suspended"],
        STAYS,
        [LIAISON, HANDLER],
        "R23, SAMR §7, §23: handled separately",
        "lead",
        tells="违法线索另案核查",
    ),
    _edge("open-case", ["registered"], "handling", [SYSTEM], "R23, T22: by the unit that found it"),
    _edge("conclude-check", ["handling"], STAYS, [LIAISON, HEAD], "R23, T22, SAMR §23, §31", "lead", tells="核查有了结论"),
    _edge("close-case", ["handling"], "closed", [SYSTEM], "T22: checked"),
    _edge(
        "tell-reporter",
        ["handling", "replied", "follow-up", "closed"],
        STAYS,
        [LIAISON, HANDLER, FOLLOW_UP],
        "T23, SAMR §31",
        "lead",
        tells="立案情况已告知",
    ),
    _edge("tell-parties", ["terminated"], STAYS, [LIAISON, HANDLER], "R22, T21, SAMR §21", "lead", tells="已告知双方"),
    # joint handling
    _edge("add-task", ["signed", "handling"], STAYS, [LIAISON, HANDLER, HEAD], "R41, R43", "lead"),
    _edge("sign-task", LEAD_OPEN, STAYS, [LIAISON], "domain §9.3", "task"),
    _edge("hand-over-task", LEAD_OPEN, STAYS, [LIAISON, HEAD], "R79c: who is in charge", "task"),
    _edge("reply-task", LEAD_OPEN, STAYS, UNIT_ROLES, "domain §9.3, BJ §14", "task"),
    _edge("release-task", LEAD_OPEN, STAYS, [LIAISON, HEAD], "R43: the lead answers for letting one go", "lead"),
    _edge("grade-task", (*LEAD_OPEN, "replied", "follow-up", "closed"), STAYS, [LIAISON, HEAD], "R42", "lead"),
    # answering back
    _edge("approve-reply", ["replied"], "follow-up", [AUDITOR], "domain §3 #17, BJ §23", tells="待评价"),
    _edge("check-on-site", ["replied"], STAYS, [AUDITOR], "R37: closed only after somebody was there"),
    _edge("reject-reply", ["replied"], "handling", [AUDITOR], "domain §3 #16, JN §27", tells="正在重办"),
    _edge("request-ledger", ["replied"], STAYS, [LIAISON, HEAD], "domain §3 #20, JN §24(3)", "lead"),
    _edge("confirm-ledger", ["replied"], "ledgered", [DISPATCHER], "domain §3 #20, AY §50", tells="已列入台账"),
    _edge("fulfil", ["ledgered"], "replied", [HEAD], "domain §3 #21, JN §24", "lead", tells="已答复"),
    _edge("follow-up", ["follow-up"], STAYS, [FOLLOW_UP], "domain §7: an attempt that did not reach the person"),
    _edge("close", ["follow-up"], "closed", [FOLLOW_UP], "domain §3 #18, BJ §23", tells="已办结"),
    _edge("close-unasked", ["follow-up"], "closed", [SYSTEM], "domain §7 skip: no reply wanted, or nobody to call", tells="已办结"),
    _edge("rework", ["follow-up"], "handling", [FOLLOW_UP], "domain §3 #19, JN §27", tells="正在重办"),
    _edge("rate", ["direct-closed", "replied", "follow-up", "closed", "merged"], STAYS, [CITIZEN, INTEGRATION], "domain §7, SHB §30"),
    _edge("archive", ["closed", "direct-closed", "terminated", "refused", "emergency-transferred"], "archived", [SYSTEM], "domain §3 #22"),
)
EDGES = {edge.action: edge for edge in TABLE}


def permit(ticket, action: str, actor: Actor, unit_id: int | None = None) -> Edge:
    """Who may do this, and is the ticket where it must be? Refuses with Forbidden or WrongState; says which.

    `unit_id`: the acting unit an edge with party "task" asks for.
    """
    edge = EDGES[action]
    if not actor.has(*edge.roles) or not _is_party(edge, ticket, actor, unit_id):
        raise Forbidden("您的岗位不能办这一步")
    if ticket.status not in edge.sources:
        raise WrongState("这件工单现在是“%(status)s”，不能办这一步；请刷新看看", status=STATUS[ticket.status])
    return edge


def _is_party(edge: Edge, ticket, actor: Actor, unit_id: int | None) -> bool:
    """The unit's own people only; the centre's people acting under the same edge (a dispatcher resuming) are nobody's party."""
    if edge.party == "" or actor.has(*(edge.roles - UNIT_ROLES)):
        return True
    if edge.party == "lead":
        return actor.unit_id is not None and actor.unit_id == ticket.lead_unit_id
    return actor.unit_id is not None and actor.unit_id == unit_id


def move(ticket, action: str, actor: Actor, back_to: str = "") -> tuple[str, str, Edge]:
    """Take the edge: check, change the status, return (from, to, edge). The only `.status =` in the house.

    `back_to`: the state an edge to "back" returns to (a denied return goes where it came from).
    """
    edge = permit(ticket, action, actor)
    before = ticket.status
    if edge.to != STAYS:
        ticket.status = back_to if edge.to == "back" else edge.to
    return before, ticket.status, edge


def stand(ticket, status: str) -> None:
    """History from another system: the ticket begins where it stood there. For imports only."""
    ticket.status = status


def allowed_actions(ticket, actor: Actor, task_unit_ids: frozenset[int] = frozenset()) -> list[str]:
    """The actions this person may take on this ticket now, in table order; `task_unit_ids`: units with an open sub-task."""
    found = []
    for edge in TABLE:
        if ticket.status not in edge.sources or not actor.has(*edge.roles):
            continue
        unit = actor.unit_id if edge.party == "task" and actor.unit_id in task_unit_ids else None
        if _is_party(edge, ticket, actor, unit):
            found.append(edge.action)
    return found
