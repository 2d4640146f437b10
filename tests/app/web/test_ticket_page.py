"""The ticket page: who sees how much of it, what they may press, what it costs, and the story it tells."""

import re

import pytest
import sqlalchemy as sa

from app.db import db
from app.work import work
from tests import factories
from tests.app.web.at_ticket import HTMX, buttons, do, of, page, post, put, rows
from tests.app.web.seats import seat
from tests.statements import counted
from tickets import answering, handling, intake
from tickets.identity import Appellant
from tickets.models import Attachment, Reveal, Ticket

WORDS = "卖早点的油烟往屋里灌，打 13800002716 找我"


# ---- who sees it -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("urban.liaison", 200),
        ("urban.handler", 200),
        ("urban.head", 200),
        ("water.liaison", 200),
        ("power.liaison", 404),
        ("housing.head", 404),
        ("agent1", 200),
        ("dispatcher1", 200),
        ("auditor1", 200),
        ("followup1", 200),
        ("supervisor1", 200),
        ("leader1", 200),
        ("discipline1", 200),
        ("publisher1", 404),
        ("admin1", 404),
    ],
)
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
    ("dispatched", "urban.liaison", {"signature", "allotment", "notes", "returns", "disputes", "attachments"}),
    ("dispatched", "urban.handler", {"notes", "attachments"}),
    ("signed", "urban.handler", {"contacts", "notes", "tasks", "attachments"}),
    ("handling", "urban.handler", {"replies", "contacts", "notes", "tasks", "suspensions", "attachments"}),
    ("handling", "urban.liaison", {"replies", "notes", "tasks", "extensions", "attachments"}),
    ("handling", "urban.head", {"replies", "notes", "tasks", "attachments"}),
    ("handling", "water.liaison", {"attachments"}),
    ("replied", "auditor1", {"approval", "site-checks", "rejection"}),
    ("replied", "urban.head", {"ledger", "attachments"}),
    ("handling", "agent1", {"urges", "supplements", "classification", "urgency", "attachments"}),
    ("closed", "urban.head", set()),
    ("handling", "dispatcher1", {"classification", "urgency", "recusals", "termination", "attachments"}),
    ("handling", "discipline1", set()),
]


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
        do(
            app,
            number,
            "urban.handler",
            lambda session, ticket, actor, now, turn=turn: handling.note(session, ticket, f"第 {turn} 次到场", actor, now),
        )
    client = seat(app, "urban.handler")
    page(client, number)
    with counted(app) as sent:
        shown = page(client, number)
    assert shown.count('id="e-') >= 50
    assert len(sent) <= 10, sent


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
            session.add(
                Attachment(
                    ticket_id=ticket.id,
                    kind="photo",
                    purpose="citizen",
                    name="x.jpg",
                    mime="image/jpeg",
                    size=1,
                    sha256="0" * 64,
                    at=ticket.touched_at,
                )
            )
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
    do(
        app,
        number,
        "followup1",
        lambda session, ticket, actor, now: answering.follow_up(
            session, ticket, actor, now, reached=True, outcome="rework", solved=False, words="还在漏"
        ),
    )
    do(
        app,
        number,
        "urban.head",
        lambda session, ticket, actor, now: handling.reply(
            session, ticket, actor, now, **factories.a_reply(content="换了新管，蹲守三天没再漏。")
        ),
    )
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
