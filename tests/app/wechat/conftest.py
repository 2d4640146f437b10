"""A city with an official account in safe mode, whose platform is the counterpart: the real library, real HTTP, signed and encrypted messages."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.db import db
from app.demo import files
from app.wechat.models import WechatPerson
from app.work import session_now, work
from tests.app.wechat.somebody import APPID, Somebody
from tests.app.with_counterpart import playing
from tickets import areas

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@pytest.fixture(scope="module")
def played(settings, city, new_database):
    """(stage, product, counterpart's address), for a whole file."""
    ours = replace(
        settings,
        wechat_appid=APPID,
        wechat_secret="a-secret",
        wechat_token="atoken",
        wechat_aes_key=AES_KEY,
        wechat_template_id="shaoxiang-demo-template",
        wechat_subscribe_id="shaoxiang-demo-notice",
    )

    def product(told):
        stage_knows = replace(told, wechat_api_url=told.counterpart_url)
        return create_app(replace(stage_knows, database_url=new_database(like=city)))

    with playing(ours, product) as all_three:
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
def clean(app, stage):
    with app.app_context():
        app.extensions["redis"].flushdb()
        with work() as session:
            session.execute(
                sa.text("TRUNCATE wechat_media, wechat_matters, wechat_messages, wechat_people, delivery_attempts, outbox_messages CASCADE")
            )
        stage.die.set({"pace": 0.02})
        yield


@pytest.fixture
def lin(app, stage) -> Somebody:
    """Somebody who writes to us."""
    return Somebody(app, stage, "13900010001")


def person() -> WechatPerson:
    """The one there is."""
    session_now().rollback()
    return session_now().scalars(sa.select(WechatPerson)).one()


@pytest.fixture(scope="module", autouse=True)
def outlines(app):
    """The city's own map is laid: where each street begins and ends."""
    with app.app_context(), work() as session:
        areas.lay(session, files.outlines())
