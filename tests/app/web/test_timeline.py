"""The way of a ticket in sentences: every action has one, what belongs together is one line, and a unit's reader learns no number."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.web import timeline
from app.web.dossier import Dossier
from app.web.seen import Seen
from app.web.timeline_words import TABLE
from tests.conftest import MONDAY
from tickets.actors import Actor
from tickets.reference import Reference, UnitName
from tickets.workflow import EDGES

UNITS = {1: "市城管局", 2: "市水务集团", 3: "市供电公司"}
CENTRE, UNIT = Actor("吴桐", frozenset({"dispatcher"}), 9), Actor("何颖", frozenset({"handler"}), 7, 1, frozenset({1}), "城管局")
DATA = {
    "register": {"channel": "phone", "appeal_type": "help", "urgency": "urgent"},
    "dispatch": {"unit_id": 1, "basis": "权责清单第 1 条", "note": "先围挡"},
    "contact": {"method": "phone", "result": "reached", "words": "打 13812345678 找我"},
    "reply": {"result": "partly", "content": "换好了", "promised_at": "2026-10-01T00:00:00+08:00"},
    "request-return": {"reason": "not-our-duty", "basis": "第 3 条", "suggested": "water"},
    "grade-task": {"unit_id": 2, "score": 4, "reason": "快"},
    "rate": {"score": 2, "solved": False, "words": "没修好", "round": 2},
    "close": {"reached": True, "outcome": "close", "satisfied": 5, "contacted": True, "round": 1},
    "supplement": {"content": "又漏了"},
    "attach": {"attachment": 1, "kind": "photo", "purpose": "citizen"},
    "set-urgency": {"from": "ordinary", "to": "urgent", "reason": "有人受伤"},
    "request-extension": {"days": 5, "reason": "等料", "plan": "到货就换"},
    "grant-suspension": {"code": "statutory-test", "reason": "可以"},
    "confirm-ledger": {"promised_at": "2026-12-01T00:00:00+08:00", "measures": "列入计划"},
    "follow-up": {"reached": False, "words": "没人接"},
    "accept": {"procedure": "simple", "checks": ["first", "easy"], "words": "材料齐"},
    "interim-reply": {"content": "在调解", "due": "2026-12-01T00:00:00+08:00"},
    "conclude-check": {"outcome": "filed", "words": "查实", "notice": "reporter"},
    "tell-reporter": {"method": "phone", "at": "2026-09-15T10:00:00+08:00"},
    "tell-parties": {
        "appellant": {"method": "phone", "at": "2026-09-15T10:00:00+08:00"},
        "respondent": {"method": "mail", "at": "2026-09-15T10:00:00+08:00"},
    },
}


def event(happened, seq=1, when=MONDAY, actor="周敏", actor_id=5, unit=1, **data):
    return SimpleNamespace(
        seq=seq, kind=happened, at=when, actor_name=actor, actor_id=actor_id, unit_id=unit, data=data, from_status="", to_status=""
    )


def ticket(**changed):
    base = {
        "status": "handling",
        "lead_unit_id": 1,
        "sealed": False,
        "due_at": MONDAY + timedelta(days=5),
        "sign_due_at": MONDAY,
        "promised_at": MONDAY,
        "slip": "查油烟",
        "notice": "",
        "found_in_id": None,
    }
    return SimpleNamespace(**(base | changed))


def names():
    units = {
        key: UnitName(key, code, name, "", name, "department", None, code, None, "", True, None, "")
        for (key, name), code in zip(UNITS.items(), ("urban", "water", "power"), strict=True)
    }
    return Reference(units, {}, {}, {unit.code: unit for unit in units.values()}, {})


def way(events, actor=CENTRE, attachments=(), **changed):
    about = ticket(**changed)
    return timeline.way(Dossier(about, events, attachments=list(attachments)), names(), Seen(about, actor))


@pytest.fixture(autouse=True)
def inside(app):
    """Sentences are said in the language of a request."""
    with app.test_request_context():
        yield


@pytest.mark.parametrize("kind", sorted(set(EDGES) | {"register", "reveal", "attach", "import", "child-joined", "child-supplement"}))
def test_every_action_has_its_own_sentence(kind):
    assert kind in TABLE
    line = way([event(kind, **DATA.get(kind, {}))])[0]
    assert str(line.said.text).startswith("<b>")
    assert line.said.icon


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_a_sentence_survives_rows_that_say_less(kind):
    """Imported and old events may lack what today's verbs always write."""
    assert way([event(kind)])[0].said.text


def test_an_action_nobody_wrote_a_sentence_for_says_its_name():
    assert "unheard-of" in way([event("unheard-of")])[0].said.text


def test_names_and_words_of_people_are_escaped():
    line = way([event("note", actor="<i>x</i>", words="<script>")])[0]
    assert "<i>" not in line.said.text
    assert line.said.say == "<script>"  # a plain string: the page escapes it
    assert not hasattr(line.said.say, "__html__")


def test_a_sending_and_its_assistants_are_one_line():
    sending, helper = event("dispatch", 1), event("add-task", 2)
    sending.data, helper.data = DATA["dispatch"], {"unit_id": 2, "ask": "查水"}
    lines = way([sending, helper, event("sign", 3, MONDAY + timedelta(minutes=12))])
    assert len(lines) == 3
    assert "协办：市水务集团" in lines[0].said.sub
    assert "先围挡" in lines[0].said.say


def test_signing_says_how_long_it_took():
    lines = way([event("dispatch", 1, **DATA["dispatch"]), event("sign", 2, MONDAY + timedelta(minutes=12))])
    assert "用时 12 分" in lines[1].said.text
    assert "市城管局签收" in lines[1].said.text


def test_files_sent_together_are_one_line_with_their_pictures():
    rows = [SimpleNamespace(id=key, purpose="evidence", kind="photo", at=MONDAY) for key in (1, 2)]
    lines = way(
        [
            event("attach", 1, attachment=1),
            event("attach", 2, MONDAY + timedelta(minutes=1), attachment=2),
            event("attach", 3, MONDAY + timedelta(hours=1), attachment=3),
        ],
        attachments=rows,
    )
    assert [len(line.photos) for line in lines[:2]] == [2, 0]


def test_records_of_the_system_fold_away():
    lines = way([event("register", **DATA["register"]), event("reveal", 2, reason="首次联系"), event("classify", 3, appeal_type="help")])
    assert [line.minor for line in lines[:3]] == [False, True, True]


def test_a_unit_reads_no_telephone_number_in_free_text():
    assert "138****5678" in way([event("contact", **DATA["contact"])], UNIT)[0].said.say
    assert "13812345678" in way([event("contact", **DATA["contact"])], CENTRE)[0].said.say


def test_what_the_citizen_of_a_sealed_report_adds_is_sealed_too():
    rows = [SimpleNamespace(id=1, purpose="citizen", kind="photo", at=MONDAY)]
    events = [event("supplement", 1, **DATA["supplement"]), event("attach", 2, attachment=1), event("rate", 3, **DATA["rate"])]
    for line in way(events, UNIT, rows, sealed=True)[:3]:
        assert "又漏了" not in line.said.say
        assert "没修好" not in line.said.say
        assert line.photos == []
    assert "又漏了" in way(events, CENTRE, rows, sealed=True)[0].said.say


def test_a_contact_written_down_later_says_when_it_was():
    late = event("contact", **(DATA["contact"] | {"at": (MONDAY - timedelta(hours=3)).isoformat()}))
    assert "事后补记" in way([late])[0].said.sub


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("registered", "派单"),
        ("dispatched", "签收"),
        ("signed", "联系市民"),
        ("handling", "答复市民"),
        ("suspended", "暂停"),
        ("return-requested", "退单"),
        ("disputed", "裁定"),
        ("replied", "审核"),
        ("follow-up", "回访"),
        ("ledgered", "挂账"),
        ("merged", "主件"),
    ],
)
def test_the_last_line_says_who_is_waited_for(status, said):
    last = way([event("register", **DATA["register"])], status=status)[-1]
    assert last.at is None
    assert said in last.said.text


@pytest.mark.parametrize("status", ["closed", "refused", "direct-closed", "emergency-transferred", "terminated", "archived"])
def test_nothing_is_awaited_once_it_ended(status):
    assert all(line.at for line in way([event("register", **DATA["register"])], status=status))


def test_the_helpers_still_open_are_named():
    about = ticket()
    file = Dossier(about, [], tasks=[SimpleNamespace(id=1, state="signed", unit_id=2), SimpleNamespace(id=2, state="replied", unit_id=3)])
    assert timeline.awaited(file, names()) == "等市水务集团回复，然后由市城管局统一答复市民"
