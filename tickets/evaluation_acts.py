"""Who may take which act of evaluation, by which article. Data only; the acts are rectification.py, calls.py, exclusions.py."""

from tickets.actors import AUDITOR, FOLLOW_UP, HANDLER, HEAD, LEADER, LIAISON, PANEL, SUPERVISOR, SYSTEM
from tickets.workflow import STAYS, Edge

UNIT = (HANDLER, LIAISON, HEAD, FOLLOW_UP)  # the centre where it handled the matter, or where only it may speak to the citizen


def _act(kind, roles, article):
    return Edge(kind, frozenset(), STAYS, frozenset(roles), article)


ACTS = {
    act.action: act
    for act in (
        _act("bad-rating", [SYSTEM], "R10, domain §7, SHB §30"),
        _act("contact-rater", UNIT, "T29, SHB §30, AY §52"),
        _act("try-rater", UNIT, "T29"),
        _act("classify-rating", UNIT, "domain §7, SHB §30, DZ, SC"),
        _act("appeal-rating", UNIT, "domain §7, SC"),
        _act("rule-rating", [AUDITOR, PANEL, SUPERVISOR], "domain §7"),
        _act("refuse-rectification", UNIT, "SHB §96"),
        _act("rectify", UNIT, "T30, DZ, SC"),
        _act("revisit", [FOLLOW_UP], "DZ: 实名差评回访率 100 %"),
        _act("redo-rectification", [SYSTEM], "domain §7"),
        _act("miss-call", [FOLLOW_UP], "domain §7"),
        _act("ask-on-due", [FOLLOW_UP], "BJ §23"),
        _act("look-back", [FOLLOW_UP], "R79b"),
        _act("ask-exclusion", [LIAISON, HEAD], "domain §10, ORD"),
        _act("second-exclusion", [AUDITOR, SUPERVISOR, LEADER], "domain §10"),
        _act("decide-exclusion", [AUDITOR, SUPERVISOR, LEADER], "domain §10"),
        _act("withdraw-exclusion", [LIAISON, HEAD], "domain §10"),
    )
}
