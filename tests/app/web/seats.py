"""Who sits before a desk in a test: a client signed in as an account, and matters put there by the real verbs."""

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.auth.models import Account
from app.db import db
from app.work import work
from tests import factories


def seat(app: Flask, username: str) -> FlaskClient:
    """A client whose session is this account's."""
    with app.app_context():
        account = db.session.scalar(sa.select(Account).where(Account.username == username))
        signed = {"account": account.id, "epoch": account.epoch}
        db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(signed)
    return client


def cookie_of(app: Flask, username: str) -> dict:
    """The session of that client as a browser keeps it (Playwright's storage_state)."""
    kept = seat(app, username).get_cookie(app.config["SESSION_COOKIE_NAME"])
    return {
        "name": kept.key,
        "value": kept.value,
        "domain": "127.0.0.1",
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Lax",
    }


def put(app: Flask, status: str = "registered", lead: str = "urban", assisting: tuple[str, ...] = (), **matter) -> str:
    """A committed ticket at this station; gives its number."""
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now(), status, lead, assisting, **matter).number
        db.session.remove()
    return number


def look(app: Flask, number: str) -> dict:
    """A ticket's columns as the database has them now."""
    with app.app_context():
        row = db.session.execute(sa.text("SELECT * FROM tickets WHERE number = :number"), {"number": number}).mappings().one()
        found = dict(row)
        db.session.remove()
    return found


def token_of(page: str, name: str = "csrf_token") -> str:
    """The value of a hidden field of the page."""
    return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
