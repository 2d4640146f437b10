"""Who may take which act of the supervision room, by which article, and on which tickets. Data and one question; the acts are elsewhere."""

from dataclasses import dataclass

from app.errors import Forbidden, Invalid
from tickets.actors import HEAD, LEADER, LIAISON, SUPERVISOR, SYSTEM, UNIT_ROLES, Actor
from tickets.codes import OPEN

OVERSEERS = frozenset({SUPERVISOR, LEADER})
SUPERVISABLE = OPEN - {"registered"}  # a ticket nobody was sent is the centre's own
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Act:
    """One act: the event it leaves on the ticket, whose it is, the article. `own`: only the unit it concerns may take it."""

    kind: str
    roles: frozenset[str]
    article: str
    own: bool = False


def _act(kind, roles, article, own=False):
    return Act(kind, frozenset(roles), article, own)


ACTS = {
    act.kind: act
    for act in (
        _act("supervise", OVERSEERS | {SYSTEM}, "E5, JN §28, WF §26, R50"),
        _act("accept-order", [LIAISON, HEAD], "R48, R49: 回执", own=True),
        _act("inspect", OVERSEERS, "R48"),
        _act("coordinate", OVERSEERS, "R46, R47, E6"),
        _act("meet", OVERSEERS, "R50b; 约谈 WF §26"),
        _act("list-publicly", OVERSEERS, "WF §26: 挂牌督办"),
        _act("write-off", OVERSEERS, "R49: 办结销号"),
        _act("urge-unit", OVERSEERS, "E3, FS: 催办"),
        _act("explain-card", UNIT_ROLES, "E3: 说明原因", own=True),
        _act("rule-card", OVERSEERS, "domain §5"),
        _act("write-off-card", OVERSEERS, "R49"),
        _act("hold-to-account", OVERSEERS, "R53"),
        _act("raise-dossier", OVERSEERS, "E7, JN §29"),
        _act("submit-dossier", [LEADER], "E7, JN §29–30: 报政府办公厅"),
        _act("decide-dossier", OVERSEERS, "E7, WF §23: 常务会议"),
        _act("withdraw-dossier", OVERSEERS, "E7"),
        _act("refer", OVERSEERS, "E8, BJ §35, JN §40"),
        _act("conclude-referral", OVERSEERS, "E8, BJ §35"),
    )
}


def permit(kind: str, actor: Actor, unit_id: int | None) -> Act:
    """May this person take this act on what concerns `unit_id`? Raises Forbidden: wrong post, another unit, or overseeing one's own unit."""
    act = ACTS[kind]
    if not actor.has(*act.roles):
        raise Forbidden("您的岗位不能办这一步")
    if act.own and (unit_id is None or actor.unit_id != unit_id):
        raise Forbidden("这是别的单位的，不能代办")
    if not act.own and unit_id is not None and unit_id == actor.unit_id:
        raise Forbidden("督办的是您自己的单位，要由别人来办")
    return act


def said(text: str, no: Invalid, longest: int = LONGEST) -> str:
    """The words, trimmed. Raises `no`, which names the field and what to write, when there are none; Invalid for that field when too many."""
    clean = text.strip()
    if len(clean) < 2:
        raise no
    if len(clean) > longest:
        raise Invalid(**dict.fromkeys(no.fields, "太长了，请压缩"))
    return clean
