"""Who may call which route: the explicit table behind tests/test_access_matrix.py. A route that is not here fails the suite.

API routes: (method, path under /api/v1) → Call. Pages: endpoint → roles, ANYBODY or OPEN. Roles are those of tickets/actors.py.
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
    ("POST", ONE + "/returns"): by("lead", "liaison", reason="other-area", basis="不在本辖区"),
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
        "reveal", "agent", "dispatcher", "auditor", "follow-up", "supervisor", "leader", "discipline", "handler", "head", reason="首次联系"
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
    ("POST", WHISTLE + "/second-looks"): by("street", "liaison", "head", held=True, words="没有再返水"),
}
API |= WHISTLES
PATROL = {("POST", "/cells/{code}/visits"): Call(UNIT)}  # a street's own cell: tests/app/web/test_patrol.py
API |= PATROL | {("GET", "/cells"): Call(UNIT | WATCHERS | {"admin"})}

DISPATCH, AGENTS, ADMINS = of("dispatcher"), of("agent"), of("admin")
DUTY = UNIT | {"leader", "supervisor"}
KNOWERS = of("admin", "head", "liaison")


def _all(prefix: str, roles: frozenset[str], names: str) -> dict[str, frozenset[str]]:
    return {f"{prefix}.{name}": roles for name in names.split()}


PAGES: dict[str, frozenset[str]] = {
    "static": OPEN,
    # what a citizen sees
    **_all("signin", OPEN, "show enter"),
    **_all("portal", OPEN, "home answers answer flow figures duties cases case find_code privacy"),
    **_all("published", OPEN, "index show"),
    **_all("filing", OPEN, "ask hand_in near held"),
    **_all("tracking", OPEN, "ask show receipt urge supplement photo ways confirming confirm"),
    **_all("rating", OPEN, "show rate picture"),
    **_all("health", OPEN, "alive ready measure"),
    "receipts.twilio_status": OPEN,
    "receipts.alibaba_reports": OPEN,
    "phone_hooks.voice": OPEN,
    "cti.hear": OPEN,
    "texting.take": OPEN,
    **_all("wechat_hook", OPEN, "echo take"),
    **_all("wechat", OPEN, "signature enter back mine ask_code give_code drop"),
    "api-reader.reader": OPEN,
    # other systems' civic apps: the key speaks, or nobody (tests/app/open311)
    **_all("open311", OPEN, "discovery list_services define_service list_requests one_request list_updates request_of_token file_request"),
    # whoever signed in
    **_all("signin", ANYBODY, "leave home"),
    **_all(
        "account",
        ANYBODY,
        "show password start_totp enable_totp disable_totp language set_way make_token revoke_token add_absence end_absence ask_delegate delegate revoke",
    ),
    # one ticket: who reads it and who may act is the API's table and the verbs'
    **_all("messages", ANYBODY, "show ring read read_all"),
    "messages.about": READERS,
    **_all("ticket", READERS, "show paper attachment"),
    **_all("ticket_acts", READERS, "reveal act"),
    # desks
    **_all("operator", AGENTS, "callers suggestions call save mine knowledge receipt recall line line_act missed settle_missed"),
    **_all("telephone", of("agent", "follow-up"), "mine keep place"),
    **_all(
        "dispatch", DISPATCH, "evidence correction send merge mend recall returns disputes asked request_pane queue bulk recall_all decide"
    ),
    **_all("reveals", of("discipline", "admin"), "show"),
    **_all("rulings", of("panel"), "queue pane rule"),
    **_all("all_tickets", READERS, "show keep_view drop_view export"),
    **_all("unit", UNIT, "show sign views keep_view drop_view export"),
    **_all("duty", DUTY, "show absent back delegate revoke put_on take_off"),
    **_all("audit", of("auditor"), "show pane review"),
    **_all("followup", of("follow-up"), "show pane call slip"),
    **_all("evaluation", READERS, "show do"),
    **_all("ratings", UNIT | {"follow-up", "auditor", "panel", "supervisor", "leader", "discipline"}, "board exclusions"),
    **_all("draws", of("follow-up", "auditor", "supervisor", "leader", "discipline", "admin"), "show one"),
    "draws.draw": of("follow-up", "supervisor"),
    "draws.set_rule": of("supervisor", "admin"),
    **_all("quality", of("auditor", "panel", "follow-up", "supervisor"), "show pane mark"),
    **_all("reports", of("supervisor", "leader"), "index escalations steps file"),
    "reports.clocks": of("supervisor", "leader", "discipline", "dispatcher"),
    **_all("whistle_report", of("supervisor", "leader"), "show behind file"),
    **_all("figures", of("supervisor", "leader", "discipline", "publisher"), "show file books restated subscribe"),
    **_all("figures", of("supervisor", "leader"), "save_books answer_appeal"),
    "figures.behind": of("supervisor", "leader", "discipline", "publisher", "dispatcher"),
    "hall.show": of("supervisor", "leader", "discipline", "dispatcher"),
    "figures.opening": of("supervisor", "leader", "publisher"),
    "figures.publish": of("publisher"),
    **_all("figures", of("head", "liaison"), "own appeal"),
    **_all("blowing", of("liaison", "head"), "start step"),
    **_all("whistle", WHISTLE_READERS, "show code photo act"),
    **_all("whistle_office", DISPATCH, "show act"),
    **_all("street", UNIT, "show act"),
    **_all("whistle_grades", WHISTLE_READERS, "show act"),
    "whistle_wall.show": of("supervisor", "leader", "discipline", "dispatcher"),
    **_all("hotspots", of("supervisor", "leader", "dispatcher"), "show one act"),
    **_all("hotspot_report", OVERSEERS, "show file"),
    **_all("companies", OVERSEERS, "show file tickets"),
    **_all("specials", READERS, "show"),
    **_all("specials", OVERSEERS, "report file"),
    **_all("bulletins", OVERSEERS | {"publisher"}, "show new add one change file"),
    **_all("knowledge", KNOWERS, "entries new_entry add_entry entry change_entry drop_entry confirm_entry"),
    **_all("patrol", UNIT | WATCHERS, "show one"),
    **_all("patrol", UNIT, "visit ask report"),
    **_all(
        "supervision",
        OVERSEERS | {"discipline"},
        "show ledger_list export_ledger order_list highest dossier_paper dossier_file referral_paper referral_file",
    ),
    **_all("supervision", OVERSEERS, "act act_highest"),
    **_all("orders", UNIT, "mine act"),
    **_all("orders", LEDGER, "one paper"),
    **_all("orders", LEDGER - {"discipline"}, "take"),
    # administration
    **_all(
        "admin",
        ADMINS,
        "home system absence_list put_away end_absence account_list new_account add_account account change_account act_on_account boundary_list new_boundary write_draft draft "
        "rewrite_draft submit_draft review_draft withdraw catalogue new_entry write_entry end_entry entry_history category_tree add_category change_category change_standard special_topics write_special unit_tree new_unit "
        "add_unit unit change_unit move_unit open_unit rest_unit set_post message_list send_again webhook_list add_webhook try_webhook switch_webhook robot_list set_robot try_robot switch_robot wording_list wording write_wording limit_list limit write_limit hours_list make_hours retire_hours set_unit_hours "
        "end_unit_hours calendar try_notice write_notice patrol_cells open_cell change_cell close_cell",
    ),
    **_all("admin", ADMINS | {"discipline"}, "log export_log"),
}
