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
    client.csrf = token_of(client.get("/desk/dispatch").get_data(as_text=True))
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


def ask_return(app, number: str, suggested: str = "water") -> int:
    """The unit asks to return it; gives the request's id."""
    return asked(
        app,
        number,
        lambda session, ticket, now: dispatch.request_return(
            session, ticket, "not-our-duty", "权责清单第 12 条：归水务", factories.person(session, "urban.liaison", now), now, suggested
        ),
    )


def asked(app, number: str, act) -> int:
    with app.app_context():
        with work() as session:
            now = clock.now()
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            request_id = act(session, ticket, now).id
        db.session.remove()
    return request_id


def test_the_queue_shows_the_longest_waiting_first_with_unit_confidence_and_limit(app, dispatcher, empty):
    first, second = put(app, title="第一件返水"), put(app, title="第二件占道", category="urban.street-trade")
    page = dispatcher.get("/desk/dispatch").get_data(as_text=True)
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
        page = dispatcher.get("/desk/dispatch").get_data(as_text=True)
    assert page.count("data-evidence=") == 25
    assert "after=" in page
    assert len(sent) <= 6, sent
    assert "待派 26 件" in page
    monkeypatch.setattr(desk, "MOST", 25)
    with counted(app) as sent:
        page = dispatcher.get("/desk/dispatch", headers=HTMX).get_data(as_text=True)
    assert len(sent) <= 6, sent
    assert "待派 25+ 件" in page


def test_the_list_alone_answers_its_own_refresh(app, dispatcher):
    put(app)
    piece = dispatcher.get("/desk/dispatch", headers=HTMX).get_data(as_text=True)
    assert piece.lstrip().startswith('<section id="queue"')
    assert "<html" not in piece


def test_an_empty_queue_says_so(dispatcher, empty):
    assert "都派完了" in dispatcher.get("/desk/dispatch").get_data(as_text=True)
    assert "没有这样的" in dispatcher.get("/desk/dispatch?urgency=critical").get_data(as_text=True)


def test_evidence_names_basis_duty_promise_and_assistants(app, dispatcher):
    number = put(app, category="urban.drainage.backflow", content="海晏小区 3 幢地下室污水倒灌")
    pane = dispatcher.get(f"/desk/dispatch/evidence/{number}").get_data(as_text=True)
    for said in ("权责清单第 1 条", "water.liaison", "断电保安全", "<mark>污水倒灌</mark>", "陈**", "小时"):
        assert said in pane, said
    assert "陈小芳" not in pane


def test_accepting_sends_it_and_can_be_undone(app, dispatcher):
    number = put(app)
    answer = post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="water", assisting="power,housing", version=1)
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
    post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="water", other="urban", version=1, note="先抽水")
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
    other.csrf = token_of(other.get("/desk/dispatch").get_data(as_text=True))
    assert post(other, f"/desk/dispatch/tickets/{number}/dispatches", lead="water", version=1).status_code == 204
    answer = post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="urban", version=1, note="我写的要点在这里")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 412
    assert "有人先一步" in page
    assert "dispatcher1" in page
    assert "我写的要点在这里" in page
    assert "data-error-text" in page


def test_a_report_needs_its_task_slip(app, dispatcher):
    number = put(app, appeal_type="report", category="commerce.short-weight")
    assert "举报件必填" in dispatcher.get(f"/desk/dispatch/evidence/{number}").get_data(as_text=True)
    answer = post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="market", version=1)
    assert answer.status_code == 422
    assert "举报件要写交办要点" in answer.get_data(as_text=True)
    assert (
        post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="market", version=1, note="核查该摊计量器具").status_code
        == 204
    )
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
    answer = post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", version=1, **sent)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert look(app, number)["status"] == "registered"


def test_bulk_takes_only_the_sure_and_says_what_became_of_each(app, dispatcher, empty):
    sure, report = put(app, category="urban.drainage.backflow"), put(app, appeal_type="report", category="commerce.short-weight")
    unsure = put(app, category="", title="说不清的事", content="楼下一直有声音，不知道归谁管")
    page = dispatcher.get("/desk/dispatch").get_data(as_text=True)
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
    assert "并进去" in dispatcher.get(f"/desk/dispatch/evidence/{number}").get_data(as_text=True)
    assert post(dispatcher, f"/desk/dispatch/tickets/{number}/merges", master=master, version=1).status_code == 204
    assert look(app, number)["status"] == "merged"


def test_category_and_urgency_are_set_right(app, dispatcher):
    number = put(app, category="")
    assert "urban.street-trade" in dispatcher.get(f"/desk/dispatch/tickets/{number}/corrections").get_data(as_text=True)
    same = post(dispatcher, f"/desk/dispatch/tickets/{number}/corrections", version=1, appeal_type="help", urgency="ordinary")
    assert same.status_code == 422
    assert "还没有改动" in same.get_data(as_text=True)
    done = post(
        dispatcher,
        f"/desk/dispatch/tickets/{number}/corrections",
        version=1,
        category="urban.street-trade",
        appeal_type="complaint",
        urgency="urgent",
    )
    assert done.status_code == 200
    assert "单位dongmen" in done.get_data(as_text=True)
    ticket = look(app, number)
    assert ticket["appeal_type"] == "complaint"
    assert ticket["urgency"] == "urgent"
    lower = post(
        dispatcher, f"/desk/dispatch/tickets/{number}/corrections", version=ticket["version"], appeal_type="complaint", urgency="ordinary"
    )
    assert lower.status_code == 422
    assert "调低紧急程度要写理由" in lower.get_data(as_text=True)


def test_a_return_is_granted_to_another_unit_or_denied(app, dispatcher):
    number = put(app, "dispatched")
    request_id = ask_return(app, number)
    assert number[-6:] in dispatcher.get("/desk/dispatch/returns").get_data(as_text=True)
    pane = dispatcher.get(f"/desk/dispatch/requests/{request_id}").get_data(as_text=True)
    assert "权责清单第 12 条" in pane
    assert 'value="water" data-find' in pane
    version = look(app, number)["version"]
    silent = post(dispatcher, f"/desk/dispatch/requests/{request_id}/decision", decision="accept", lead="water", version=version)
    assert silent.status_code == 422
    assert "请写明理由" in silent.get_data(as_text=True)
    assert (
        post(
            dispatcher,
            f"/desk/dispatch/requests/{request_id}/decision",
            decision="accept",
            lead="water",
            reason="确属水务",
            version=version,
        ).status_code
        == 204
    )
    assert look(app, number)["status"] == "dispatched"
    late = post(dispatcher, f"/desk/dispatch/requests/{request_id}/decision", decision="deny", reason="我觉得不行", version=version)
    assert late.status_code == 412
    assert "我觉得不行" in late.get_data(as_text=True)


def test_extension_suspension_and_their_decisions(app, dispatcher):
    number = put(app, "handling")
    extension = asked(
        app,
        number,
        lambda session, ticket, now: handling.request_extension(
            session, ticket, 5, "要等会签", "五天内公示", factories.person(session, "urban.liaison", now), now
        ),
    )
    suspension = asked(
        app,
        number,
        lambda session, ticket, now: handling.request_suspension(
            session, ticket, "applicant-supplement", "补正通知书 12 号", factories.person(session, "urban.handler", now), now
        ),
    )
    page = dispatcher.get("/desk/dispatch/asked").get_data(as_text=True)
    assert page.count(number[-6:]) >= 2
    before = look(app, number)["due_at"]
    granted = post(
        dispatcher,
        f"/desk/dispatch/requests/{extension}/decision",
        decision="accept",
        reason="情况属实",
        version=look(app, number)["version"],
    )
    assert granted.status_code == 204
    assert look(app, number)["due_at"] > before
    assert (
        post(
            dispatcher,
            f"/desk/dispatch/requests/{suspension}/decision",
            decision="accept",
            reason="同意",
            version=look(app, number)["version"],
        ).status_code
        == 204
    )
    assert look(app, number)["status"] == "suspended"
    odd = post(dispatcher, f"/desk/dispatch/requests/{suspension}/decision", decision="perhaps", reason="同意")
    assert odd.status_code == 422


def test_a_dispute_is_read_here_and_ruled_by_the_panel(app, dispatcher):
    number = put(app, "dispatched", category="urban.street-trade")
    request_id = asked(
        app,
        number,
        lambda session, ticket, now: dispatch.dispute(
            session, ticket, "检测不归我局", factories.person(session, "urban.liaison", now), now
        ),
    )
    assert number[-6:] in dispatcher.get("/desk/dispatch/disputes").get_data(as_text=True)
    assert "等裁定岗位裁定" in dispatcher.get(f"/desk/dispatch/requests/{request_id}").get_data(as_text=True)
    assert dispatcher.get("/desk/rulings").status_code == 403
    panel = seat(app, "auditor1")
    panel.csrf = token_of(panel.get("/desk/rulings").get_data(as_text=True))
    assert "裁定依据和理由" in panel.get(f"/desk/rulings/{request_id}").get_data(as_text=True)
    version = look(app, number)["version"]
    assert post(panel, f"/desk/rulings/{request_id}", unit="", reason="属水务", version=version).status_code == 422
    assert (
        post(
            panel,
            f"/desk/rulings/{request_id}",
            unit="water",
            reason="《权责清单》第 12 条",
            locked="1",
            update_catalogue="1",
            version=version,
        ).status_code
        == 204
    )
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
    page = dispatcher.get("/desk/dispatch?lang=en").get_data(as_text=True)
    assert "Accept" in page
    assert "Waited" in page
    dispatcher.get("/desk/dispatch?lang=zh")


@pytest.mark.parametrize("odd", ["a\x00b", "𠮷" * 3000, "<script>alert(1)</script>"])
def test_odd_words_are_refused_or_kept_never_a_failure(app, dispatcher, odd):
    number = put(app)
    answer = post(dispatcher, f"/desk/dispatch/tickets/{number}/dispatches", lead="water", version=1, note=odd)
    assert answer.status_code in (204, 400, 422)
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert dispatcher.get(f"/desk/dispatch/evidence/{number}").status_code == 200
