"""The dispatch desk: the queue and its cost, accepting, bulk, undo, conflicts, what units ask, rulings."""

import re

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.web.dispatch import desk
from app.work import work
from tests import factories
from tests.app.web.seats import look, put, seat, token_of
from tests.statements import counted
from tickets import dispatch, handling
from tickets.models import Ticket
from tickets.reference import forget

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def dispatcher(app):
    client = seat(app, "dispatcher1")
    client.csrf = token_of(read(client, "/desk/dispatch"))
    return client


@pytest.fixture
def empty(app):
    """No ticket waits from other tests."""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived' WHERE status = 'registered'"))
        db.session.remove()


def post(client, path, htmx=True, **data):
    return client.post(path, data=data | {"csrf_token": client.csrf}, headers=HTMX if htmx else {})


def read(client, path: str, **more) -> str:
    return client.get(path, **more).get_data(as_text=True)


def send(client, number: str, act: str = "dispatches", **data):
    """A form of the ticket's pane, as of its first version unless `data` names another."""
    return post(client, f"/desk/dispatch/tickets/{number}/{act}", **({"version": 1} | data))


def decide(client, request_id: int, decision: str, **data):
    return post(client, f"/desk/dispatch/requests/{request_id}/decision", decision=decision, **data)


def asked(app, number: str, username: str, verb, *said, **more) -> int:
    """Somebody of the unit asks the centre for something; gives the request's id."""
    with app.app_context():
        with work() as session:
            now = clock.now()
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            request_id = verb(session, ticket, *said, factories.person(session, username, now), now, **more).id
        db.session.remove()
    return request_id


def test_the_queue_shows_the_longest_waiting_first_with_unit_confidence_and_limit(app, dispatcher, empty):
    first, second = put(app, title="第一件返水"), put(app, title="第二件占道", category="urban.street-trade")
    page = read(dispatcher, "/desk/dispatch")
    assert page.index("第一件返水") < page.index("第二件占道")
    assert "待派 2 件" in page
    assert "单位water" in page
    assert "单位dongmen" in page
    assert "把握大" in page
    assert "5 工作日" in page
    assert first[-6:] in page
    assert second[-6:] in page


def test_the_queue_costs_at_most_six_statements(app, dispatcher, empty, monkeypatch):
    for place in range(26):
        put(app, title=f"第 {place} 件返水", category="urban.drainage.backflow" if place % 2 else "")
    with app.app_context():
        forget(db.session())  # the names are loaded by the next page and then kept for ten seconds
        db.session.remove()
    dispatcher.get("/desk/dispatch")
    app.extensions["frame_counts"].clear()
    with counted(app) as sent:
        page = read(dispatcher, "/desk/dispatch")
    assert page.count("data-evidence=") == 25
    assert "after=" in page
    assert len(sent) <= 6, sent
    assert "待派 26 件" in page
    monkeypatch.setattr(desk, "MOST", 25)
    with counted(app) as sent:
        page = read(dispatcher, "/desk/dispatch", headers=HTMX)
    assert len(sent) <= 6, sent
    assert "待派 25+ 件" in page


def test_the_list_alone_answers_its_own_refresh(app, dispatcher):
    put(app)
    piece = read(dispatcher, "/desk/dispatch", headers=HTMX)
    assert piece.lstrip().startswith('<section id="queue"')
    assert "<html" not in piece


def test_an_empty_queue_says_so(dispatcher, empty):
    assert "都派完了" in read(dispatcher, "/desk/dispatch")
    assert "没有这样的" in read(dispatcher, "/desk/dispatch?urgency=critical")


def test_evidence_names_basis_duty_promise_and_assistants(app, dispatcher):
    number = put(app, category="urban.drainage.backflow", content="海晏小区 3 幢地下室污水倒灌")
    pane = read(dispatcher, f"/desk/dispatch/evidence/{number}")
    for said in ("权责清单第 1 条", "water.liaison", "断电保安全", "<mark>污水倒灌</mark>", "陈**", "小时"):
        assert said in pane, said
    assert "陈小芳" not in pane


def test_accepting_sends_it_and_can_be_undone(app, dispatcher):
    number = put(app)
    answer = send(dispatcher, number, lead="water", assisting="power,housing")
    assert answer.status_code == 204
    assert "recalls" in answer.headers["X-Toasts"]
    ticket = look(app, number)
    assert ticket["status"] == "dispatched"
    assert ticket["due_at"]
    back = post(dispatcher, f"/desk/dispatch/tickets/{number}/recalls", htmx=False)
    assert back.status_code == 302
    assert look(app, number)["status"] == "registered"


def test_another_unit_wins_over_the_candidate(app, dispatcher):
    number = put(app)
    send(dispatcher, number, lead="water", other="urban", note="先抽水")
    assert look(app, number)["slip"] == "先抽水"
    with app.app_context():
        assert (
            db.session.scalar(sa.text("SELECT code FROM units u JOIN tickets t ON t.lead_unit_id = u.id WHERE number = :n"), {"n": number})
            == "urban"
        )
        db.session.remove()


def test_somebody_was_first_and_nothing_typed_is_lost(app, dispatcher):
    number = put(app)
    other = seat(app, "dispatcher1")
    other.csrf = token_of(read(other, "/desk/dispatch"))
    assert send(other, number, lead="water").status_code == 204
    answer = send(dispatcher, number, lead="urban", note="我写的要点在这里")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 412
    assert "有人先一步" in page
    assert "dispatcher1" in page
    assert "我写的要点在这里" in page
    assert "data-error-text" in page


def test_a_report_needs_its_task_slip(app, dispatcher):
    number = put(app, appeal_type="report", category="commerce.short-weight")
    assert "举报件必填" in read(dispatcher, f"/desk/dispatch/evidence/{number}")
    answer = send(dispatcher, number, lead="market")
    assert answer.status_code == 422
    assert "举报件要写交办要点" in answer.get_data(as_text=True)
    assert send(dispatcher, number, lead="market", note="核查该摊计量器具").status_code == 204
    assert look(app, number)["slip"] == "核查该摊计量器具"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"lead": ""}, "请选一个单位"),
        ({"lead": "nowhere"}, "没有这个承办单位"),
        ({"lead": "nanhu"}, "不能下压"),
        ({"lead": "water", "track": "express"}, "办理轨道不认识"),
    ],
)
def test_a_wrong_unit_is_refused_with_a_sentence(app, dispatcher, sent, said):
    number = put(app)
    answer = send(dispatcher, number, **sent)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert look(app, number)["status"] == "registered"


def test_bulk_takes_only_the_sure_and_says_what_became_of_each(app, dispatcher, empty):
    sure, report = put(app, category="urban.drainage.backflow"), put(app, appeal_type="report", category="commerce.short-weight")
    unsure = put(app, category="", title="说不清的事", content="楼下一直有声音，不知道归谁管")
    page = read(dispatcher, "/desk/dispatch")
    picks = re.findall(r'name="pick"[^>]*value="([^"]+)"', page)
    assert [pick.split(":")[0] for pick in picks] == [sure]
    assert "采纳把握大的 1 件" in page
    stale = f"{unsure}:7:water:"
    said = post(dispatcher, "/desk/dispatch/dispatches", pick=[*picks, stale, f"{report}:1:market:", "nonsense"]).get_data(as_text=True)
    assert "派出 1 件" in said
    assert "没派出 3 件" in said
    assert "有人先一步" in said
    assert "举报件要写交办要点" in said
    assert [look(app, one)["status"] for one in (sure, unsure, report)] == ["dispatched", "registered", "registered"]
    post(dispatcher, "/desk/dispatch/recalls", htmx=False, number=[sure])
    assert look(app, sure)["status"] == "registered"


def test_a_duplicate_joins_its_master(app, dispatcher):
    master, number = put(app, "dispatched"), put(app)
    assert "并进去" in read(dispatcher, f"/desk/dispatch/evidence/{number}")
    assert send(dispatcher, number, "merges", master=master).status_code == 204
    assert look(app, number)["status"] == "merged"


def test_category_and_urgency_are_set_right(app, dispatcher):
    number = put(app, category="")
    assert "urban.street-trade" in read(dispatcher, f"/desk/dispatch/tickets/{number}/corrections")
    same = send(dispatcher, number, "corrections", appeal_type="help", urgency="ordinary")
    assert same.status_code == 422
    assert "还没有改动" in same.get_data(as_text=True)
    done = send(dispatcher, number, "corrections", category="urban.street-trade", appeal_type="complaint", urgency="urgent")
    assert done.status_code == 200
    assert "单位dongmen" in done.get_data(as_text=True)
    ticket = look(app, number)
    assert ticket["appeal_type"] == "complaint"
    assert ticket["urgency"] == "urgent"
    lower = send(dispatcher, number, "corrections", version=ticket["version"], appeal_type="complaint", urgency="ordinary")
    assert lower.status_code == 422
    assert "调低紧急程度要写理由" in lower.get_data(as_text=True)


def test_a_return_is_granted_to_another_unit_or_denied(app, dispatcher):
    number = put(app, "dispatched")
    request_id = asked(app, number, "urban.liaison", dispatch.request_return, "not-our-duty", "权责清单第 12 条：归水务", suggested="water")
    assert number[-6:] in read(dispatcher, "/desk/dispatch/returns")
    pane = read(dispatcher, f"/desk/dispatch/requests/{request_id}")
    assert "权责清单第 12 条" in pane
    assert 'value="water" data-find' in pane
    version = look(app, number)["version"]
    silent = decide(dispatcher, request_id, "accept", lead="water", version=version)
    assert silent.status_code == 422
    assert "请写明理由" in silent.get_data(as_text=True)
    granted = decide(dispatcher, request_id, "accept", lead="water", reason="确属水务", version=version)
    assert granted.status_code == 204
    assert look(app, number)["status"] == "dispatched"
    late = decide(dispatcher, request_id, "deny", reason="我觉得不行", version=version)
    assert late.status_code == 412
    assert "我觉得不行" in late.get_data(as_text=True)


def test_extension_suspension_and_their_decisions(app, dispatcher):
    number = put(app, "handling")
    extension = asked(app, number, "urban.liaison", handling.request_extension, 5, "要等会签", "五天内公示")
    suspension = asked(app, number, "urban.handler", handling.request_suspension, "applicant-supplement", "补正通知书 12 号")
    page = read(dispatcher, "/desk/dispatch/asked")
    assert page.count(number[-6:]) >= 2
    before = look(app, number)["due_at"]
    granted = decide(dispatcher, extension, "accept", reason="情况属实", version=look(app, number)["version"])
    assert granted.status_code == 204
    assert look(app, number)["due_at"] > before
    granted = decide(dispatcher, suspension, "accept", reason="同意", version=look(app, number)["version"])
    assert granted.status_code == 204
    assert look(app, number)["status"] == "suspended"
    odd = decide(dispatcher, suspension, "perhaps", reason="同意")
    assert odd.status_code == 422


def test_a_dispute_is_read_here_and_ruled_by_the_panel(app, dispatcher):
    number = put(app, "dispatched", category="urban.street-trade")
    request_id = asked(app, number, "urban.liaison", dispatch.dispute, "检测不归我局")
    assert number[-6:] in read(dispatcher, "/desk/dispatch/disputes")
    assert "等裁定岗位裁定" in read(dispatcher, f"/desk/dispatch/requests/{request_id}")
    assert dispatcher.get("/desk/rulings").status_code == 403
    panel = seat(app, "auditor1")
    panel.csrf = token_of(read(panel, "/desk/rulings"))
    assert "裁定依据和理由" in read(panel, f"/desk/rulings/{request_id}")
    version = look(app, number)["version"]
    assert post(panel, f"/desk/rulings/{request_id}", unit="", reason="属水务", version=version).status_code == 422
    ruling = {"unit": "water", "reason": "《权责清单》第 12 条", "locked": "1", "update_catalogue": "1", "version": version}
    assert post(panel, f"/desk/rulings/{request_id}", **ruling).status_code == 204
    ticket = look(app, number)
    assert ticket["status"] == "dispatched"
    assert ticket["locked"]
    assert post(panel, f"/desk/rulings/{request_id}", unit="water", reason="再来一次", version=version).status_code == 412


def test_requests_of_tickets_one_may_not_see_are_not_found(app):
    assert seat(app, "dispatcher1").get("/desk/dispatch/requests/999999").status_code == 404
    assert seat(app, "agent1").get("/desk/dispatch/returns").status_code == 403
    assert seat(app, "urban.liaison").get("/desk/dispatch").status_code == 403


def test_english_has_every_word_of_the_desk(app, dispatcher):
    put(app)
    page = read(dispatcher, "/desk/dispatch?lang=en")
    assert "Accept" in page
    assert "Waited" in page
    dispatcher.get("/desk/dispatch?lang=zh")


@pytest.mark.parametrize("odd", ["a\x00b", "𠮷" * 3000, "<script>alert(1)</script>"])
def test_odd_words_are_refused_or_kept_never_a_failure(app, dispatcher, odd):
    number = put(app)
    answer = send(dispatcher, number, lead="water", note=odd)
    assert answer.status_code in (204, 400, 422)
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert dispatcher.get(f"/desk/dispatch/evidence/{number}").status_code == 200
