"""A city whose text messages go to a stand-in for Twilio, through the real library; for tests that import its fixtures."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.db import db
from app.work import work
from tests.notifiers import counterpart
from tests.notifiers.counterpart import SENDER, SID, TOKEN

SITE = "https://12345.example"


@pytest.fixture(scope="module")
def provider():
    with counterpart.twilio() as city:
        yield city


@pytest.fixture(scope="module")
def app(settings, city, new_database, provider):
    """The application of a house that can send text messages."""
    app = create_app(
        replace(
            settings,
            database_url=new_database(like=city),
            public_url=SITE,
            twilio_account_sid=SID,
            twilio_auth_token=TOKEN,
            twilio_from=SENDER,
            twilio_api_url=provider.url,
        )
    )
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def clean(app, provider):
    provider.accepted.clear()
    with app.app_context():
        app.extensions["redis"].flushdb()
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
        yield
