"""Must show 1: from a one-star rating by the code on the notice to the second rating beside it, in real browsers, with clocks and figures moving."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.work import work
from escalation.models import Clock
from tests import factories
from tests.journeys.citizen import Matter
from tests.journeys.people import Person
from tickets.evaluation_models import Rectification
from tickets.history import events_of, verify
from tickets.models import Rating, Ticket

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LOOP = ["rate", "bad-rating", "contact-rater", "classify-rating", "rectify", "rate", "revisit"]
DONE = "换了新的泵和止回阀，关总阀试了两小时，地面是干的"


@pytest.fixture
def matter(linhai) -> Matter:
    """A matter that was answered and called back an hour ago."""
    with linhai.app_context():
        with work() as session:
            ticket = factories.a_ticket(session, clock.now() - timedelta(hours=1), "closed")
            made = Matter(ticket.query_code, ticket.number)
        db.session.remove()
    return made


def figure(person: Person, name: str) -> str:
    """What stands beside a figure's name now."""
    return person.page.locator(".tally div", has=person.page.locator(f"dt:text-is('{name}')")).locator("dd").inner_text()


def does(person: Person, matter: Matter, act: str, button: str, **fields: str) -> None:
    """One step of the loop on the ticket's page of ratings."""
    person.goes(f"/tickets/{matter.number}/evaluation")
    person.fills(person.page.locator(f"form[action$='/evaluation/{act}']"), **fields)
    person.leaves_by(button, within=f"form[action$='/evaluation/{act}']")


def rates(citizen: Person, matter: Matter, level: str, words: str) -> None:
    """As the code on the notice of acceptance leads: the matter's page, then five faces."""
    citizen.goes(f"/t/{matter.code}")
    citizen.leaves_by("办得怎么样，您来评")
    citizen.finds_it_clean()
    citizen.fills(citizen.page.locator("form[action^='/rate/']"), score=level, words=words)
    citizen.leaves_by("交评价")


def test_from_one_star_to_the_second_rating(linhai, person, matter):
    citizen, caller, board = person(width=390), person("followup1"), person("urban.liaison")
    board.goes("/desk/ratings")
    assert figure(board, "实名") == "0"
    rates(citizen, matter, "1", "泵没换，一下雨又返水")
    citizen.sees("1 个工作日内", "5 个工作日内")
    board.sees(matter.tail, "待联系")  # by itself, without a reload
    assert figure(board, "实名") == "1"
    board.finds_it_clean()

    handler, head = person("urban.handler", width=390), person("urban.head")
    does(handler, matter, "contacts", "记下这次联系", method="phone", result="reached", words="说泵房没动过")
    handler.sees("联系市民", "用时")
    handler.finds_it_clean()
    does(board, matter, "classes", "定下来", class_code="clear", words="现场看过，泵确实没换")
    board.sees("整改并告知", "还剩")
    does(head, matter, "completions", "改好了，已告知", measures=DONE, told_by="phone")
    head.sees("待中心回访", DONE)
    head.finds_it_clean()

    citizen.goes(f"/t/{matter.code}")
    citizen.sees("按您的差评改了", DONE)
    caller.goes("/desk/follow-up")
    caller.sees("整改回访", DONE, "整改到位")
    assert figure(caller, "已整改").startswith("1")
    rates(citizen, matter, "4", "这回是真换了")
    citizen.sees("第一次评价", "非常不满意", "整改后评价", "满意")
    caller.goes("/desk/follow-up")
    caller.sees("这回是真换了")
    for key in ("1", "3", "5"):
        caller.page.keyboard.press(key)
    caller.finds_it_clean()
    caller.page.keyboard.press("a")
    caller.sees("都打完了")
    assert (figure(caller, "已回访")[0], figure(caller, "再评转好")[0]) == ("1", "1")

    caller.goes(f"/tickets/{matter.number}")
    caller.sees("初次", "非常不满意", "最后", "满意")
    prove(linhai, matter)


def prove(app, matter: Matter) -> None:
    """Both ratings stand, every step is in the chain, every clock met."""
    with app.app_context():
        session = db.session()
        ticket = session.scalar(sa.select(Ticket).where(Ticket.number == matter.number))
        assert (ticket.first_rating, ticket.final_rating) == (1, 4)
        assert session.scalars(sa.select(Rating.score).where(Rating.ticket_id == ticket.id).order_by(Rating.id)).all() == [1, 4]
        assert [event.kind for event in events_of(session, ticket.id) if event.kind in LOOP] == LOOP
        stops = dict(
            session.execute(
                sa.select(Clock.code, Clock.stop_reason).where(
                    Clock.ticket_id == ticket.id, Clock.code.in_(("rating-contact", "rectify", "revisit"))
                )
            ).all()
        )
        assert stops == {"rating-contact": "met", "rectify": "met", "revisit": "met"}
        assert session.scalar(sa.select(Rectification.outcome).where(Rectification.ticket_id == ticket.id)) == "settled"
        assert [fault for _count, fault in verify(session) if fault] == []
        db.session.remove()
