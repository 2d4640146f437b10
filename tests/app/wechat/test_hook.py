"""/hooks/wechat as the platform and strangers use it: the echo, what is stored and how often, and what is refused: 403 or 400, nothing stored, never a 500.

The daily run tries some hundred broken bodies; `FUZZ_BODIES=5000` tries so many.
"""

import os
import random
import time
from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa
from redis.exceptions import ConnectionError as Away
from wechatpy.crypto import WeChatCrypto

from app.counterpart.wechat import signed, xml_of
from app.wechat import hook, inbox
from app.wechat.models import WechatMessage, WechatPerson
from app.work import session_now
from tests.app.wechat.conftest import AES_KEY

BODIES = int(os.environ.get("FUZZ_BODIES", "300"))
TOKEN = "atoken"
TEXT = {
    "ToUserName": "gh_1",
    "FromUserName": "o" * 28,
    "CreateTime": "1790000000",
    "MsgType": "text",
    "Content": "东门街路灯不亮",
    "MsgId": "24560000000000001",
}


def query(stamp: str | None = None, nonce: str = "n1", token: str = TOKEN) -> dict[str, str]:
    stamp = stamp or str(int(time.time()))
    return {"timestamp": stamp, "nonce": nonce, "signature": signed(token, stamp, nonce)}


@pytest.fixture
def platform(stage):
    return next(panel for panel in stage.panels if panel.code == "wechat").facts.__self__.platform


def post(app, asked: dict, body: bytes):
    return app.test_client().post(hook.PATH, query_string=asked, data=body, content_type="text/xml")


def stored(what=WechatMessage) -> int:
    session_now().rollback()
    return session_now().scalar(sa.select(sa.func.count()).select_from(what))


def test_the_echo_is_said_back_to_the_platform_alone(app):
    client = app.test_client()
    answer = client.get(hook.PATH, query_string=query() | {"echostr": "5837462837465"})
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", "5837462837465")
    assert client.get(hook.PATH, query_string=query(token="another") | {"echostr": "1"}).status_code == 403
    assert client.get(hook.PATH, query_string=query(stamp="1410685589") | {"echostr": "1"}).status_code == 403
    assert client.get(hook.PATH, query_string=query() | {"echostr": "<script>"}).status_code == 400
    assert client.get(hook.PATH).status_code == 403


def test_a_message_sent_three_times_is_stored_once(app, platform):
    asked, body = platform.sealed(TEXT)
    assert [post(app, asked, body).text for _ in range(3)] == ["success"] * 3
    asked, body = platform.sealed(TEXT)  # the platform's own repeat has another nonce and another seal
    assert post(app, asked, body).status_code == 200
    assert (stored(), stored(WechatPerson)) == (1, 1)


def test_an_event_sent_three_times_is_stored_once(app, platform):
    event = {
        "ToUserName": "gh_1",
        "FromUserName": "o" * 28,
        "CreateTime": "1790000000",
        "MsgType": "event",
        "Event": "CLICK",
        "EventKey": "MINE",
    }
    for _ in range(3):
        assert post(app, *platform.sealed(event)).status_code == 200
    assert post(app, *platform.sealed(event | {"CreateTime": "1790000001"})).status_code == 200
    assert stored() == 2


def test_what_people_write_lies_sealed_until_its_turn_and_is_gone_after_it(app, platform, lin):
    post(app, *platform.sealed(TEXT))
    row = session_now().scalars(sa.select(WechatMessage)).one()
    everything = (
        session_now().execute(sa.text("SELECT string_agg(m::text || p::text, '') FROM wechat_messages m, wechat_people p")).scalar_one()
    )
    assert "路灯" not in everything
    assert "oooooo" not in everything
    assert inbox.said(session_now(), row)["Content"] == TEXT["Content"]
    lin.work_goes_on()
    session_now().rollback()
    row = session_now().scalars(sa.select(WechatMessage)).one()
    assert (row.body, row.done_at is not None) == (None, True)


def test_plain_mode_takes_plain_messages(app):
    with app.app_context():
        whole = app.config["SETTINGS"]
        app.config["SETTINGS"] = replace(whole, wechat_aes_key="")
        try:
            assert post(app, query(), xml_of(TEXT).encode()).text == "success"
            assert post(app, query(), xml_of(TEXT | {"MsgId": "0"}).encode()).status_code == 400
        finally:
            app.config["SETTINGS"] = whole
    assert stored() == 1


@pytest.mark.parametrize("wrong", ["signature", "token", "old", "plain", "seal", "no-query"])
def test_what_the_platform_did_not_send_is_403(app, platform, wrong):
    asked, body = platform.sealed(TEXT)
    if wrong == "signature":
        asked["signature"] = "0" * 40
    elif wrong == "token":
        asked |= query(token="another")
    elif wrong == "old":
        asked |= query(stamp=str(int(time.time()) - 400))
    elif wrong == "plain":
        body = xml_of(TEXT).encode()
    elif wrong == "seal":
        asked["msg_signature"] = "é" * 40
    else:
        asked = {}
    assert post(app, asked, body).status_code == 403
    assert stored() == 0


def test_a_seal_replayed_around_other_words_is_403(app, platform):
    asked, _body = platform.sealed(TEXT)
    _other, body = platform.sealed(TEXT | {"Content": "别的话"})
    assert post(app, asked, body).status_code == 403
    assert stored() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"FromUserName": ""},
        {"FromUserName": "o" * 101},
        {"CreateTime": "x"},
        {"CreateTime": "99999999999999"},
        {"MsgId": "x"},
        {"MsgId": "9" * 30},
        {"MsgId": "9" * 19},
        {"MsgType": "no-such"},
        {"MsgType": ""},
    ],
)
def test_a_message_without_what_it_takes_is_400(app, platform, change):
    assert post(app, *platform.sealed(TEXT | change)).status_code == 400
    assert stored() == 0


def test_a_large_body_is_400_whatever_it_says_of_its_length(app, platform):
    asked, _body = platform.sealed(TEXT)
    assert post(app, asked, b"<xml>" + b"x" * 70_000 + b"</xml>").status_code == 400
    assert stored() == 0


def broken(luck: random.Random, platform) -> tuple[dict, bytes]:
    """A message that is wrong somewhere: its bytes, its fields, or what is inside the seal."""
    fields = dict(TEXT) | {
        luck.choice(list(TEXT)): luck.choice(
            ["", "\x00", "x" * luck.randrange(3000), "9" * luck.randrange(1, 40), "']]>", "&b;", "-1", "1e9", "٣", "😀" * 50]
        )
    }
    asked, body = platform.sealed(TEXT)
    kind = luck.randrange(5)
    if kind == 0:
        raw = bytearray(body)
        for _ in range(luck.randrange(1, 20)):
            raw[luck.randrange(len(raw))] = luck.randrange(256)
        return asked, bytes(raw)
    if kind == 1:
        return asked, body[: luck.randrange(len(body))]
    if kind == 2:
        return asked, luck.randbytes(luck.randrange(2000))
    inner = (
        xml_of({name: value.replace("\x00", "") for name, value in fields.items()})
        if kind == 3
        else luck.randbytes(luck.randrange(1, 400)).decode("latin-1")
    )
    return sealed_around(platform, inner)


def sealed_around(platform, inner: str) -> tuple[dict, bytes]:
    stamp, nonce, settings = str(int(time.time())), "n", platform.stage.settings
    sealed = WeChatCrypto(TOKEN, AES_KEY, settings.wechat_appid).encrypt_message(inner, nonce, stamp)
    seal = sealed.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    return query(stamp, nonce) | {"msg_signature": signed(TOKEN, stamp, nonce, seal)}, xml_of({"Encrypt": seal}).encode()


def test_broken_bodies_are_refused_and_store_nothing(app, platform):
    """Each is answered 200 (still a message), 400 or 403; what is no message is not stored."""
    luck, told = random.Random(20261122), {200: 0, 400: 0, 403: 0}
    for _ in range(BODIES):
        asked, body = broken(luck, platform)
        told[post(app, asked, body).status_code] += 1
    assert told[400] + told[403] > BODIES * 0.6
    assert stored() <= told[200]
    print("fuzz", orjson.dumps({str(code): n for code, n in told.items()}).decode())


def test_a_database_that_cannot_answer_is_503_so_that_it_comes_again(app, platform, monkeypatch):
    def lost(*_):
        raise sa.exc.OperationalError("statement", {}, Exception("canceling statement due to statement timeout"))

    monkeypatch.setattr(inbox, "keep", lost)
    assert post(app, *platform.sealed(TEXT)).status_code == 503


def test_redis_that_is_away_delays_nothing(app, platform, monkeypatch):
    def away(*_args, **_more):
        raise Away("gone")

    monkeypatch.setattr(hook, "put", away)
    assert post(app, *platform.sealed(TEXT)).text == "success"
    assert stored() == 1
