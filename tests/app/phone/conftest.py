"""Seats and calls for the telephone's tests: people with a telephone on their desk, questions signed as Twilio signs them."""

import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.phone import seats
from app.work import work

SID, TOKEN, NUMBER, SITE = "AC" + "0" * 32, "a-token", "+86106912345", "https://12345.example"
CALLER = "+8613800002716"


def sid_of(n: int, prefix: str = "CA") -> str:
    return f"{prefix}{n:032x}"


def actor(session, username: str, now):
    return actor_of(session, session.scalar(sa.select(Account).where(Account.username == username)), now)


def sits(session, username: str, now, state: str = "ready"):
    """Somebody with a telephone, in this state."""
    who = actor(session, username, now)
    seats.set_address(session, "+8657612340001", who, now)
    if state != "away":
        seats.set_state(session, state, who, now)
    return who


def question(client, step: str = "", call: int = 0, token: str = TOKEN, site: str = SITE, **form):
    """What Twilio asks, signed."""
    path = "/hooks/twilio/voice" + (f"?step={step}&call={call}" if step else "")
    body = {"AccountSid": SID, "CallStatus": "in-progress"} | form
    signature = RequestValidator(token).compute_signature(site + path, body)
    return client.post(path, data=body, headers={"X-Twilio-Signature": signature})


def arriving(client, n: int, number: str = CALLER):
    return question(client, CallSid=sid_of(n), From=number, To=NUMBER, CallStatus="ringing", Direction="inbound")


@pytest.fixture
def as_(app):
    """as_(username, state): that person's seat, committed."""

    def one(username: str, state: str = "ready") -> None:
        with app.app_context(), work() as session:
            sits(session, username, clock.now(), state)

    return one
