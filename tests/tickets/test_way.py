"""The plain way of a matter from call to closed, and its history."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, WrongState
from tests import factories
from tests.tickets.drive import TAKE
from tickets import answering, handling, standards
from tickets.history import events_of, verify
from tickets.models import Attachment, Category
from tickets.standards import Standard


def test_a_matter_goes_all_the_way(session, now):
    ticket = factories.a_ticket(session, now, "closed")
    assert ticket.status == "closed"
    assert [event.kind for event in events_of(session, ticket.id)] == [
        "register",
        "dispatch",
        "sign",
        "contact",
        "reply",
        "approve-reply",
        "close",
    ]
    assert [fault for _, fault in verify(session) if fault] == []


def test_another_unit_cannot_sign(session, now):
    ticket = factories.a_ticket(session, now, "dispatched")
    with pytest.raises(Forbidden):
        handling.sign(session, ticket, factories.person(session, "water.liaison", now), now)


def test_a_signed_ticket_is_not_signed_again(session, now):
    ticket = factories.a_ticket(session, now, "signed")
    with pytest.raises(WrongState):
        handling.sign(session, ticket, factories.person(session, "urban.liaison", now), now)


def a_photo(session, ticket, username, at, purpose="reply"):
    """A picture on the ticket, without its file."""
    who = factories.person(session, username, at).account_id
    session.add(
        Attachment(
            ticket_id=ticket.id,
            kind="photo",
            purpose=purpose,
            name="现场.jpg",
            mime="image/jpeg",
            size=1,
            sha256="0" * 64,
            by_id=who,
            at=at,
        )
    )
    session.flush()


def test_a_closing_standard_holds_the_reply_and_the_audit_in_every_round(session, now):
    """R37, R38: no reply without its photos, no audit passed unless somebody was there after that reply; a new round asks for both anew."""
    top = session.scalar(sa.select(Category).where(Category.code == "urban"))
    standards.change(session, top, Standard(photos=1, on_site=True, staged=True))
    ticket = factories.a_ticket(session, now, "handling")
    head, auditor = factories.person(session, "urban.head", now), factories.person(session, "auditor1", now)
    a_photo(session, ticket, "agent1", now, "citizen")
    for turn in range(2):
        at = now + timedelta(hours=1 + turn)
        with pytest.raises(Invalid) as refused:
            handling.reply(session, ticket, head, at, **factories.a_reply())
        assert set(refused.value.fields) == {"file"}
        a_photo(session, ticket, "urban.handler", at)
        handling.reply(session, ticket, head, at, **factories.a_reply())
        with pytest.raises(WrongState):
            answering.review(session, ticket, True, auditor, at)
        with pytest.raises(Invalid) as refused:
            standards.check_on_site(session, ticket, " ", auditor, at)
        assert set(refused.value.fields) == {"words", "file"}
        if turn == 0:
            answering.review(session, ticket, False, auditor, at + timedelta(minutes=1), "untrue", "现场没有变化")
    TAKE["check-on-site"](session, ticket, auditor, at + timedelta(minutes=2))
    answering.review(session, ticket, True, auditor, at + timedelta(minutes=3))
    assert ticket.status == "follow-up"


def test_a_category_takes_the_nearest_standard_above_it(session, now):
    rows = {row.code: row for row in session.scalars(sa.select(Category))}
    standards.change(session, rows["urban"], Standard(photos=2))
    standards.change(session, rows["urban.drainage"], Standard(words="恢复畅通"))
    found = {
        code: standards.standard_for(session, rows[code].id)
        for code in ("urban.drainage.backflow", "urban.street-trade", "commerce.short-weight")
    }
    assert found == {
        "urban.drainage.backflow": Standard(words="恢复畅通"),
        "urban.street-trade": Standard(photos=2),
        "commerce.short-weight": standards.NONE,
    }
    standards.change(session, rows["urban.drainage"], None)
    assert standards.standard_for(session, rows["urban.drainage.backflow"].id) == Standard(photos=2)
    with pytest.raises(Invalid):
        standards.change(session, rows["urban"], Standard(photos=7))
