"""Calls owed and made, draws, second looks, exclusions by two people, score sheets: who may, who may not, what counts (domain §7, §10; Must show 7)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.errors import Forbidden, Invalid, WrongState
from app.reports.others import others
from escalation.models import Clock
from tests import factories
from tickets import answering, awareness, callbacks, calls, draws, evaluation_rules, exclusions, intake, quality, sampling
from tickets.draw_queries import numbers_of
from tickets.evaluation_models import Awareness, Callback, QualityCheck, Sample
from tickets.identity import Appellant
from tickets.models import FollowUp, Identity, Reply, Ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SURVEY = awareness.Survey(date(2026, 8, 1), date(2026, 8, 5), 800, 610, "市统计局社情民意调查中心")


def who(session, username, now):
    return factories.person(session, username, now)


def of_unit(session, unit, now):
    """A caller of the centre who is lent from the handling unit."""
    return replace(who(session, "followup1", now), unit_id=who(session, f"{unit}.head", now).unit_id)


def settle(session):
    session.flush()
    wiring.react(session)
    session.flush()


# ---- calls --------------------------------------------------------------------------------------------------------------------------


def test_an_audited_reply_is_called_and_a_sealed_one_always(session, now):
    plain, sealed = factories.a_ticket(session, now, "follow-up"), factories.a_ticket(session, now, "follow-up", appeal_type="report")
    assert callbacks.live_of(session, plain, "reply").reason == "all"
    assert callbacks.live_of(session, sealed, "reply").reason == "sealed"
    silent = factories.a_ticket(session, now, "follow-up", appellant=Appellant(kind="anonymous"))
    assert (silent.status, callbacks.live_of(session, silent, "reply")) == ("closed", None)


def test_a_handling_unit_cannot_call_or_rate_its_own(session, now):
    """Must show 7."""
    ticket = factories.a_ticket(session, now, "follow-up")
    for actor in (who(session, "urban.head", now), of_unit(session, "urban", now)):
        with pytest.raises(Forbidden):
            answering.follow_up(session, ticket, actor, now, reached=True, outcome="close")
        with pytest.raises(Forbidden):
            answering.rate(session, ticket, 5, now, actor=actor)
    answering.follow_up(session, ticket, who(session, "followup1", now), now, reached=True, outcome="close")
    row = session.scalar(sa.select(Callback).where(Callback.ticket_id == ticket.id))
    assert (row.state, row.result) == ("done", "answered")


@pytest.mark.parametrize(
    ("hours", "enough"), [((0, 1, 2), False), ((0, 24, 48), False), ((0, 24, 27), True), ((0, 3), False), ((0, 0, 25), True)]
)
def test_three_attempts_on_two_days_at_different_hours(now, hours, enough):
    assert callbacks.tried_enough([now + HOUR * hour for hour in hours]) is enough


def test_the_third_silence_sends_a_text_and_unreachable_is_its_own_result(session, now):
    ticket, actor = factories.a_ticket(session, now, "follow-up"), who(session, "followup1", now)
    for hour in (1, 3, 26):
        answering.follow_up(session, ticket, actor, now + HOUR * hour, reached=False)
    row = callbacks.live_of(session, ticket, "reply")
    assert (row.attempts, row.texted_at) == (3, now + HOUR * 26)
    answering.follow_up(session, ticket, actor, now + HOUR * 28, reached=False, outcome="close")
    assert (ticket.status, row.result) == ("closed", "unreachable")
    assert ticket.final_rating is None


def test_on_due_asks_while_the_unit_is_still_at_it(session, now):
    evaluation_rules.change(session, who(session, "admin1", now), now, "照北京条例", on_reply=False, on_due=True)
    ticket = factories.a_ticket(session, now, "handling")
    wiring.react(session)
    assert callbacks.owe_due(session, now + DAY) == []
    late = ticket.due_at + HOUR
    assert ticket in callbacks.owe_due(session, late)
    assert callbacks.owe_due(session, late) == [], "once a round"
    with pytest.raises(Forbidden):
        calls.call_on_due(session, ticket, of_unit(session, "urban", now), late, reached=True)
    calls.call_on_due(session, ticket, who(session, "followup1", now), late, reached=True, contacted=True, solved=False, satisfied=2)
    said = session.scalar(sa.select(FollowUp).where(FollowUp.ticket_id == ticket.id))
    assert (ticket.status, said.kind, said.satisfied) == ("handling", "due", 2)


def test_on_due_alone_a_reply_is_called_when_its_limit_ends(session, now):
    evaluation_rules.change(session, who(session, "admin1", now), now, "照北京条例", on_reply=False, on_due=True)
    ticket = factories.a_ticket(session, now, "replied")
    settle(session)
    answering.review(session, ticket, True, who(session, "auditor1", now), now + HOUR)
    assert callbacks.live_of(session, ticket, "reply").from_at == ticket.due_at


def test_a_rule_names_what_is_wrong_with_it(session, now):
    with pytest.raises(Invalid) as no:
        evaluation_rules.change(
            session, who(session, "admin1", now), now, "", call_share=101, look_back_days=0, on_reply=False, on_due=False
        )
    assert set(no.value.fields) == {"call_share", "look_back_days", "on_reply", "reason"}
    with pytest.raises(Forbidden):
        evaluation_rules.change(session, who(session, "followup1", now), now, "少打一点", call_share=1)


# ---- draws --------------------------------------------------------------------------------------------------------------------------


def test_a_draw_takes_its_share_keeps_its_seed_and_closes_the_others(session, now):
    evaluation_rules.change(session, who(session, "admin1", now), now, "人手少", call_share=50)
    tickets = [factories.a_ticket(session, now, "follow-up") for _ in range(6)]
    bad, sealed = tickets[0], factories.a_ticket(session, now, "follow-up", appeal_type="report")
    answering.rate(session, bad, 1, now + HOUR)
    assert callbacks.live_of(session, bad, "reply").state == "waiting", "a bad rating is never left to the draw"
    sample = draws.draw_calls(session, now + HOUR, who(session, "followup1", now), "公开的种子")
    session.flush()
    drawn = set(sample.chosen)
    assert {row[0] for row in sample.population} == {ticket.id for ticket in tickets[1:]}
    assert len(drawn) in (2, 3)
    assert sampling.again(sample) == sample.chosen
    for ticket in tickets[1:]:
        assert ticket.status == ("follow-up" if ticket.id in drawn else "closed")
        assert ticket.final_rating is None
    assert sealed.status == "follow-up"
    assert draws.draw_calls(session, now + HOUR) is None


def test_what_was_closed_a_month_ago_is_looked_at_again_and_a_relapse_is_a_new_ticket(session, now):
    evaluation_rules.change(session, who(session, "admin1", now), now, "便民服务回头看", look_back_share=100)
    ticket = factories.a_ticket(session, now, "closed")
    later = now + 30 * DAY
    sample = draws.draw_look_backs(session, later)
    assert ticket.id in sample.chosen
    assert draws.draw_look_backs(session, later + HOUR) is None, "once a day"
    actor = who(session, "followup1", now)
    with pytest.raises(Invalid):
        calls.look_back(session, ticket, actor, later, reached=True, finding="relapse")
    again = calls.look_back(session, ticket, actor, later, reached=True, finding="relapse", words="又返水了，比上次还深")
    session.flush()
    assert (again.previous_id, again.status) == (ticket.id, "registered")
    assert session.get(Identity, again.id).phone_trace == session.get(Identity, ticket.id).phone_trace
    assert callbacks.live_of(session, ticket, "look-back") is None


# ---- exclusions ---------------------------------------------------------------------------------------------------------------------


def ask(session, ticket, now):
    return exclusions.ask(
        session, ticket, "unreasonable", "信访条例第三十五条", "判决书和送达回证", who(session, "urban.liaison", now), now
    )


def test_two_people_exclude_and_nobody_their_own(session, now):
    """Must show 7: a unit asks; the centre's two agree; then it is listed, not dropped."""
    ticket = factories.a_ticket(session, now, "closed")
    row = ask(session, ticket, now)
    settle(session)
    for actor in (
        who(session, "urban.head", now),
        of_unit(session, "urban", now),
        replace(who(session, "auditor1", now), unit_id=row.unit_id),
        who(session, "supervisor1", now),
    ):
        with pytest.raises(Forbidden):
            exclusions.review(session, ticket, row, True, "成立", actor, now)
    exclusions.review(session, ticket, row, True, "依据成立", who(session, "auditor1", now), now)
    assert exclusions.excluded(session, now + DAY) == [], "one person is not enough"
    both = replace(who(session, "auditor1", now), roles=frozenset({"auditor", "supervisor"}))
    with pytest.raises(Forbidden):
        exclusions.review(session, ticket, row, True, "同意", both, now)
    exclusions.review(session, ticket, row, True, "同意", who(session, "supervisor1", now), now + HOUR)
    settle(session)
    [one] = exclusions.excluded(session, now + DAY)
    assert (one.ticket_id, one.unit_id, one.ground, one.decided_at) == (ticket.id, row.unit_id, "unreasonable", now + HOUR)
    assert exclusions.excluded(session, now) == [], "as of an earlier cut-off it counted"
    clock = session.scalar(sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.code == "exclusion-review"))
    assert clock.stop_reason == "met"


def test_a_denied_one_counts_and_a_withdrawn_one_too(session, now):
    one, two = factories.a_ticket(session, now, "closed"), factories.a_ticket(session, now, "closed")
    row = ask(session, one, now)
    exclusions.review(session, one, row, False, "来电是因为一直没修好", who(session, "auditor1", now), now)
    with pytest.raises(WrongState):
        exclusions.review(session, one, row, True, "改主意了", who(session, "auditor1", now), now)
    exclusions.withdraw(session, two, ask(session, two, now), who(session, "urban.liaison", now), now)
    assert exclusions.excluded(session, now + DAY) == []


def test_who_never_had_it_cannot_ask_and_grounds_are_needed(session, now):
    ticket = factories.a_ticket(session, now, "closed")
    with pytest.raises(Forbidden):
        exclusions.ask(session, ticket, "unreasonable", "信访条例第三十五条", "判决书和送达回证", who(session, "water.liaison", now), now)
    with pytest.raises(Invalid) as no:
        exclusions.ask(session, ticket, "tired", "x", "", who(session, "urban.liaison", now), now)
    assert set(no.value.fields) == {"ground", "basis", "evidence"}
    ask(session, ticket, now)
    session.flush()
    with pytest.raises(WrongState):
        ask(session, ticket, now)


# ---- quality ------------------------------------------------------------------------------------------------------------------------


def drawn(session, now, double):
    ticket = factories.a_ticket(session, now, "follow-up")
    reply = session.scalar(sa.select(Reply).where(Reply.ticket_id == ticket.id))
    sample = sampling.keep(
        session, "quality", [sampling.One(reply.id, reply.unit_id, None)], 100, now, who(session, "supervisor1", now), now, "s"
    )
    check = QualityCheck(
        sample_id=sample.id, ticket_id=ticket.id, reply_id=reply.id, unit_id=reply.unit_id, double=double, state="open", drawn_at=now
    )
    session.add(check)
    session.flush()
    return check


def mark(session, check, username, now, accurate=True, **changed):
    given = {"accurate": accurate, "elements": ("time", "person"), "tone": 4, "words": "" if accurate else "没说结果"} | changed
    quality.mark(session, check, who(session, username, now) if isinstance(username, str) else username, now, **given)
    session.flush()


def test_one_marker_settles_a_single_sheet_and_zero_is_no_hundred(session, now):
    since, until = now - DAY, now + DAY
    assert quality.accuracy(session, since, until)[:2] == (0, 0)
    mark(session, drawn(session, now, False), "followup1", now)
    mark(session, drawn(session, now, False), "supervisor1", now, accurate=False)
    assert quality.accuracy(session, since, until)[:2] == (1, 2)
    assert quality.consults(session, since, until) == (0, 0, quality.Accuracy(0, 0, 0, 0, 0, 0)), "those were complaints"
    answering.rate(session, answered(session, now), 5, now)
    session.flush()
    assert quality.consults(session, since, until)[:2] == (1, 1)


def answered(session, now):
    """A question answered at the seat by agent1."""
    consult = factories.a_ticket(session, now, appeal_type="consult", content="居住证到哪里办")
    intake.answer_directly(session, consult, "带身份证到派出所户籍窗口办。", who(session, "agent1", now), now)
    session.flush()
    return consult


def test_what_was_answered_at_the_seat_is_drawn_and_counts(session, now):
    """R76: not marked by who answered, without the four elements of a reply; in the accuracy of consults; drawn once, and again the same."""
    consult = answered(session, now)
    factories.a_ticket(session, now, "follow-up")
    evaluation_rules.change(session, who(session, "admin1", now), now, "都看", quality_share=100, double_share=0)
    sample = draws.draw_direct(session, now + DAY)
    assert (len(sample.population), sampling.again(sample), numbers_of(session, sample)) == (1, sample.chosen, [consult.number])
    assert draws.draw_direct(session, now + DAY + HOUR) is None, "once a day"
    assert draws.draw_direct(session, now + 2 * DAY).population == []
    session.flush()
    check = session.scalar(sa.select(QualityCheck).where(QualityCheck.sample_id == sample.id))
    assert (check.ticket_id, check.reply_id, check.unit_id, check.answer_id) == (consult.id, None, None, sample.chosen[0])
    answerer = replace(who(session, "agent1", now), roles=frozenset({"agent", "follow-up"}))
    for actor, refusal in ((answerer, Forbidden), (who(session, "auditor1", now), Invalid)):
        with pytest.raises(refusal):
            mark(session, check, actor, now)
    mark(session, check, "auditor1", now + DAY, elements=())
    assert quality.consults(session, now, now + 2 * DAY).accuracy == quality.Accuracy(1, 1, 1, 0, 0, 4)
    assert others(session, now.date(), (now + DAY).date(), now + DAY)["0"]["quality_accurate"] == 1


def test_two_who_differ_are_settled_by_a_third(session, now):
    check = drawn(session, now, True)
    mark(session, check, "followup1", now)
    assert check.state == "open"
    with pytest.raises(WrongState):
        mark(session, check, "followup1", now)
    mark(session, check, "supervisor1", now, accurate=False)
    assert check.state == "split"
    third = replace(who(session, "leader1", now), roles=frozenset({"supervisor"}))
    mark(session, check, third, now, accurate=False)
    assert (check.state, check.accurate) == ("settled", False)
    with pytest.raises(WrongState):
        mark(session, check, replace(third, account_id=who(session, "agent1", now).account_id), now)


def test_who_approved_it_and_who_wrote_it_do_not_mark_it(session, now):
    check = drawn(session, now, False)
    for username in ("auditor1", "urban.head", "agent1"):
        with pytest.raises(Forbidden):
            mark(session, check, username, now)
    with pytest.raises(Invalid) as no:
        mark(session, check, "followup1", now, accurate=False, words="", tone=9, elements=("colour",))
    assert set(no.value.fields) == {"elements", "tone", "words"}


def test_the_draws_of_a_day_are_made_once(session, now):
    factories.a_ticket(session, now, "follow-up")
    session.flush()
    evaluation_rules.change(session, who(session, "admin1", now), now, "都看", quality_share=100)
    assert draws.draw_quality(session, now + DAY) is not None
    assert draws.draw_quality(session, now + DAY + HOUR) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Sample).where(Sample.kind == "quality")) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) >= 1


# ---- surveys ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"aware": 801}, {"aware"}),
        ({"aware": -1}, {"aware"}),
        ({"asked": 0, "aware": 0}, {"asked"}),
        ({"last_on": date(2099, 1, 1), "source": " "}, {"last_on", "source"}),
        ({"first_on": date(2026, 9, 1)}, {"last_on"}),
    ],
)
def test_a_survey_that_cannot_be_is_refused_by_name(session, now, changed, fields):
    with pytest.raises(Invalid) as no:
        awareness.enter(session, SURVEY._replace(**changed), who(session, "publisher1", now), now)
    assert set(no.value.fields) == fields


def test_a_correction_is_a_new_row_and_counts_instead(session, now):
    """社会知晓度 (R76): nothing entered is changed or said twice; the report counts what stands, in the period in which it ended."""
    publisher = who(session, "publisher1", now)
    with pytest.raises(Forbidden):
        awareness.enter(session, SURVEY, who(session, "supervisor1", now), now)
    old = awareness.enter(session, SURVEY, publisher, now)
    right = SURVEY._replace(aware=620)
    for corrects, reason, fields in ((None, "", {"source"}), (old.id, " ", {"reason"}), (old.id + 1, "录错了", {"corrects", "source"})):
        with pytest.raises(Invalid) as no:
            awareness.enter(session, right, publisher, now, corrects, reason)
        assert set(no.value.fields) == fields
    new = awareness.enter(session, right, publisher, now + HOUR, old.id, "录错了")
    with pytest.raises(Invalid):
        awareness.enter(session, right._replace(aware=630), publisher, now, old.id, "又错了")
    assert [(one.row, one.stands) for one in awareness.surveys(session)] == [(new, True), (old, False)]
    assert awareness.newest(session) is new
    counted = {"awareness_asked": 800, "awareness_aware": 620}
    assert counted.items() <= others(session, SURVEY.first_on, SURVEY.last_on, now)["0"].items()
    assert not counted.keys() & others(session, SURVEY.first_on, SURVEY.first_on, now)["0"].keys()
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), session.begin_nested():
        session.execute(sa.update(Awareness).values(aware=1))
