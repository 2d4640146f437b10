"""People to tell, and messages of every kind."""

import pytest
import sqlalchemy as sa

from notifiers.message import Message


@pytest.fixture
def account(session):
    """`account("urban.head")` is that person's id."""
    return lambda username: session.execute(sa.text("SELECT id FROM accounts WHERE username = :name"), {"name": username}).scalar_one()


def a_part(**changed) -> dict:
    base = {
        "template": "red-card",
        "subject": "ticket:7",
        "tail": "000612",
        "unit": {"zh": "城管", "en": "Urban"},
        "limit": {"zh": "求助投诉举报答复", "en": "Reply"},
        "due": {"due": "2026-09-18T16:00:00+00:00"},
        "planned": {"at": "2026-09-18T16:00:00+00:00"},
    }
    return base | changed


def to_person(account_id: int, key: str = "step:1", **changed) -> Message:
    part = a_part(**changed.pop("part", {}))
    return Message(
        **(
            {
                "key": key,
                "channel": "inbox",
                "template": part["template"],
                "values": {"items": [part]},
                "account_id": account_id,
                "subjects": (part["subject"],),
            }
            | changed
        )
    )


def by_sms(key: str = "sms:1", **changed) -> Message:
    values = {
        "city": {"zh": "临海市", "en": "Linhai"},
        "tail": "000612",
        "code": "1234567890",
        "link": "https://12345.example/t/1234567890",
    }
    return Message(
        **(
            {
                "key": key,
                "channel": "sms",
                "template": "accepted",
                "values": values,
                "address": "+8613800002716",
                "shown_to": "138****2716",
                "subjects": ("ticket:7",),
            }
            | changed
        )
    )
