"""A city whose providers are the counterpart that ships with the demo: real libraries, real HTTP, signed webhooks. For tests that import its fixtures."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import clock, create_app, wiring
from app.counterpart.server import build
from app.counterpart.stage import staged
from app.db import db
from app.texting import jobs
from app.work import work
from notifiers.delivery import deliver
from tests.serving import serving

SID, TOKEN, NUMBER = "AC" + "0" * 32, "a-token", "+86106912345"
SITE = "https://12345.example"
QUICK = {"pace": 0.02}


@contextmanager
def playing(settings, make_product, site: str = SITE):
    """A counterpart and a product that know each other: (stage, product application, counterpart's address). `make_product(settings)` builds the second."""
    stage = staged(
        replace(settings, twilio_account_sid=SID, twilio_auth_token=TOKEN, twilio_from=NUMBER, public_url=site), "http://127.0.0.1:9", None
    )
    stage.die.set(QUICK)
    with serving(build(stage)) as counterpart:
        told = replace(stage.settings, twilio_api_url=counterpart, counterpart_url=counterpart)
        stage.settings = told
        product = make_product(told)
        product.extensions["redis"].flushdb()  # a neighbour's robot that has just spoken would silence ours (notifiers/pace.py)
        with serving(product) as address:
            stage.courier.inside = address
            try:
                yield stage, product, counterpart
            finally:
                stage.close()


@pytest.fixture(scope="module")
def played(settings, city, new_database):
    """(stage, product, counterpart's address), for a whole file."""
    with playing(settings, lambda told: create_app(replace(told, database_url=new_database(like=city)))) as all_three:
        yield all_three
        with all_three[1].app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def app(played):
    return played[1]


@pytest.fixture(scope="module")
def stage(played):
    return played[0]


@pytest.fixture(autouse=True)
def clean(app):
    with app.app_context():
        app.extensions["redis"].flushdb()
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages, text_pictures, text_messages CASCADE"))
        yield


def everything_runs(app, stage, now=None) -> None:
    """What worker and scheduler would do, as of `now`: brought texts have their turn, messages leave, receipts come back."""
    stage.courier.rest()
    with app.app_context():
        jobs.answer_waiting(now or clock.now())
        deliver(work, wiring.senders(app.config["SETTINGS"]), (lambda: now) if now else clock.now)
    stage.courier.rest()
