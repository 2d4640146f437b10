"""Audit and follow-up: who is next, what is shown beside what, what each verdict and each call leads to, and the rule of three attempts."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.work import work
from tests import factories
from tests.app.web.seats import look, seat, token_of
from tests.statements import counted
from tickets import answering, handling, loops, rectification
from tickets.models import FollowUp, Reveal, Ticket

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def put(app, status, ago=timedelta(minutes=9), **matter) -> str:
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now() - ago, status, **matter).number
        db.session.remove()
    return number


def do(app, number, username, verb, ago=timedelta()):
    with app.app_context():
        with work() as session:
            now = clock.now() - ago
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            verb(session, ticket, factories.person(session, username, now), now)
        db.session.remove()


def rows(app, query):
    with app.app_context():
        found = db.session.scalars(query).all()
        db.session.remove()
    return found


def of(number):
    return sa.select(Ticket.id).where(Ticket.number == number).scalar_subquery()


@pytest.fixture(autouse=True)
def nothing_waits(app):
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived' WHERE status IN ('replied', 'follow-up')"))
        db.session.remove()


@pytest.fixture
def auditor(app):
    return Desk(seat(app, "auditor1"), "/desk/audit")


@pytest.fixture
def caller(app):
    return Desk(seat(app, "followup1"), "/desk/follow-up")


class Desk:
    """One person before one of the two desks."""

    def __init__(self, client, path):
        self.client, self.path = client, path

    def sees(self, rest="", **headers):
        answer = self.client.get(self.path + rest, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:1500]
        return answer.get_data(as_text=True)

    def says(self, number, htmx=True, version=None, **data):
        pane = self.sees(f"/{number}")
        sent = {"csrf_token": token_of(pane), "version": version or token_of(pane, "version")} | data
        return self.client.post(f"{self.path}/{number}", data=sent, headers=HTMX if htmx else {})


# ---- audit -----------------------------------------------------------------------------------------------------------------------


def test_the_oldest_reply_is_first_and_shown_beside_what_was_asked(app, auditor):
    old, new = put(app, "replied", timedelta(hours=5)), put(app, "replied")
    html = auditor.sees()
    assert html.index(old[-6:]) < html.index(new[-6:])
    pane = html.split('id="pane"')[1]
    for said in ("没过脚面", "已派人疏通管道并抽干积水", "9 月 14 日上午", "抢修队", "疏通、抽水", "联系上了"):
        assert said in pane, said
    assert pane.count('class="has"') == 4


def test_missing_elements_and_missing_contact_are_marked(app, auditor):
    number = put(app, "handling")
    do(
        app,
        number,
        "urban.head",
        lambda s, t, a, n: handling.reply(s, t, a, n, result="partly", content="先抽了水，管子下周换。", promised_at=n + timedelta(days=9)),
    )
    pane = auditor.sees(f"/{number}")
    assert pane.count('class="lacks"') == 3
    assert pane.count('class="has"') == 1


def test_through_goes_to_follow_up_and_back_to_the_unit_with_a_defect(app, auditor):
    one, two = put(app, "replied"), put(app, "replied")
    answer = auditor.says(one, verdict="approve")
    assert answer.status_code == 204
    assert answer.headers["HX-Trigger"] == "live"
    assert auditor.says(two, verdict="reject", defect="missing-element", words="没写时限").status_code == 204
    assert [look(app, number)["status"] for number in (one, two)] == ["follow-up", "handling"]
    assert "都审完了" in auditor.sees()


@pytest.mark.parametrize(
    "data",
    [
        {"verdict": "reject", "words": "没写时限"},
        {"verdict": "reject", "defect": "untrue"},
        {"verdict": "reject", "defect": "nonsense", "words": "x y"},
        {},
    ],
)
def test_a_rejection_names_what_it_lacks(app, auditor, data):
    number = put(app, "replied")
    answer = auditor.says(number, **data)
    assert answer.status_code == 422
    assert "oops" in answer.get_data(as_text=True)
    assert data.get("words", "") in answer.get_data(as_text=True)
    assert look(app, number)["status"] == "replied"


def test_two_auditors_one_wins_and_the_other_is_told(app, auditor):
    number = put(app, "replied")
    version = token_of(auditor.sees(f"/{number}"), "version")
    assert auditor.says(number, verdict="approve").status_code == 204
    answer = auditor.client.post(
        f"/desk/audit/{number}",
        headers=HTMX,
        data={"csrf_token": token_of(auditor.sees()), "version": version, "verdict": "reject", "defect": "untrue", "words": "照片对不上"},
    )
    assert answer.status_code == 412
    assert "有人先一步" in answer.get_data(as_text=True)


def test_neither_desk_opens_to_others(app):
    number = put(app, "replied")
    for who in ("urban.head", "agent1", "dispatcher1", "admin1"):
        for path in (
            "/desk/audit",
            f"/desk/audit/{number}",
            "/desk/follow-up",
            f"/desk/follow-up/{number}",
            f"/desk/follow-up/{number}/slip",
            "/desk/reveals",
        ):
            wanted = 200 if (who, path) == ("admin1", "/desk/reveals") else 403  # who keeps the accounts sees who looked, and no ticket
            assert seat(app, who).get(path).status_code == wanted, (who, path)


def test_the_queues_cost_at_most_six_statements(app, auditor, caller):
    for _turn in range(7):
        put(app, "replied")
        put(app, "follow-up")
    for desk in (auditor, caller):
        desk.sees(**HTMX)
        app.extensions["frame_counts"].clear()
        with counted(app) as sent:
            desk.sees(**HTMX)
        assert len(sent) <= 6, sent


# ---- follow-up -------------------------------------------------------------------------------------------------------------------


def put_right(app, number):
    """The unit's half of the loop."""
    for who, verb in (
        ("urban.handler", lambda s, t, a, n: rectification.contact(s, t, loops.live_of(s, t), "phone", "reached", a, n)),
        ("urban.liaison", lambda s, t, a, n: rectification.classify(s, t, loops.live_of(s, t), "clear", "现场看过，确实没修好", a, n)),
        ("urban.head", lambda s, t, a, n: rectification.rectify(s, t, loops.live_of(s, t), "重新换了整段管道，不漏了", "phone", a, n)),
    ):
        do(app, number, who, verb)


def test_bad_ratings_come_first_then_the_oldest(app, caller):
    """A bad rating waits for the unit to put it right; then it is the first to be called (domain §7)."""
    old, new, bad = put(app, "follow-up", timedelta(hours=5)), put(app, "follow-up", timedelta(hours=1)), put(app, "follow-up")
    do(app, bad, "followup1", lambda s, t, a, n: answering.rate(s, t, 1, n, words="根本没来"))
    html = caller.sees()
    assert html.index(old[-6:]) < html.index(new[-6:]) < html.index("等单位整改")
    put_right(app, bad)
    html = caller.sees().split('id="pane"')
    assert html[0].index(bad[-6:]) < html[0].index(old[-6:]) < html[0].index(new[-6:])
    assert "整改回访" in html[0]
    for said in ("根本没来", "重新换了整段管道", "整改到位", "还没评"):
        assert said in html[1], said
    assert caller.says(bad, kind="revisit", outcome="close", solved="yes", satisfied="4").status_code == 204
    assert look(app, bad)["final_rating"] == 4
    assert look(app, bad)["status"] == "closed"


def test_four_answers_and_an_end(app, caller):
    number = put(app, "follow-up")
    assert (
        caller.says(number, outcome="close", contacted="yes", solved="yes", satisfied="4", truthful="yes", words="挺快").status_code == 204
    )
    row = rows(app, sa.select(FollowUp).where(FollowUp.ticket_id == of(number)))[0]
    assert (row.reached, row.contacted, row.solved, row.satisfied, row.truthful, row.outcome) == (True, True, True, 4, True, "close")
    assert look(app, number)["status"] == "closed"


def test_silence_is_no_answer(app, caller):
    number = put(app, "follow-up")
    assert caller.says(number, outcome="close", solved="no").status_code == 204
    row = rows(app, sa.select(FollowUp).where(FollowUp.ticket_id == of(number)))[0]
    assert (row.contacted, row.solved, row.satisfied, row.truthful) == (None, False, None, None)
    assert look(app, number)["final_rating"] is None


@pytest.mark.parametrize("outcome", ["rework", "explain"])
def test_what_is_not_well_wants_the_citizens_words(app, caller, outcome):
    number = put(app, "follow-up")
    answer = caller.says(number, outcome=outcome, solved="no", satisfied="1")
    told = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请记下市民的原话" in told
    assert re.search(r'value="no" checked', told)
    assert caller.says(number, outcome=outcome, solved="no", satisfied="1", words="还是漏").status_code == 204
    assert look(app, number)["status"] == ("handling" if outcome == "rework" else "closed")
    assert look(app, number)["explained"] == (outcome == "explain")


def test_three_attempts_on_two_days_then_unreachable(app, caller):
    number = put(app, "follow-up", timedelta(days=3))
    pane = caller.sees(f"/{number}")
    assert "打满 3 次、分在 2 天以上" in pane
    assert 'value="unreachable"' not in pane
    assert caller.says(number, outcome="unreachable").status_code == 409
    another_hour = timedelta(hours=2 if clock.local(clock.now()).hour >= 2 else -2)
    for ago in (timedelta(days=1), timedelta(days=1)):
        do(app, number, "followup1", lambda s, t, a, n: answering.follow_up(s, t, a, n, reached=False), ago)
    assert 'value="unreachable"' not in caller.sees(f"/{number}"), "all at the same hour of the day"
    with app.app_context():
        with work() as session:
            session.execute(
                sa.update(FollowUp).where(FollowUp.ticket_id == of(number)).values(at=FollowUp.at - sa.cast(another_hour, sa.Interval))
            )
        db.session.remove()
    pane = caller.sees(f"/{number}")
    assert "没打通 2 次，分在 1 天" in pane
    assert 'value="unreachable"' in pane
    assert caller.says(number, outcome="missed").status_code == 204
    assert caller.says(number, outcome="unreachable").status_code == 204
    assert look(app, number)["status"] == "closed"
    assert rows(app, sa.select(FollowUp.satisfied).where(FollowUp.ticket_id == of(number))) == [None] * 4


def test_calling_through_is_a_row_with_the_reason(app, caller):
    number = put(app, "follow-up")
    pane = caller.sees(f"/{number}")
    assert "13800002716" not in pane
    data = {"csrf_token": token_of(pane), "why": "follow-up", "words": "打回访电话"}
    card = caller.client.post(f"/tickets/{number}/reveals", data=data, headers=HTMX).get_data(as_text=True)
    assert "13800002716" in card
    assert rows(app, sa.select(Reveal.reason).where(Reveal.ticket_id == of(number))) == ["回访：打回访电话"]
    answer = caller.client.post(
        f"/desk/follow-up/{number}",
        headers=HTMX,
        data={"csrf_token": token_of(pane), "version": token_of(pane, "version"), "outcome": "close", "solved": "yes"},
    )
    assert answer.status_code == 204  # looking at the number made nothing stale


def test_the_rating_link_and_its_code_lead_to_the_rating_page(app, caller):
    number = put(app, "follow-up")
    pane = caller.sees(f"/{number}")
    link = re.search(r"http://[^<\s\"]+(/rate/[\w.]+)", pane).group(1)
    assert 'class="qr"' in pane
    assert app.test_client().get(link).status_code == 200
    slip = caller.sees(f"/{number}/slip")
    assert link in slip
    assert "陈" not in slip


def test_a_sealed_reports_slip_does_not_name_it(app, caller):
    number = put(app, "follow-up", appeal_type="report", title="举报早点摊")
    assert "举报早点摊" not in caller.sees(f"/{number}/slip")


def test_a_ticket_that_left_the_queue_keeps_what_was_written(app, caller):
    number = put(app, "follow-up")
    version = token_of(caller.sees(f"/{number}"), "version")
    caller.says(number, outcome="close", solved="yes")
    answer = caller.client.post(
        f"/desk/follow-up/{number}",
        headers=HTMX,
        data={"csrf_token": token_of(caller.sees()), "version": version, "outcome": "rework", "words": "她说根本没修"},
    )
    assert answer.status_code in (409, 412)
    assert "她说根本没修" in answer.get_data(as_text=True)


def test_discipline_reads_who_looked_and_why(app, caller):
    number = put(app, "follow-up")
    caller.client.post(
        f"/tickets/{number}/reveals", headers=HTMX, data={"csrf_token": token_of(caller.sees()), "why": "follow-up", "words": "打回访电话"}
    )
    client = seat(app, "discipline1")
    log = client.get("/desk/reveals?who=followup1").get_data(as_text=True)
    assert number[-6:] in log
    assert "回访：打回访电话" in log
    assert "13800002716" not in log
    assert number[-6:] in client.get(f"/desk/reveals?number={number[-6:]}").get_data(as_text=True)
    assert "没有人看过" in client.get("/desk/reveals?who=nobody-here").get_data(as_text=True)
    assert client.get("/desk/reveals?since=2026-99-99").status_code == 422


def test_both_desks_are_said_in_english_too(app, auditor, caller):
    put(app, "replied")
    put(app, "follow-up")
    for desk, ours in (
        (auditor, ("待审核", "四要素", "发回重办", "联系过市民没有")),
        (caller, ("没打通", "市民原话", "差评先打", "按联系不上办结")),
    ):
        html = desk.sees("?lang=en")
        assert [said for said in ours if said in html] == []
