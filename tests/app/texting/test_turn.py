"""Each kind of message has its turn: what it does to matters, and what is answered. Time is an argument."""

from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from app import wiring
from app.texting import inbox, turn
from app.texting.models import ANSWERED, ASKED, SILENT, TextMessage, TextPicture
from notifiers.models import OutboxMessage
from notifiers.preferences import refused
from notifiers.texts import render
from tests import factories
from tickets.events import TicketEvent
from tickets.identity import Appellant
from tickets.models import Rating, Ticket

MINE, OTHER = "+8613800002716", "+8613911112222"
SIDS = count(1)


@pytest.fixture
def texts(session, now):
    """Somebody texts; what they are answered comes back."""

    def write(words: str, sender: str = MINE, at=now, pictures: tuple[str, ...] = ()) -> list[str]:
        kept = inbox.keep(session, inbox.Texted(f"SM{next(SIDS):032x}", sender, words, pictures), at)
        message = session.get(TextMessage, kept)
        turn.take(session, message, at)
        session.flush()
        rows = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.key.startswith(f"text:{kept}:")).order_by(OutboxMessage.id))
        return [render(row.template, row.values, row.language).plain for row in rows]

    return write


def a_ticket(session, now, status="handling", **matter) -> Ticket:
    ticket = factories.a_ticket(session, now, status, **matter)
    wiring.react(session)  # so that its clocks run
    return ticket


def newest(session) -> TextMessage:
    return session.scalar(sa.select(TextMessage).order_by(TextMessage.id.desc()).limit(1))


def events(session, ticket) -> list[str]:
    return list(session.scalars(sa.select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)))


def test_words_of_a_stranger_become_a_ticket_and_leave_the_inbox(session, texts):
    assert texts("东门街道 18 号路灯不亮三天了", OTHER) == [], "the house tells number and code itself"
    message = newest(session)
    ticket = session.get(Ticket, message.ticket_id)
    assert (ticket.channel, ticket.content, ticket.region_code, ticket.external_source) == (
        "sms",
        "东门街道 18 号路灯不亮三天了",
        "990101001",
        "twilio-sms",
    )
    assert (message.outcome, message.body, message.meaning) == (ANSWERED, None, "free")


def test_danger_is_a_ticket_of_its_own_and_names_the_lines(session, texts, now):
    a_ticket(session, now)
    [said] = texts("三楼着火了，有人被困")
    assert "119" in said
    assert session.get(Ticket, newest(session).ticket_id).urgency == "critical"


def test_words_with_one_open_matter_are_added_to_it(session, texts, now):
    ticket = a_ticket(session, now)
    [said] = texts("水又漫上来了")
    assert f"尾号 {ticket.number[-6:]}" in said
    assert events(session, ticket)[-1] == "supplement"


def test_words_with_several_are_asked_about_and_wait(session, texts, now):
    first, second = a_ticket(session, now), a_ticket(session, now)
    [said] = texts("水又漫上来了")
    assert first.query_code in said
    assert second.query_code in said
    assert newest(session).outcome == ASKED
    [said] = texts(second.query_code, at=now + timedelta(hours=3))
    assert f"尾号 {second.number[-6:]}" in said
    supplement = session.scalar(sa.select(TicketEvent).where(TicketEvent.ticket_id == second.id, TicketEvent.kind == "supplement"))
    assert supplement.data["content"] == "水又漫上来了"
    assert session.scalars(sa.select(TextMessage).where(TextMessage.body.is_not(None))).all() == [], (
        "no words are kept once they found their matter"
    )


def test_a_question_is_answered_by_new(session, texts, now):
    a_ticket(session, now)
    a_ticket(session, now)
    texts("对面工地半夜打桩")
    assert texts("新") == []
    assert session.get(Ticket, newest(session).ticket_id).content == "对面工地半夜打桩"


def test_a_question_of_yesterday_does_not_stand_any_more(session, texts, now):
    a_ticket(session, now)
    second = a_ticket(session, now)
    texts("水又漫上来了")
    [said] = texts(second.query_code, at=now + timedelta(hours=25))
    assert "办理中" in said, "the code alone then asks how far it is"


def test_progress_of_ones_own_and_of_somebody_elses(session, texts, now):
    ticket = a_ticket(session, now)
    [mine] = texts("进度")
    assert "urban在办" in mine
    assert "9 月 20 日 24:00" in mine
    [theirs] = texts(f"进度 {ticket.query_code}", OTHER)
    assert "办理中" in theirs
    assert "urban" not in theirs
    assert ticket.number[-6:] not in theirs
    assert texts("进度", OTHER)[0].endswith("发过来就登记。")
    assert "没有查到" in texts("进度 0000000000")[0]


def test_progress_of_a_sealed_report_names_nobody(session, texts, now):
    a_ticket(session, now, appeal_type="report", content="举报二楼黑作坊老板孙大海")
    for words in ("进度", "催办"):
        for said in texts(words, at=now + timedelta(days=9)):
            assert not {"孙", "作坊", "urban", "二楼", "陈小芳", "138"} & {
                piece for piece in ("孙", "作坊", "urban", "二楼", "陈小芳", "138") if piece in said
            }


def test_progress_of_several_lists_codes(session, texts, now):
    both = [a_ticket(session, now), a_ticket(session, now, appeal_type="report")]
    [said] = texts("进度")
    assert all(ticket.query_code in said for ticket in both)
    assert said.count("排水") == 1, "what kind a sealed one is stays inside"


def test_urging_goes_by_the_rules_of_the_page(session, texts, now):
    ticket = a_ticket(session, now)
    assert "还不用催" in texts("催办")[0]
    assert "已替您催" in texts("催办", at=now + timedelta(days=2))[0]
    assert events(session, ticket)[-1] == "urge"
    assert "还不用催" in texts("催办", at=now + timedelta(days=2, hours=1))[0]


def test_a_rating_once_and_only_ones_own(session, texts, now):
    ticket = a_ticket(session, now, "follow-up")
    assert "没有等您打分的" in texts(f"1 {ticket.query_code}", OTHER)[0]
    assert "1 个工作日内" in texts("1")[0]
    row = session.scalar(sa.select(Rating).where(Rating.ticket_id == ticket.id))
    assert (row.score, row.channel) == (1, "sms")
    assert "已经评价过了" in texts("5")[0]
    assert session.scalar(sa.select(sa.func.count()).select_from(Rating).where(Rating.ticket_id == ticket.id)) == 1


def test_a_rating_may_say_why_and_words_nothing_waits_for_are_a_matters(session, texts, now):
    ticket = a_ticket(session, now, "follow-up")
    assert "打的 1 分" in texts("1，没修好，还在漏")[0]
    assert session.execute(sa.select(Rating.score, Rating.words)).all()[-1] == (1, "没修好,还在漏")
    assert "补充已加到" in texts("1 今天又漏了一地")[0], "it is rated already"
    assert events(session, ticket)[-1] == "supplement"
    assert texts("1，隔壁楼道着火了") != [], "danger is never a reason"
    assert session.get(Ticket, newest(session).ticket_id).urgency == "critical"
    assert "没有等您打分的" in texts("1，没修好", OTHER)[0]


def test_politeness_is_neither_answered_nor_filed(session, texts, now):
    before = session.scalar(sa.select(sa.func.count()).select_from(Ticket))
    assert [texts(words, OTHER) for words in ("好的，谢谢", "收到", "Thank you")] == [[], [], []]
    assert newest(session).outcome == SILENT
    assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == before


def test_several_answers_are_rated_by_code(session, texts, now):
    first, second = a_ticket(session, now, "follow-up"), a_ticket(session, now, "follow-up")
    assert first.query_code in texts("5")[0]
    assert "5 分" in texts(f"5 {second.query_code}")[0]
    assert session.scalars(sa.select(Rating.ticket_id).where(Rating.channel == "sms")).all() == [second.id]


def test_nothing_to_rate(session, texts, now):
    a_ticket(session, now)
    unasked = a_ticket(session, now, "follow-up", reply_wanted=False)
    assert "没有等您打分的" in texts("5")[0]
    assert "打分" not in texts(f"进度 {unasked.query_code}")[0], "who wanted no answer is asked for nothing"
    assert "5 分" in texts(f"5 {unasked.query_code}")[0], "and may say it all the same"


def test_leaving_and_coming_back(session, texts):
    assert "退订好了" in texts("TD", OTHER)[0]
    assert refused(session, "sms", [OTHER]) == {OTHER}
    assert "恢复好了" in texts("恢复", OTHER)[0]
    assert refused(session, "sms", [OTHER]) == set()


def test_an_english_message_has_an_english_answer(session, texts):
    assert texts("HELP", OTHER)[0].startswith("[Linhai 12345] ")


def test_a_named_matter_that_ended_takes_no_more(session, texts, now):
    ticket = a_ticket(session, now, "closed")
    assert "已经办完" in texts(f"补充 {ticket.query_code} 又漏水了")[0]


def test_pictures_alone_wait_for_words_and_go_with_them(session, texts, now):
    address = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM1/Media/ME1"
    assert "再发一句话" in texts("", OTHER, pictures=(address,))[0]
    assert session.scalar(sa.select(TextPicture.ticket_id)) is None
    texts("东门街路灯不亮三天了", OTHER, now + timedelta(minutes=2))
    assert session.scalar(sa.select(TextPicture.ticket_id)) == newest(session).ticket_id


def test_pictures_alone_go_to_the_only_open_matter(session, texts, now):
    ticket = a_ticket(session, now)
    texts("", pictures=("https://api.twilio.com/x",))
    assert session.scalar(sa.select(TextPicture.ticket_id)) == ticket.id
    assert events(session, ticket)[-1] == "supplement"


def test_too_many_in_an_hour_are_told_once_and_then_let_be(session, texts, now):
    for _ in range(turn.MOST_AN_HOUR):
        assert texts("帮助", OTHER)
    assert "打 12345" in texts("路灯不亮三天了", OTHER)[0]
    assert texts("路灯不亮三天了，井盖也没了", OTHER) == []
    assert newest(session).outcome == SILENT
    ticket = session.get(Ticket, newest(session).ticket_id)
    assert (ticket.content, events(session, ticket)) == ("路灯不亮三天了", ["register", "supplement"]), "not answered, but not lost"
    assert texts("帮助", OTHER, now + timedelta(hours=2))


def test_one_numbers_messages_keep_their_order(session, now):
    first, second = (
        inbox.keep(session, inbox.Texted(f"SM{next(SIDS):032x}", OTHER, words, ()), now) for words in ("路灯不亮三天了", "进度")
    )
    assert inbox.claim(session, now) == first
    assert inbox.claim(session, now) is None, "the second waits until the first had its turn"
    turn.take(session, session.get(TextMessage, first), now)
    assert inbox.claim(session, now) == second


def test_a_message_that_breaks_us_is_left_after_three_tries(session, now):
    kept = inbox.keep(session, inbox.Texted(f"SM{next(SIDS):032x}", OTHER, "路灯不亮三天了", ()), now)
    for minute in range(4):
        inbox.claim(session, now + timedelta(minutes=2 * minute))
    assert session.get(TextMessage, kept).outcome == "given-up"
    assert session.get(TextMessage, kept).body is not None, "somebody should look"


def test_old_ones_are_forgotten(session, texts, now):
    texts("帮助", OTHER)
    assert inbox.forget(session, now + timedelta(days=31)) == 1


def test_an_anonymous_matter_is_nobodys(session, texts, now):
    a_ticket(session, now, appellant=Appellant(kind="anonymous"))
    assert "没有在办的事" in texts("进度")[0]
