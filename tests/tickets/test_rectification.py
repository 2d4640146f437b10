"""差评整改: from a bad rating to the second one, every class, every clock, every refusal; anonymous ones counted; confidential ones the centre's."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.errors import Forbidden, Invalid, WrongState
from escalation.models import Clock, LedgerEntry
from tests import factories
from tickets import answering, callbacks, calls, handling, loops, rectification
from tickets.evaluation_models import Callback, Rectification
from tickets.history import events_of
from tickets.identity import Appellant
from tickets.models import Rating

WD = timedelta(days=1)


class Story:
    """A ticket, its people, and the reactions the house runs after each step."""

    def __init__(self, session, now, status="closed", **matter):
        self.session, self.now = session, now
        self.ticket = factories.a_ticket(session, now, status, **matter)
        self.run()

    def run(self):
        self.session.flush()
        wiring.react(self.session)
        self.session.flush()

    def do(self, username, verb, *args, after=timedelta(hours=1), **kwargs):
        self.now += after
        made = verb(self.session, self.ticket, *args, factories.person(self.session, username, self.now), self.now, **kwargs)
        self.run()
        return made

    def rate(self, score, after=timedelta(hours=1)):
        self.now += after
        row = answering.rate(self.session, self.ticket, score, self.now, words="根本没修")
        self.run()
        return row

    @property
    def loop(self) -> Rectification:
        return self.session.scalar(
            sa.select(Rectification).where(Rectification.ticket_id == self.ticket.id).order_by(Rectification.id.desc()).limit(1)
        )

    def clock(self, code) -> Clock:
        return self.session.scalar(
            sa.select(Clock).where(Clock.ticket_id == self.ticket.id, Clock.code == code).order_by(Clock.id.desc()).limit(1)
        )

    def contacted(self):
        self.do("urban.handler", rectification.contact, self.loop, "phone", "reached")

    def classified(self, code="clear", **more):
        self.do("urban.liaison", rectification.classify, self.loop, code, "现场看过，确实没修好", **more)

    def rectified(self):
        self.do("urban.head", rectification.rectify, self.loop, "重新更换了整段管道，试水两小时不漏", "phone")


@pytest.fixture
def story(session, now):
    one = Story(session, now)
    one.rate(1)
    return one


def test_the_whole_loop_with_its_clocks(story):
    """Must show 1 as verbs: contact in 1 working day, rectify in 5, the centre revisits, the second rating stands beside the first."""
    first, second = story.clock("rating-contact"), story.clock("rectify")
    assert (first.owner_unit_id, second.owner_unit_id) == (story.ticket.lead_unit_id,) * 2
    assert (first.length, second.length) == (1, 5)
    story.contacted()
    assert story.clock("rating-contact").stop_reason == "met"
    story.classified()
    assert story.clock("rectify").stopped_at is None
    story.rectified()
    assert story.clock("rectify").stop_reason == "met"
    assert story.clock("revisit").owner_unit_id is None
    assert story.loop.state == "told"
    owed = callbacks.live_of(story.session, story.ticket, "revisit")
    assert (owed.reason, owed.unit_id) == ("bad", story.ticket.lead_unit_id)
    story.rate(4)
    assert (story.ticket.first_rating, story.ticket.final_rating) == (1, 4)
    story.do("followup1", calls.revisit, reached=True, outcome="close", solved=True, satisfied=5, words="这回修好了")
    assert (story.loop.state, story.loop.outcome) == ("closed", "settled")
    assert story.session.get(Rating, story.loop.second_rating_id).score == 4
    assert story.clock("revisit").stop_reason == "met"
    kinds = [event.kind for event in events_of(story.session, story.ticket.id)]
    assert [kind for kind in kinds if kind in ("bad-rating", "contact-rater", "classify-rating", "rectify", "revisit")] == [
        "bad-rating",
        "contact-rater",
        "classify-rating",
        "rectify",
        "revisit",
    ]


def test_what_the_citizen_says_on_the_phone_is_the_second_rating_when_they_gave_none(story):
    story.contacted(), story.classified(), story.rectified()
    story.do("followup1", calls.revisit, reached=True, outcome="close", solved=True, satisfied=3)
    rows = list(story.session.scalars(sa.select(Rating).where(Rating.ticket_id == story.ticket.id).order_by(Rating.id)))
    assert [(row.round, row.score, row.channel) for row in rows] == [(1, 1, "web"), (2, 3, "phone")]
    assert story.loop.second_rating_id == rows[1].id


def test_late_stays_late(story):
    story.now += 3 * WD
    story.contacted()
    assert story.clock("rating-contact").stop_reason == "late"
    assert story.clock("rating-contact").breached_at == story.clock("rating-contact").due_at


def test_three_tries_that_reach_nobody_let_the_work_go_on(story):
    for _ in range(2):
        story.do("urban.handler", rectification.contact, story.loop, "phone", "unreachable")
        assert story.loop.state == "open"
    story.do("urban.handler", rectification.contact, story.loop, "phone", "unreachable")
    assert (story.loop.state, story.loop.attempts) == ("contacted", 3)


def test_a_complex_one_has_fifteen_days_from_the_rating_and_a_date(story):
    story.contacted()
    with pytest.raises(Invalid) as no:
        story.classified("complex")
    assert "promised_at" in no.value.fields
    story.classified("complex", promised_at=story.now + 10 * WD)
    assert story.clock("rectify").stop_reason == "released"
    hard = story.clock("rectify-hard")
    assert (hard.length, hard.started_at) == (15, story.loop.opened_at)


@pytest.mark.parametrize(("uphold", "state"), [(True, "upheld"), (False, "rectifying")])
def test_a_mistaken_one_is_appealed_and_reviewed_by_the_centre(story, uphold, state):
    story.contacted()
    story.classified("mistaken")
    assert story.loop.state == "appealed"
    assert story.clock("rating-review").stopped_at is None
    with pytest.raises(Forbidden):
        story.do("urban.head", rectification.rule, story.loop, uphold, "我们认为是误评")
    story.do("auditor1", rectification.rule, story.loop, uphold, "听了录音，查了现场照片")
    assert story.loop.state == state
    assert story.clock("rating-review").stop_reason == "met"
    assert story.clock("rectify").stop_reason == ("cancelled" if uphold else None)
    if uphold:
        story.do("followup1", calls.revisit, reached=True, outcome="close", satisfied=1)
        assert (story.loop.outcome, story.loop.second_rating_id) == ("upheld", None)
        assert story.ticket.final_rating == 1, "an upheld appeal changes no rating"
    else:
        with pytest.raises(WrongState):
            story.classified("mistaken")


def test_refusing_a_clear_one_is_a_breach_in_the_ledger_and_the_duty_stays(story):
    story.contacted()
    story.classified()
    story.do("urban.head", rectification.refuse, story.loop, "我们认为已经修好了")
    assert (story.loop.refused_at, story.loop.state) == (story.now, "rectifying")
    entry = story.session.scalar(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == story.ticket.id, LedgerEntry.level == "E5"))
    assert (entry.status, entry.unit_id) == ("open", story.ticket.lead_unit_id)
    assert story.clock("rectify").stopped_at is None
    with pytest.raises(WrongState):
        story.do("urban.head", rectification.refuse, story.loop, "还是不改不改不改")


def test_not_put_right_goes_round_again_with_a_fresh_clock(story):
    story.contacted(), story.classified(), story.rectified()
    story.rate(2)
    story.do("followup1", calls.revisit, reached=True, outcome="rework", words="还在漏")
    assert (story.loop.turn, story.loop.state) == (2, "contacted")
    assert story.clock("rectify").started_at == story.now
    story.classified(), story.rectified()
    story.rate(5)
    assert (story.ticket.first_rating, story.ticket.final_rating) == (1, 5)
    assert story.session.scalar(sa.select(sa.func.count()).select_from(Rating).where(Rating.ticket_id == story.ticket.id)) == 3


def test_an_anonymous_one_is_counted_and_nobody_is_called(session, now):
    story = Story(session, now, appellant=Appellant(kind="anonymous"))
    story.rate(1)
    assert (story.loop.state, story.loop.named) == ("counted", False)
    assert story.clock("rating-contact") is None
    assert callbacks.live_of(session, story.ticket, "revisit") is None


def test_a_good_one_opens_nothing(session, now):
    story = Story(session, now)
    story.rate(3)
    assert story.loop is None


def test_of_a_confidential_matter_only_the_centre_speaks(session, now):
    story = Story(session, now, confidential=True)
    story.rate(2)
    assert story.clock("rating-contact") is None
    assert story.clock("rating-contact-centre").owner_unit_id is None
    with pytest.raises(Forbidden):
        story.contacted()
    story.do("followup1", rectification.contact, story.loop, "phone", "reached")
    assert story.clock("rating-contact-centre").stop_reason == "met"
    story.classified()
    with pytest.raises(Forbidden):
        story.rectified()
    story.do("urban.head", rectification.rectify, story.loop, "重新更换了整段管道，试水不漏", "message")
    assert story.loop.state == "told"


def test_another_unit_and_the_centre_do_not_rectify(story):
    for username in ("water.handler", "followup1", "agent1"):
        with pytest.raises(Forbidden):
            story.do(username, rectification.contact, story.loop, "phone", "reached")
    story.contacted(), story.classified(), story.rectified()
    with pytest.raises(Forbidden):
        story.do("urban.head", calls.revisit, reached=True, outcome="close")
    caller = replace(factories.person(story.session, "followup1", story.now), unit_id=story.ticket.lead_unit_id)
    with pytest.raises(Forbidden):
        calls.revisit(story.session, story.ticket, caller, story.now, reached=True, outcome="close")


def test_one_call_serves_the_follow_up_and_the_revisit(session, now):
    story = Story(session, now, "follow-up")
    story.rate(1)
    assert callbacks.live_of(session, story.ticket, "reply").reason == "bad"
    story.contacted(), story.classified(), story.rectified()
    story.do("followup1", calls.revisit, reached=True, outcome="close", contacted=True, solved=True, satisfied=4, truthful=True)
    assert (story.ticket.status, story.loop.outcome) == ("closed", "settled")
    assert not session.scalars(sa.select(Callback).where(Callback.ticket_id == story.ticket.id, Callback.state == "waiting")).all()


def test_a_rework_carries_the_loop(session, now):
    """Sent back at once by the centre: the unit's contact is the contact, its audited answer the rectification."""
    story = Story(session, now, "follow-up")
    story.rate(1)
    story.do("followup1", answering.follow_up, reached=True, outcome="rework", words="根本没修")
    assert story.loop.state == "open"
    story.do("urban.handler", handling.contact, "phone", "reached")
    assert story.loop.state == "contacted"
    story.do("urban.head", handling.reply, **factories.a_reply())
    story.do("auditor1", lambda s, t, a, n: answering.review(s, t, True, a, n))
    assert (story.loop.state, story.clock("rectify").stop_reason) == ("told", "met")
    assert story.ticket.rating_round == 2
    story.rate(5)
    story.do("followup1", answering.follow_up, reached=True, outcome="close", solved=True, satisfied=5)
    assert (story.loop.outcome, story.ticket.status) == ("settled", "closed")


def test_nothing_is_archived_while_a_loop_lives(story):
    with pytest.raises(WrongState):
        answering.archive(story.session, story.ticket, story.now)
    story.contacted(), story.classified(), story.rectified()
    story.do("followup1", calls.revisit, reached=True, outcome="explain", words="还是嫌慢")
    answering.archive(story.session, story.ticket, story.now)
    assert story.loop.outcome == "explained"


def test_the_token_is_one_time_and_of_its_round(story):
    key = story.session.info["code_key"]
    old = answering.rating_token(story.ticket, key)
    with pytest.raises(WrongState):
        story.rate(5)
    story.contacted(), story.classified(), story.rectified()
    new = answering.rating_token(story.ticket, key)
    assert old != new
    with pytest.raises(WrongState):
        answering.ticket_of_token(story.session, old, key)
    assert answering.ticket_of_token(story.session, new, key)[1] == 2
    assert loops.live_of(story.session, story.ticket) is not None
