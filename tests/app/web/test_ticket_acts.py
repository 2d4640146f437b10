"""The acts of the ticket page: each form does its verb, refuses whose turn it is not, and loses nothing that was typed."""

import io
import re

import pytest
import sqlalchemy as sa

from app.auth.models import Account
from app.work import work
from tests import factories
from tests.app.web.at_ticket import HTMX, do, of, page, photo, post, put, rows
from tests.app.web.seats import look, seat, token_of
from tickets import handling, identity
from tickets.dispatch_models import Request, Task
from tickets.models import Attachment, Reply

# ---- acts ------------------------------------------------------------------------------------------------------------------------


def test_the_whole_way_by_the_units_own_forms(app):
    number = put(app, "dispatched")
    liaison, handler, head = seat(app, "urban.liaison"), seat(app, "urban.handler"), seat(app, "urban.head")
    assert post(liaison, number, "signature").status_code == 302
    assert post(handler, number, "contacts", method="phone", result="reached", words="说晚上在家").status_code == 302
    assert post(handler, number, "notes", words="到现场劝离 3 个摊").status_code == 302
    assert post(liaison, number, "extensions", days="5", reason="等料", plan="到货就换").status_code == 302
    said = {
        "result": "partly",
        "content": "已经劝离，固定摊位下周划好线。",
        "time": "今天",
        "person": "何颖",
        "measures": "劝离",
        "promised_at": "2030-01-31",
    }
    assert post(handler, number, "replies", **said).status_code == 302
    assert rows(app, sa.select(Reply.state).where(Reply.ticket_id == of(number))) == ["draft"]
    shown = page(head, number)
    assert "看草稿，放行答复" in shown
    assert "已经劝离，固定摊位下周划好线。" in shown
    assert post(head, number, "replies", **said).status_code == 302
    assert look(app, number)["status"] == "replied"
    reply = rows(app, sa.select(Reply).where(Reply.ticket_id == of(number)))[0]
    assert reply.promised_at.isoformat() == "2030-01-31T16:00:00+00:00"  # good until 24:00 of that day


def test_joint_handling_by_forms(app):
    number = put(app, "handling")
    liaison, helper, head = seat(app, "urban.liaison"), seat(app, "water.liaison"), seat(app, "urban.head")
    assert post(liaison, number, "tasks", unit="water", ask="查管网", days="2").status_code == 302
    task = rows(app, sa.select(Task.id).where(Task.ticket_id == of(number)))[0]
    assert "先等或放行" in page(head, number)
    [stranger, own] = rows(
        app, sa.select(Account.id).where(Account.username.in_(("urban.head", "water.handler"))).order_by(Account.username)
    )
    assert "只能指定这家单位在用的账号" in post(helper, number, "task-allotments", task=task, person=stranger).text
    assert post(helper, number, "task-allotments", task=task, person=own).status_code == 302
    charged = seat(app, "water.handler")
    for shown in (page(liaison, number), charged.get("/desk/unit").text, charged.get("/desk/unit?mine=1").text):
        assert "段长：water.handler" in shown
    mate = rows(app, sa.select(Account.id).where(Account.username == "water.backup"))[0]
    for sent, said in (({"person": own, "reason": "休假"}, "现在就是这个人"), ({"person": mate}, "请写明为什么换人")):
        refused = post(helper, number, "task-handovers", task=task, **sent)
        assert (refused.status_code, said in refused.text, "data-show" in refused.text) == (422, True, True)
    with app.app_context(), work() as session:
        session.get(Account, own).active = False
    for shown in (page(liaison, number), page(helper, number), helper.get("/desk/unit").text):
        assert "段长：water.handler（账号停用了）" in shown
    with app.app_context(), work() as session:
        session.get(Account, own).active = True
    assert post(helper, number, "task-handovers", task=task, person=mate, reason="他停岗了").status_code == 302
    assert "段长：water.handler → water.backup" in page(liaison, number)
    assert "段长：water.backup" in helper.get("/desk/unit").text
    assert post(helper, number, "task-replies", task=task, content="管网已疏通", photos=[photo()]).status_code == 302
    assert post(liaison, number, "task-grades", task=task, score="1").status_code == 422
    assert post(liaison, number, "task-grades", task=task, score="5").status_code == 302
    assert rows(app, sa.select(Task.score).where(Task.id == task)) == [5]
    assert rows(app, sa.select(Attachment.purpose).where(Attachment.ticket_id == of(number))) == ["task"]


def test_a_helper_is_let_go_with_a_reason(app):
    number = put(app, "handling", assisting=("water",))
    liaison = seat(app, "urban.liaison")
    task = rows(app, sa.select(Task.id).where(Task.ticket_id == of(number)))[0]
    assert post(liaison, number, "task-releases", task=task).status_code == 422
    assert post(liaison, number, "task-releases", task=task, reason="与它无关").status_code == 302
    assert "与它无关" in page(liaison, number)


def test_a_return_goes_to_the_centre_and_is_decided_there(app):
    number = put(app, "dispatched")
    assert (
        post(
            seat(app, "urban.liaison"), number, "returns", reason="not-our-duty", basis="权责清单第 12 条归水务", suggested_unit="water"
        ).status_code
        == 302
    )
    dispatcher = seat(app, "dispatcher1")
    assert "权责清单第 12 条归水务" in page(dispatcher, number)
    assert post(dispatcher, number, "return-decision", reason="同意").status_code == 422  # neither yes nor no
    assert post(dispatcher, number, "return-decision", decision="accept", lead="water", reason="目录写明归水务").status_code == 302
    shown = page(dispatcher, number)
    assert "同意退单，改派给单位water" in shown
    assert "派过哪些单位" in shown
    page(seat(app, "urban.liaison"), number, status=404)


def test_an_extension_shows_both_dates(app):
    number = put(app, "handling")
    before = look(app, number)["due_at"]
    assert post(seat(app, "urban.liaison"), number, "extensions", days="3", reason="等料", plan="到货就换").status_code == 302
    dispatcher = seat(app, "dispatcher1")
    assert post(dispatcher, number, "extension-decision", decision="accept", reason="同意").status_code == 302
    assert look(app, number)["due_at"] > before
    request = rows(app, sa.select(Request).where(Request.ticket_id == of(number)))[0]
    assert request.due_after == look(app, number)["due_at"]
    shown = page(seat(app, "urban.liaison"), number)
    assert "批准延期" in shown
    assert "只能延一次" in shown


def test_the_auditor_and_the_centre_decide_here_too(app):
    number = put(app, "replied")
    auditor = seat(app, "auditor1")
    assert post(auditor, number, "rejection", words="没写时限").status_code == 422
    assert post(auditor, number, "rejection", defect="missing-element", words="没写时限").status_code == 302
    assert look(app, number)["reworks"] == 1
    assert "第 1 次重办" in page(seat(app, "urban.head"), number)


def test_a_dispute_is_ruled_by_the_panel(app):
    number = put(app, "dispatched")
    assert post(seat(app, "urban.liaison"), number, "disputes", statement="两家都说不归自己").status_code == 302
    assert post(seat(app, "auditor1"), number, "ruling", unit="water", reason="三定方案").status_code == 302
    assert look(app, number)["locked"]


@pytest.mark.parametrize(
    ("who", "act", "data"),
    [
        ("urban.handler", "signature", {}),
        ("water.liaison", "contacts", {"method": "phone", "result": "reached"}),
        ("discipline1", "notes", {"words": "看看"}),
        ("agent1", "return-decision", {"decision": "accept", "reason": "x"}),
        ("supervisor1", "attachments", {"photos": [photo()]}),
        ("urban.liaison", "termination", {"ground": "appellant-withdrew"}),
    ],
)
def test_what_is_not_ones_turn_is_refused(app, who, act, data):
    number = put(app, "dispatched", assisting=("water",))
    before = look(app, number)["version"]
    assert post(seat(app, who), number, act, **data).status_code in (403, 409)
    assert look(app, number)["version"] == before


def test_an_act_that_does_not_exist_is_not_found(app):
    assert post(seat(app, "dispatcher1"), put(app), "nonsense").status_code == 404


def test_without_the_pages_token_nothing_is_done(app):
    number = put(app, "dispatched")
    assert seat(app, "urban.liaison").post(f"/tickets/{number}/signature").status_code == 403


def test_handlers_are_named_from_ones_own_unit_only(app):
    number = put(app, "dispatched")
    stranger = rows(app, sa.text("SELECT id FROM accounts WHERE username = 'water.handler'"))[0]
    answer = post(seat(app, "urban.liaison"), number, "allotment", handler=str(stranger))
    assert answer.status_code == 422
    assert "只能指定本单位的人" in answer.get_data(as_text=True)


# ---- nothing typed is lost -------------------------------------------------------------------------------------------------------


def test_bad_input_comes_back_with_its_sentence_and_what_was_typed(app):
    number = put(app, "handling")
    answer = post(seat(app, "urban.head"), number, "replies", result="partly", content="短", time="昨天")
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "答复太短" in shown
    assert "要给出承诺日期" in shown
    assert re.search(r'<dialog id="do-replies"[^>]* data-show', shown)
    assert 'value="昨天"' in shown


def test_an_impossible_day_is_told_at_its_field(app):
    answer = post(
        seat(app, "urban.head"),
        put(app, "handling"),
        "replies",
        result="partly",
        content="已经办了一半，其余排期。",
        promised_at="2026-13-45",
    )
    assert answer.status_code == 422
    assert "2026-09-14" in answer.get_data(as_text=True)


def test_who_was_first_is_told_and_the_words_stay(app):
    number = put(app, "handling")
    client = seat(app, "urban.handler")
    shown = page(client, number)
    do(app, number, "urban.liaison", lambda session, ticket, actor, now: handling.note(session, ticket, "我先到了", actor, now))
    data = {"csrf_token": token_of(shown), "version": token_of(shown, "version"), "words": "写了很久的一段话"}
    answer = client.post(f"/tickets/{number}/notes", data=data)
    told = answer.get_data(as_text=True)
    assert answer.status_code == 412
    assert "urban.liaison" in told
    assert "刚改过这件" in told
    assert "写了很久的一段话</textarea>" in told
    fresh = re.search(r'<dialog id="do-notes".*?name="version" value="(\d+)"', told, re.DOTALL).group(1)
    assert client.post(f"/tickets/{number}/notes", data=data | {"version": fresh}).status_code == 302


def test_words_for_a_step_that_is_gone_can_be_copied(app):
    number = put(app, "handling")
    client = seat(app, "urban.head")
    shown = page(client, number)
    do(app, number, "urban.head", lambda session, ticket, actor, now: handling.reply(session, ticket, actor, now, **factories.a_reply()))
    answer = client.post(
        f"/tickets/{number}/notes", data={"csrf_token": token_of(shown), "version": token_of(shown, "version"), "words": "又去了一次现场"}
    )
    told = answer.get_data(as_text=True)
    assert answer.status_code in (409, 412)
    assert "可以抄走" in told
    assert "又去了一次现场" in told


def test_looking_at_an_identity_makes_no_form_stale(app):
    number = put(app, "handling")
    client = seat(app, "urban.handler")
    shown = page(client, number)
    do(app, number, "urban.handler", lambda session, ticket, actor, now: identity.reveal(session, ticket, "首次联系：约时间", actor, now))
    data = {"csrf_token": token_of(shown), "version": token_of(shown, "version"), "words": "约好了晚上"}
    assert client.post(f"/tickets/{number}/notes", data=data).status_code == 302


def test_htmx_is_answered_without_a_page(app):
    number = put(app, "handling", assisting=("water",))
    task = rows(app, sa.select(Task.id).where(Task.ticket_id == of(number)))[0]
    answer = post(seat(app, "water.liaison"), number, "task-signatures", HTMX, task=task)
    assert answer.status_code == 204
    assert "签收了" in answer.headers["X-Toasts"].encode().decode("unicode_escape")


def test_the_work_area_alone_answers_its_own_refresh(app):
    number = put(app, "handling")
    piece = seat(app, "urban.handler").get(f"/tickets/{number}", headers=HTMX).get_data(as_text=True)
    assert piece.lstrip().startswith('<div id="file"')
    assert "<html" not in piece


# ---- files -----------------------------------------------------------------------------------------------------------------------


def test_files_are_checked_kept_and_served_as_attachments(app):
    number = put(app, "handling")
    handler = seat(app, "urban.handler")
    assert post(handler, number, "attachments", photos=[photo(), photo("二.jpg", (300, 200))]).status_code == 302
    first = rows(app, sa.select(Attachment.id).where(Attachment.ticket_id == of(number)).order_by(Attachment.id))[0]
    answer = handler.get(f"/tickets/{number}/attachments/{first}", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data[:3] == b"\xff\xd8\xff"
    assert seat(app, "housing.head").get(f"/tickets/{number}/attachments/{first}").status_code == 404
    assert handler.get(f"/tickets/{put(app, 'handling')}/attachments/{first}").status_code == 404


@pytest.mark.parametrize("data", [b"MZ\x90\x00 program", b"<svg onload=alert(1)>", b""])
def test_what_is_no_photo_is_refused_with_a_sentence(app, data):
    number = put(app, "handling")
    answer = post(seat(app, "urban.handler"), number, "attachments", photos=[(io.BytesIO(data), "x.jpg")])
    assert answer.status_code == 422
    assert re.search("只收照片|文件是空的", answer.get_data(as_text=True))
