"""The ticket page: who sees what, what they may press, what happens when somebody was first, and that nothing typed is lost."""

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from app import clock
from app.db import db
from app.work import work
from tests import factories
from tests.app.web.seats import look, seat, token_of
from tests.statements import counted
from tickets import answering, handling, identity, intake
from tickets.identity import Appellant
from tickets.models import Attachment, Reply, Request, Reveal, Task, Ticket

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
WORDS = "卖早点的油烟往屋里灌，打 13800002716 找我"


def put(app, status="registered", assisting=(), **matter) -> str:
    """A committed ticket brought to this station within the last minutes; gives its number."""
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now() - timedelta(minutes=9), status, "urban", assisting, **matter).number
        db.session.remove()
    return number


def page(client, number, path="", status=200):
    answer = client.get(f"/tickets/{number}{path}")
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def post(client, number, act, headers=None, **data):
    shown = client.get(f"/tickets/{number}").get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', shown)
    sent = {"csrf_token": token_of(shown)} | ({"version": version.group(1)} if version else {})
    return client.post(f"/tickets/{number}/{act}", data=sent | data, headers=headers or {})


def do(app, number, username, verb):
    """A verb by somebody else, behind the reader's back."""
    with app.app_context():
        with work() as session:
            from_db = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            now = from_db.touched_at
            verb(session, from_db, factories.person(session, username, now), now)
        db.session.remove()


def rows(app, query):
    with app.app_context():
        found = db.session.scalars(query).all()
        db.session.remove()
    return found


def of(number):
    return sa.select(Ticket.id).where(Ticket.number == number).scalar_subquery()


def photo(name="现场.jpg", size=(400, 300)) -> tuple:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), name


def buttons(html) -> set[str]:
    """The acts the page offers: dialogs it may open and forms it may send at once."""
    turn = html.split('id="turn"', 1)[1].split("</section>", 1)[0]
    return set(re.findall(r'data-open="do-([\w-]+)"', turn)) | set(re.findall(r'action="/tickets/\d+/([\w-]+)"', turn))


# ---- who sees it -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("who", "status"), [
    ("urban.liaison", 200), ("urban.handler", 200), ("urban.head", 200), ("water.liaison", 200), ("power.liaison", 404), ("housing.head", 404),
    ("agent1", 200), ("dispatcher1", 200), ("auditor1", 200), ("followup1", 200), ("supervisor1", 200), ("leader1", 200), ("discipline1", 200),
    ("publisher1", 404), ("admin1", 404)])
def test_only_those_concerned_see_it(app, who, status):
    number = put(app, "handling", assisting=("water",))
    for path in ("", "/paper"):
        page(seat(app, who), number, path, status)


def test_nobody_signed_in_is_led_to_the_door(app):
    answer = app.test_client().get(f"/tickets/{put(app)}")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_a_number_that_is_none_is_not_found(app):
    page(seat(app, "dispatcher1"), "202609149901011999999", status=404)


OFFERED = [
    ("dispatched", "urban.liaison", {"signature", "allotment", "notes", "returns", "disputes", "attachments"}), ("dispatched", "urban.handler", {"notes", "attachments"}),
    ("signed", "urban.handler", {"contacts", "notes", "tasks", "attachments"}), ("handling", "urban.handler", {"replies", "contacts", "notes", "tasks", "suspensions", "attachments"}),
    ("handling", "urban.liaison", {"replies", "notes", "tasks", "extensions", "attachments"}), ("handling", "urban.head", {"replies", "notes", "tasks", "attachments"}),
    ("handling", "water.liaison", {"attachments"}), ("replied", "auditor1", {"approval", "rejection"}), ("replied", "urban.head", {"ledger", "attachments"}),
    ("handling", "agent1", {"urges", "supplements", "classification", "urgency", "attachments"}), ("closed", "urban.head", set()),
    ("handling", "dispatcher1", {"classification", "urgency", "recusals", "termination", "attachments"}), ("handling", "discipline1", set())]


@pytest.mark.parametrize(("status", "who", "acts"), OFFERED)
def test_the_turn_is_only_this_persons(app, status, who, acts):
    number = put(app, status, assisting=("water",) if who.startswith("water") else ())
    assert buttons(page(seat(app, who), number)) == acts


def test_an_open_form_is_asked_for_in_the_address(app):
    shown = page(seat(app, "urban.handler"), put(app, "handling"), "?do=notes")
    assert re.search(r'<dialog id="do-notes"[^>]* data-show', shown)
    assert not re.search(r'<dialog id="do-contacts"[^>]* data-show', shown)


# ---- what it costs ---------------------------------------------------------------------------------------------------------------

def test_a_ticket_with_fifty_events_costs_at_most_ten_statements(app):
    number = put(app, "handling", assisting=("water", "power"))
    for turn in range(46):
        do(app, number, "urban.handler", lambda session, ticket, actor, now, turn=turn: handling.note(session, ticket, f"第 {turn} 次到场", actor, now))
    client = seat(app, "urban.handler")
    page(client, number)
    with counted(app) as sent:
        shown = page(client, number)
    assert shown.count('id="e-') >= 50
    assert len(sent) <= 10, sent


# ---- acts ------------------------------------------------------------------------------------------------------------------------

def test_the_whole_way_by_the_units_own_forms(app):
    number = put(app, "dispatched")
    liaison, handler, head = seat(app, "urban.liaison"), seat(app, "urban.handler"), seat(app, "urban.head")
    assert post(liaison, number, "signature").status_code == 302
    assert post(handler, number, "contacts", method="phone", result="reached", words="说晚上在家").status_code == 302
    assert post(handler, number, "notes", words="到现场劝离 3 个摊").status_code == 302
    assert post(liaison, number, "extensions", days="5", reason="等料", plan="到货就换").status_code == 302
    said = {"result": "partly", "content": "已经劝离，固定摊位下周划好线。", "time": "今天", "person": "何颖", "measures": "劝离", "promised_at": "2030-01-31"}
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
    assert post(helper, number, "task-signatures", task=task).status_code == 302
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
    assert post(seat(app, "urban.liaison"), number, "returns", reason="not-our-duty", basis="权责清单第 12 条归水务", suggested_unit="water").status_code == 302
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


@pytest.mark.parametrize(("who", "act", "data"), [
    ("urban.handler", "signature", {}), ("water.liaison", "contacts", {"method": "phone", "result": "reached"}), ("discipline1", "notes", {"words": "看看"}),
    ("agent1", "return-decision", {"decision": "accept", "reason": "x"}), ("supervisor1", "attachments", {"photos": [photo()]}), ("urban.liaison", "termination", {"ground": "appellant-withdrew"})])
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
    answer = post(seat(app, "urban.head"), put(app, "handling"), "replies", result="partly", content="已经办了一半，其余排期。", promised_at="2026-13-45")
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
    answer = client.post(f"/tickets/{number}/notes", data={"csrf_token": token_of(shown), "version": token_of(shown, "version"), "words": "又去了一次现场"})
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


# ---- identity --------------------------------------------------------------------------------------------------------------------

def test_the_identity_is_masked_until_a_reason_is_a_row(app):
    number = put(app, "handling")
    client = seat(app, "urban.handler")
    assert "13800002716" not in page(client, number)
    assert post(client, number, "reveals", HTMX, why="first-contact").status_code == 422
    card = post(client, number, "reveals", HTMX, why="first-contact", words="约上门时间").get_data(as_text=True)
    assert "13800002716" in card
    assert 'data-veil="300"' in card
    assert "watermark" in card
    assert "urban.handler" in card
    assert [row.reason for row in rows(app, sa.select(Reveal).where(Reveal.ticket_id == of(number)))] == ["首次联系：约上门时间"]
    assert "13800002716" not in page(client, number)
    assert "首次联系：约上门时间" in page(seat(app, "discipline1"), number)


@pytest.mark.parametrize("matter", [{"confidential": True}, {"appeal_type": "report"}])
@pytest.mark.parametrize("who", ["urban.handler", "urban.liaison", "urban.head", "water.handler"])
def test_a_unit_never_sees_who_asked_for_confidence(app, matter, who):
    number = put(app, "handling", assisting=("water",), **matter)
    client = seat(app, who)
    shown = page(client, number) + page(client, number, "/paper")
    assert "陈" not in shown.split('id="who"')[1].split("</section>")[0]
    assert "2716" not in shown
    assert "do-reveal" not in shown
    assert post(client, number, "reveals", HTMX, why="visit", words="就想看看").status_code == 403


def test_an_assisting_unit_sees_only_the_mask(app):
    client = seat(app, "water.handler")
    assert post(client, put(app, "handling", assisting=("water",)), "reveals", HTMX, why="visit", words="就想看看").status_code == 403


def test_a_sealed_report_is_a_slip_to_the_unit_and_whole_to_the_centre(app):
    number = put(app, "handling", appeal_type="report", title="举报早点摊", content=WORDS, address="海晏小区东户", accused="王某早点")
    do(app, number, "agent1", lambda session, ticket, actor, now: intake.supplement(session, ticket, "他们知道是我说的", actor, now))
    with app.app_context():
        with work() as session:
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            session.add(Attachment(ticket_id=ticket.id, kind="photo", purpose="citizen", name="x.jpg", mime="image/jpeg", size=1, sha256="0" * 64, at=ticket.touched_at))
        db.session.remove()
    unit = seat(app, "urban.head")
    for path in ("", "/paper"):
        shown = page(unit, number, path)
        assert "举报件（内容已密封）" in shown
        for secret in ("举报早点摊", "油烟往屋里灌", "海晏小区东户", "王某早点", "他们知道是我说的"):
            assert secret not in shown, secret
    kept = rows(app, sa.select(Attachment.id).where(Attachment.ticket_id == of(number)))[0]
    assert f"/attachments/{kept}" not in page(unit, number)
    assert unit.get(f"/tickets/{number}/attachments/{kept}").status_code == 404
    centre = page(seat(app, "dispatcher1"), number)
    assert "油烟往屋里灌" in centre
    assert "他们知道是我说的" in centre


def test_numbers_in_free_text_are_masked_for_units(app):
    number = put(app, "handling", content=WORDS)
    assert "13800002716" not in page(seat(app, "urban.head"), number)
    assert "138****2716" in page(seat(app, "urban.head"), number)
    assert "13800002716" in page(seat(app, "dispatcher1"), number)


# ---- the story -------------------------------------------------------------------------------------------------------------------

def test_rounds_keep_every_reply_verdict_call_and_rating(app):
    number = put(app, "follow-up")
    do(app, number, "followup1", lambda session, ticket, actor, now: answering.follow_up(session, ticket, actor, now, reached=True, outcome="rework", solved=False, words="还在漏"))
    do(app, number, "urban.head", lambda session, ticket, actor, now: handling.reply(session, ticket, actor, now, **factories.a_reply(content="换了新管，蹲守三天没再漏。")))
    do(app, number, "auditor1", lambda session, ticket, actor, now: answering.review(session, ticket, True, actor, now))
    do(app, number, "followup1", lambda session, ticket, actor, now: answering.rate(session, ticket, 4, now, words="这回好了"))
    shown = page(seat(app, "urban.head"), number)
    for said in ("第 1 轮", "第 2 轮", "还在漏", "换了新管", "审核通过", "市民评价：满意", "这回好了"):
        assert said in shown, said


def test_merged_citizens_stand_beside_the_master(app):
    master, child = put(app, "handling"), put(app, content="我家也返水", appellant=Appellant(name="刘一", phone="13900001111"))
    with app.app_context():
        with work() as session:
            one, two = (session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update()) for number in (child, master))
            intake.merge(session, one, two, factories.person(session, "dispatcher1", two.touched_at), two.touched_at)
        db.session.remove()
    shown = page(seat(app, "urban.head"), master)
    assert "含 2 位市民" in shown
    assert "我家也返水" in shown
    assert "刘" not in shown
    assert master in page(seat(app, "dispatcher1"), child)


def test_a_recused_person_no_longer_sees_it(app):
    number = put(app, "handling")
    assert post(seat(app, "dispatcher1"), number, "recusals", account="nobody-here", reason="亲属").status_code == 422
    assert post(seat(app, "dispatcher1"), number, "recusals", account="urban.handler", reason="亲属").status_code == 302
    page(seat(app, "urban.handler"), number, status=404)


def test_why_this_day_is_told_day_by_day(app):
    shown = page(seat(app, "urban.handler"), put(app, "handling"))
    assert 'id="why"' in shown
    assert "第 5 天" in shown
    assert "《山东省政务服务热线管理办法》" in shown
    assert "没有暂停，没有延期。" in shown


def test_the_page_is_said_in_english_too(app):
    client = seat(app, "urban.handler")
    shown = client.get(f"/tickets/{put(app, 'handling')}?lang=en").get_data(as_text=True)
    assert "Your turn now" in shown
    assert "现在轮到你" not in shown
