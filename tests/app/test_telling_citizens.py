"""What citizens hear by telephone as their matter goes on, and what never leaves: a word of the matter, a name, a number in clear."""

import sqlalchemy as sa

from app.work import session_now, work
from notifiers import preferences
from notifiers.message import Way
from notifiers.models import OutboxMessage
from notifiers.texts import render
from tests import factories
from tests.app.with_telephone import SITE, app, clean, provider  # noqa: F401 -- fixtures
from tests.statements import counted
from tickets import dispatch, intake, procedures
from tickets.answering import rating_token
from tickets.identity import Appellant
from tickets.models import Ticket


def live_one(now, status: str, **matter) -> int:
    with work() as session:
        return factories.a_ticket(session, now, status, **matter).id


def heard(ticket: int | None = None) -> list[OutboxMessage]:
    session_now().rollback()
    query = sa.select(OutboxMessage).where(OutboxMessage.channel == "sms").order_by(OutboxMessage.id)
    return list(session_now().scalars(query if ticket is None else query.where(OutboxMessage.subjects.contains([f"ticket:{ticket}"]))))


def words(message: OutboxMessage) -> str:
    return render(message.template, message.values, message.language).plain


def test_a_whole_way_is_three_messages(app, now):  # noqa: F811
    ticket = session_now().get(Ticket, live_one(now, "follow-up"))
    accepted, dispatched, answered = heard(ticket.id)
    tail = ticket.number[-6:]
    assert f"尾号 {tail}，查询码 {ticket.query_code}" in words(accepted)
    assert (
        words(dispatched) == f"【临海市12345】尾号 {tail} 已交urban办理，最晚 9 月 20 日 24:00 答复您。查进度：{SITE}/t/{ticket.query_code}"
    )
    assert f"{SITE}/rate/{rating_token(ticket, app.extensions['session_info']['code_key'])}" in words(answered)
    assert [message.status for message in (accepted, dispatched, answered)] == ["pending"] * 3
    assert accepted.next_try_at == accepted.created_at
    assert (dispatched.next_try_at - dispatched.created_at).total_seconds() == 60


def test_who_wants_no_answer_gets_no_rating_link(app, now):  # noqa: F811
    assert [message.template for message in heard(live_one(now, "follow-up", reply_wanted=False))] == ["accepted", "dispatched"]


def test_a_sending_recalled_within_the_minute_was_never_told(app, now):  # noqa: F811
    ticket = live_one(now, "dispatched")
    with work() as session:
        row = session.get(Ticket, ticket, with_for_update=True)
        dispatch.recall(session, row, factories.person(session, "dispatcher1", row.touched_at), row.touched_at)
    assert [(message.template, message.status, message.reason) for message in heard(ticket)] == [
        ("accepted", "pending", ""),
        ("dispatched", "suppressed", "withdrawn"),
    ]


def test_urging_is_answered(app, now):  # noqa: F811
    ticket = live_one(now, "handling")
    with work() as session:
        row = session.get(Ticket, ticket, with_for_update=True)
        intake.urge(session, row, factories.person(session, "agent1", row.touched_at), row.touched_at, "还没来人")
    assert "已替您催urban" in words(heard(ticket)[-1])
    assert "还没来人" not in words(heard(ticket)[-1])


def test_an_interim_reply_says_there_is_news(app, now):  # noqa: F811
    ticket = live_one(now, "handling")
    with work() as session:
        row = session.get(Ticket, ticket, with_for_update=True)
        procedures.interim_reply(
            session, row, "已约双方下周三到所里谈，谈完再答复您。", factories.person(session, "urban.head", row.touched_at), row.touched_at
        )
    assert "urban先说给您听，还不是最后的答复" in words(heard(ticket)[-1])
    assert "下周三" not in words(heard(ticket)[-1])


def test_who_left_no_number_hears_nothing_and_a_landline_is_on_record(app, now):  # noqa: F811
    assert heard(live_one(now, "registered", appellant=Appellant())) == []
    [message] = heard(live_one(now, "registered", appellant=Appellant(name="陈小芳", phone="05768512345")))
    assert (message.status, message.reason) == ("suppressed", "no-mobile")


def test_nothing_of_a_sealed_report_is_in_the_outbox(app, now):  # noqa: F811
    ticket = live_one(
        now,
        "follow-up",
        appeal_type="report",
        title="举报海晏烧烤店缺斤短两",
        content="老板姓郝，车牌浙J12345",
        address="海晏路 9 号",
        accused="海晏烧烤店",
        category="commerce.short-weight",
        appellant=Appellant(name="欧阳小举", phone="13911112222"),
    )
    assert len(heard(ticket)) == 3
    everything = session_now().execute(sa.text("SELECT string_agg(m::text, E'\\n') FROM outbox_messages m")).scalar_one() + "".join(
        map(words, heard())
    )
    for secret in ("海晏", "缺斤短两", "郝", "浙J", "欧阳", "13911112222", "举报"):
        assert secret not in everything, secret
    assert heard(ticket)[0].shown_to == "139****2222"


def test_the_outbox_costs_a_verb_two_statements_at_most_and_the_preferred_way_leads(app, now):  # noqa: F811
    """Must show 6: one asks where the citizen wants to be told, one writes, however many ways they have."""
    with work() as session:
        preferences.set_way(session, Way("email", "chen@example.org", "ch***"), now, phone="13800002716")
    ticket = live_one(now, "handling")
    with counted(app) as sent, work() as session:
        row = session.get(Ticket, ticket, with_for_update=True)
        intake.urge(session, row, factories.person(session, "agent1", row.touched_at), row.touched_at, "还没来人")
    ours = [one for one in sent if "outbox_messages" in one or "FROM ways" in one]
    assert len(ours) == 2, sent
    with work() as session:
        preferences.drop_way(session, "email", phone="13800002716")
    assert heard(ticket)[-1].otherwise == [], "no mail is set up here: the text message leads alone"
