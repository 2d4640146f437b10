"""Who may call which API route: the explicit table behind tests/test_access_matrix.py. A route that is not here fails the suite.

(method, path under /api/v1) → Call. Roles are those of tickets/actors.py. Pages: tests/access_pages.py.
"""

from dataclasses import dataclass, field

from tests import factories

CENTRE = frozenset({"agent", "dispatcher", "auditor", "panel", "follow-up", "supervisor", "leader", "discipline"})
UNIT = frozenset({"liaison", "handler", "head"})
ANYBODY = CENTRE | UNIT | {"publisher", "admin", "integration"}  # whoever signed in
OPEN = frozenset({"nobody"}) | ANYBODY
READERS = CENTRE | UNIT
ROOT = ""
ONE = "/tickets/{number}"
WHISTLE, SUMMONS = "/whistles/{whistle}", "/whistles/{whistle}/summons/{unit}"


@dataclass(frozen=True)
class Call:
    """`roles` may, if they see the ticket; `party`: of a unit only the lead's or the assisting unit's people. `body`: one that is well-formed."""

    roles: frozenset[str]
    body: dict = field(default_factory=dict)
    party: str = ""


def of(*roles: str) -> frozenset[str]:
    return frozenset(roles)


def by(party: str, *roles: str, **body) -> Call:
    return Call(frozenset(roles), body, party)


MATTER = {"channel": "phone", "appeal_type": "help", "content": "路灯不亮"}
REPLY = factories.a_reply()
API: dict[tuple[str, str], Call] = {
    ("GET", "/tickets"): Call(ANYBODY),
    ("POST", "/tickets"): Call(of("agent", "integration"), MATTER),
    ("GET", "/me"): Call(ANYBODY),
    ("GET", "/units"): Call(ANYBODY),
    ("GET", "/categories"): Call(ANYBODY),
    ("GET", "/limits"): Call(ANYBODY),
    ("GET", "/reports/{name}"): Call(of("supervisor", "leader", "discipline", "publisher", "head", "liaison")),
    ("GET", "/knowledge"): Call(ANYBODY),
    ("GET", "/suggestions"): Call(of("agent", "dispatcher")),
    ("POST", "/public/tickets"): Call(OPEN, {"appeal_type": "help", "content": "路灯不亮"}),
    ("GET", "/public/tickets/{code}"): Call(OPEN),
    ("POST", "/public/tickets/{code}/urges"): Call(OPEN),
    ("POST", "/public/tickets/{code}/supplements"): Call(OPEN, {"content": "还是不亮"}),
    ("POST", "/public/ratings/{token}"): Call(OPEN, {"score": 5}),
    ("GET", "/ratings"): Call(of("integration", "supervisor")),
    ("POST", "/ratings"): Call(of("integration"), {"query_code": "1234567890", "score": 5}),
    ("GET", "/openapi.json"): Call(OPEN),
    **{
        ("GET", ONE + noun): Call(READERS)
        for noun in (
            "",
            "/events",
            "/clocks",
            "/units",
            "/dispatches",
            "/returns",
            "/disputes",
            "/extensions",
            "/suspensions",
            "/tasks",
            "/replies",
            "/ledgers",
            "/follow-ups",
            "/ratings",
            "/attachments",
            "/attachments/{row_id}",
            "/calls",
        )
    },
    # the centre
    ("POST", ONE + "/dispatches"): by("", "agent", "dispatcher"),
    ("POST", ONE + "/recalls"): by("", "agent", "dispatcher"),
    ("POST", ONE + "/returns/{row_id}/decision"): by("", "dispatcher", decision="deny", reason="不成立"),
    ("POST", ONE + "/rulings"): by("", "panel", unit="water", reason="归水务"),
    ("POST", ONE + "/extensions/{row_id}/decision"): by("", "dispatcher", decision="deny", reason="不必"),
    ("POST", ONE + "/suspensions/{row_id}/decision"): by("", "dispatcher", decision="deny", reason="不必"),
    ("POST", ONE + "/site-checks"): by("", "auditor", words="补好了"),
    ("POST", ONE + "/reviews"): by("", "auditor", decision="approve"),
    ("POST", ONE + "/follow-ups"): by("", "follow-up", reached=False),
    ("POST", ONE + "/ratings"): by("", "integration", score=5),
    ("POST", ONE + "/urges"): by("", "agent"),
    ("POST", ONE + "/supplements"): by("", "agent", content="又漏了"),
    ("POST", ONE + "/merges"): by("", "agent", "dispatcher", master="202601019901000000001"),
    ("POST", ONE + "/splits"): by("", "agent", "dispatcher"),
    ("POST", ONE + "/direct-answers"): by("", "agent", answer="已修好"),
    ("POST", ONE + "/refusals"): by("", "agent", code="litigation"),
    ("POST", ONE + "/transfers"): by("", "agent", line="119"),
    ("POST", ONE + "/terminations"): by("", "dispatcher", ground="matter-vanished"),
    ("POST", ONE + "/classifications"): by("", "agent", "dispatcher", appeal_type="help"),
    ("POST", ONE + "/urgencies"): by("", "agent", "dispatcher", urgency="urgent"),
    ("POST", ONE + "/recusals"): by("", "dispatcher", account=2**31 - 1, reason="亲属"),
    # the unit
    ("POST", ONE + "/returns"): by("lead", "liaison", reason="other-area", basis="那条街归别的区"),
    ("POST", ONE + "/disputes"): by("lead", "liaison", statement="不归我们管"),
    ("POST", ONE + "/signings"): by("lead", "liaison"),
    ("POST", ONE + "/contacts"): by("lead", "handler", method="phone", result="reached"),
    ("POST", ONE + "/notes"): by("lead", "liaison", "handler", "head", words="去过了"),
    ("POST", ONE + "/extensions"): by("lead", "liaison", days=1, reason="等料", plan="到料即修"),
    ("POST", ONE + "/suspensions"): by("lead", "handler", code="statutory-test", evidence="检测委托书"),
    ("POST", ONE + "/resumptions"): by("lead", "handler", "dispatcher"),
    ("POST", ONE + "/drafts"): Call(of("handler", "liaison"), REPLY, "lead"),
    ("POST", ONE + "/replies"): Call(of("head"), REPLY, "lead"),
    ("POST", ONE + "/ledgers"): Call(
        of("liaison", "head", "dispatcher"), {"measures": "改造", "promised_at": "2027-06-30T00:00:00+08:00"}, "lead"
    ),
    ("POST", ONE + "/tasks"): by("lead", "liaison", "handler", "head", unit="power", ask="断电"),
    ("POST", ONE + "/tasks/{row_id}/signings"): by("task", "liaison"),
    ("POST", ONE + "/tasks/{row_id}/replies"): by("task", "liaison", "handler", "head", content="查过了"),
    ("POST", ONE + "/tasks/{row_id}/handovers"): by("task", "liaison", "head", person=2**31 - 1, reason="他休假了"),
    ("POST", ONE + "/tasks/{row_id}/releases"): by("lead", "liaison", "head", reason="不等了"),
    ("POST", ONE + "/tasks/{row_id}/grades"): by("lead", "liaison", "head", score=5),
    # procedures of law
    ("POST", ONE + "/acceptances"): by("lead", "liaison", "handler"),
    ("POST", ONE + "/interim-replies"): by("lead", "liaison", "head", content="已联系商家，下周一现场查看"),
    ("POST", ONE + "/violations"): by("lead", "liaison", "handler", facts="计量器具未检定"),
    ("POST", ONE + "/check-conclusions"): by("lead", "liaison", "head", outcome="filed", words="查实，立案"),
    ("POST", ONE + "/reporter-notices"): by("lead", "liaison", "handler", "follow-up", method="phone"),
    ("POST", ONE + "/party-notices"): by("lead", "liaison", "handler", appellant={"method": "phone"}, respondent={"method": "mail"}),
    ("GET", ONE + "/termination-requests"): Call(READERS),
    ("POST", ONE + "/termination-requests"): by("lead", "liaison", "head", ground="no-agreement", statement="调解三次未果"),
    ("POST", ONE + "/termination-requests/{row_id}/decision"): by("", "dispatcher", decision="deny", reason="再调一次"),
    # both
    ("POST", ONE + "/reveals"): by(
        "reveal",
        "agent",
        "dispatcher",
        "auditor",
        "follow-up",
        "supervisor",
        "leader",
        "discipline",
        "handler",
        "head",
        reason="打第一通电话",
    ),
    ("POST", ONE + "/calls"): by("", "agent", "follow-up"),
    ("POST", ONE + "/attachments"): by("", "agent", "dispatcher", "auditor", "liaison", "handler", "head", "integration"),
}

OVERSEERS = of("supervisor", "leader")
LEDGER = UNIT | {"supervisor", "leader", "discipline"}
ENTRY, ORDER = "/escalations/{row_id}", ONE + "/supervisions/{row_id}"
ASK = "请主要负责人组织办理，限期答复市民"
API |= {
    # the supervision ledger: its own unit's people and whoever oversees
    ("GET", "/escalations"): Call(LEDGER),
    ("GET", ENTRY): Call(LEDGER, party="own"),
    ("GET", "/supervisions"): Call(LEDGER),
    ("GET", "/supervisions/{row_id}"): Call(LEDGER, party="own"),
    ("POST", ENTRY + "/acknowledgements"): Call(UNIT, {"note": "材料周四到，到了就修"}, "own"),
    ("POST", ENTRY + "/rulings"): Call(OVERSEERS, {"decision": "deny", "reason": "不是暂停情形"}),
    ("POST", ENTRY + "/orders"): Call(OVERSEERS, {"person": "孙明", "post": "局长", "due": "2099-01-01T00:00:00+08:00"}),
    ("POST", ENTRY + "/re-inspections"): Call(OVERSEERS, {"finding": "去看过，还没修"}),
    ("POST", ENTRY + "/write-offs"): Call(OVERSEERS, {"evidence": "现场看过，已修好"}),
    ("GET", ONE + "/supervisions"): Call(READERS),
    ("POST", ONE + "/supervisions"): Call(OVERSEERS, {"reason": "overdue", "words": ASK}),
    ("POST", ORDER + "/acknowledgements"): by("lead", "liaison", "head", plan="周五前修好"),
    ("POST", ORDER + "/inspections"): Call(OVERSEERS, {"mode": "check-cause", "finding": "去看过，还没修"}),
    ("POST", ORDER + "/coordinations"): Call(OVERSEERS, {"person": "孙明", "post": "局长", "due": "2099-01-01T00:00:00+08:00"}),
    ("POST", ORDER + "/listings"): Call(OVERSEERS, {"until": "2099-01-01", "words": "影响面大"}),
    ("POST", ORDER + "/write-offs"): Call(OVERSEERS, {"written_off_as": "judged", "evidence": "法院已受理，有裁定书"}),
    ("POST", ONE + "/unit-urges"): Call(OVERSEERS, {"words": "请今天办好"}),
    ("POST", ONE + "/meetings"): Call(
        OVERSEERS, {"kind": "on-site", "held_at": "2026-01-01T00:00:00+08:00", "place": "海晏小区", "people": "孙明", "words": "定了方案"}
    ),
    ("POST", ONE + "/accountabilities"): Call(OVERSEERS, {"fault": "delay", "words": "催了两次仍没办"}),
}

DOSSIER, REFERRAL, CAUSE = (
    ONE + "/dossiers/{row_id}",
    ONE + "/referrals/{row_id}",
    {"misconduct": "attitude", "words": "九月三日辱骂市民，有录音"},
)
WATCHERS = OVERSEERS | {"discipline"}
HIGHEST = {
    # what goes to the standing meeting, and to discipline: never a unit's
    **{
        ("GET", path): Call(WATCHERS)
        for path in (
            "/dossiers",
            "/dossiers/{row_id}",
            "/dossiers/{row_id}/document",
            "/referrals",
            "/referrals/{row_id}",
            "/referrals/{row_id}/package",
        )
    },
    ("POST", ONE + "/dossiers"): Call(OVERSEERS, {"question": "请定由谁出资改造", "obstacle": "两家产权单位互相推"}),
    ("POST", DOSSIER + "/submissions"): by("", "leader", opinion="同意上会"),
    ("POST", DOSSIER + "/decisions"): Call(
        OVERSEERS,
        {
            "meeting": "市政府常务会议",
            "held_on": "2026-01-01",
            "decision": "由城管局出资",
            "person": "孙明",
            "post": "局长",
            "due": "2099-01-01T00:00:00+08:00",
        },
    ),
    ("POST", DOSSIER + "/withdrawals"): Call(OVERSEERS, {"why": "已经解决"}),
    ("POST", ONE + "/referrals"): Call(OVERSEERS, CAUSE),
    ("POST", REFERRAL + "/conclusions"): Call(OVERSEERS, {"conclusion": "upheld", "words": "已立案"}),
}
API |= HIGHEST

RATER = of("handler", "liaison", "head", "follow-up")
API |= {
    # evaluation: the loop, calls, exclusions, draws, score sheets (domain §7); without a loop the verb says so
    ("POST", ONE + "/rectification/contacts"): Call(RATER, {"method": "phone", "result": "reached"}),
    ("POST", ONE + "/rectification/classes"): Call(RATER, {"class": "clear", "words": "现场看过，确实没修好"}),
    ("POST", ONE + "/rectification/completions"): Call(RATER, {"measures": "重新换了整段管道，不漏了", "told_by": "phone"}),
    ("POST", ONE + "/rectification/refusals"): Call(RATER, {"words": "已经修好了，不再返工"}),
    ("POST", ONE + "/rectification/rulings"): Call(of("auditor", "panel", "supervisor"), {"decision": "deny", "words": "听了录音，不成立"}),
    ("POST", ONE + "/revisits"): by("", "follow-up", reached=False),
    ("POST", ONE + "/on-due-calls"): by("", "follow-up", reached=False),
    ("POST", ONE + "/look-backs"): by("", "follow-up", reached=False),
    ("POST", ONE + "/exclusions"): by(
        "lead", "liaison", "head", ground="unreasonable", basis="信访条例第三十五条", evidence="判决书送达回证"
    ),
    ("POST", ONE + "/exclusions/{row_id}/reviews"): by("", "auditor", decision="deny", words="依据不成立"),
    ("POST", ONE + "/exclusions/{row_id}/withdrawals"): by("lead", "liaison", "head"),
    ("GET", ONE + "/rectifications"): Call(READERS),
    ("GET", ONE + "/exclusions"): Call(READERS),
    ("GET", "/callbacks"): Call(of("follow-up")),
    ("GET", "/samples"): Call(of("follow-up", "auditor", "supervisor", "leader", "discipline", "admin")),
    ("GET", "/quality-checks"): Call(of("auditor", "panel", "follow-up", "supervisor")),
    ("POST", "/quality-marks"): Call(of("auditor", "panel", "follow-up", "supervisor"), {"check": 2**31 - 1, "accurate": True, "tone": 4}),
}

# whistles: party "street" who blew, "summoned" that department, "called" any department that is called, "lead" the leading one; see test_whistle_access.py
WHISTLE_READERS = (CENTRE - {"agent"}) | UNIT
WHISTLES: dict[tuple[str, str], Call] = {
    ("GET", "/whistles"): Call(ANYBODY),
    ("POST", "/whistles"): by(
        "street",
        "liaison",
        "head",
        kind="routine",
        problem="返水",
        own_measures="沙袋",
        place={"address": "东门"},
        summons=[{"unit": "urban", "ask": "来"}],
    ),
    **{("GET", WHISTLE + noun): Call(WHISTLE_READERS) for noun in ("", "/events", "/photos/{row_id}")},
    ("POST", WHISTLE + "/approvals"): by("street", "head", decision="approve"),
    ("POST", WHISTLE + "/revisions"): by("street", "liaison", "head", problem="返水", own_measures="沙袋"),
    ("POST", WHISTLE + "/withdrawals"): by("street", "liaison", "head", reason="不用了"),
    ("POST", WHISTLE + "/release"): by("street", "liaison", "head"),
    ("POST", WHISTLE + "/scores"): by("street", "liaison", "head", unit="urban", speed=5, handling=5, result=5),
    ("POST", WHISTLE + "/reopenings"): by("street", "liaison", "head", reason="又返水"),
    ("POST", WHISTLE + "/summons"): by("street", "liaison", "head", "dispatcher", unit="water", ask="抽水"),
    ("POST", WHISTLE + "/triage"): by("", "dispatcher", lead="urban", assisting=["power"]),
    ("POST", WHISTLE + "/returns"): by("", "dispatcher", reason="先用自己的办法"),
    ("POST", WHISTLE + "/scores/{row_id}/appeals"): by("summoned", "liaison", "head", reason="在抢险"),
    ("POST", WHISTLE + "/scores/{row_id}/appeals/decision"): by("", "dispatcher", decision="deny", reason="维持"),
    ("POST", SUMMONS + "/signings"): by("summoned", *UNIT),
    ("POST", SUMMONS + "/contacts"): by("summoned", *UNIT, method="phone"),
    ("POST", SUMMONS + "/check-ins"): by("summoned", *UNIT, person="刘凯", lng=121.5, lat=29.1),
    ("POST", SUMMONS + "/outcomes"): by("summoned", *UNIT, result="已断电"),
    ("POST", SUMMONS + "/notes"): by("either", *UNIT, words="水位在降"),
    ("POST", SUMMONS + "/objections"): by("summoned", "liaison", "head", reason="不归我们"),
    ("POST", SUMMONS + "/objections/decision"): by("", "dispatcher", decision="deny", reason="归你"),
    ("POST", SUMMONS + "/leads"): by("", "dispatcher", reason="涉电"),
    ("POST", SUMMONS + "/ratings"): by("lead", "liaison", "head", score=5),
    ("POST", SUMMONS + "/departures"): by("summoned", *UNIT, minutes=12),
    ("POST", WHISTLE + "/plans"): by("lead", "liaison", "head", unit="power", what="迁出接头", due="2099-01-01"),
    ("POST", WHISTLE + "/plans/{row_id}/outcomes"): by("summoned", *UNIT, words="迁好了"),
    ("POST", WHISTLE + "/plans/{row_id}/handovers"): by("summoned", *UNIT, person=2**31 - 1, reason="他休假了"),
    ("POST", WHISTLE + "/second-looks"): by("street", "liaison", "head", held=True, words="没有再返水"),
}
API |= WHISTLES
PATROL = {("POST", "/cells/{code}/visits"): Call(UNIT)}  # a street's own cell: tests/app/web/test_patrol.py
API |= PATROL | {("GET", "/cells"): Call(UNIT | WATCHERS | {"admin"})}
