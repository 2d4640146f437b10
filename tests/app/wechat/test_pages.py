"""The portal inside WeChat: the platform says who is there, a code by text message proves the number, and only one's own matters are shown."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa

from app import clock
from app.errors import Invalid, TooMany, WrongState
from app.wechat import binding
from app.wechat.models import WechatPerson
from app.wechat.people import locked, openid_of
from app.work import session_now, work
from notifiers import preferences
from notifiers.models import OutboxMessage
from tests import factories
from tests.app.wechat.conftest import person
from tests.app.wechat.test_own import told
from tickets.identity import Appellant

PHONE = "13900010001"
INSIDE = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


def entered(app, lin):
    """A browser that came in by the account's menu: (client, where it was led)."""
    client = app.test_client()
    away = client.get("/wechat/enter")
    back = requests.get(away.location, cookies={"wechat": lin.number}, allow_redirects=False, timeout=5).headers["Location"]
    return client, client.get(f"{urlsplit(back).path}?{urlsplit(back).query}")


def posted(client, path: str, **form):
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/wechat/mine").text)[1]
    return client.post(path, data=form | {"csrf_token": token})


def code_sent() -> str:
    session_now().rollback()
    return (
        session_now()
        .scalars(sa.select(OutboxMessage).where(OutboxMessage.template == "wechat-code").order_by(OutboxMessage.id.desc()))
        .first()
        .values["code"]
    )


def test_the_platform_says_who_is_there(app, lin):
    ticket = told(lin)
    client, answer = entered(app, lin)
    assert (answer.status_code, answer.location) == (302, "/wechat/mine")
    page = client.get("/wechat/mine").text
    assert ticket.query_code in page
    assert openid_of(session_now(), person()) not in page


def test_a_state_of_another_visit_or_a_code_that_is_none_lets_nobody_in(app, lin):
    client = app.test_client()
    client.get("/wechat/enter")
    assert client.get("/wechat/back?code=x&state=other").status_code == 400
    state = re.search(r"state=([\w-]+)", client.get("/wechat/enter").location)[1]
    assert client.get(f"/wechat/back?code=none&state={state}").status_code == 400
    assert client.get(f"/wechat/back?code=none&state={state}").status_code == 400, "a state is good once"
    assert client.get("/wechat/mine").location == "/wechat/enter"


def test_a_proven_number_brings_what_was_told_by_telephone(app, lin):
    with work() as session:
        by_phone = factories.a_ticket(session, clock.now(), appellant=Appellant(name="林晓梅", phone=PHONE))
        others = factories.a_ticket(session, clock.now(), appellant=Appellant(name="别人", phone="13911112222"))
        codes = by_phone.query_code, others.query_code
    client, _answer = entered(app, lin)
    assert codes[0] not in client.get("/wechat/mine").text
    assert posted(client, "/wechat/phone", phone=PHONE).location == "/wechat/mine?code=1"
    assert posted(client, "/wechat/phone/code", code="000000" if code_sent() != "000000" else "111111").status_code == 422
    assert posted(client, "/wechat/phone/code", code=code_sent()).status_code == 302
    page = client.get("/wechat/mine").text
    assert codes[0] in page
    assert codes[1] not in page
    assert "139****0001" in page
    assert PHONE not in page
    assert [way.channel for way in preferences.ways_of(session_now(), phone=PHONE)] == ["wechat"]
    assert posted(client, "/wechat/phone/drop").status_code == 302
    session_now().rollback()
    assert preferences.ways_of(session_now(), phone=PHONE) == []


@pytest.mark.parametrize("phone", ["", "12", "057686543210", "1390001000x"])
def test_a_number_no_text_reaches_is_said_back(app, lin, phone):
    client, _answer = entered(app, lin)
    assert posted(client, "/wechat/phone", phone=phone).status_code == 422


def test_a_code_ends_after_ten_minutes_and_after_five_tries(app, lin, now):
    lin.says("帮助")
    with work() as session:
        someone = locked(session, session.scalars(sa.select(WechatPerson.id)).one())
        binding.send_code(session, someone, PHONE, now)
        with pytest.raises(WrongState):
            binding.check_code(session, someone, code_sent_in(session), now + timedelta(minutes=10, seconds=1))
        for left in range(binding.MOST_TRIES - 1, 0, -1):
            with pytest.raises(Invalid) as wrong:
                binding.check_code(session, someone, "x", now)
            assert wrong.value.values == {"left": left}
        with pytest.raises(WrongState):
            binding.check_code(session, someone, "x", now)
        with pytest.raises(WrongState):
            binding.check_code(session, someone, code_sent_in(session), now)


def code_sent_in(session) -> str:
    session.flush()
    return (
        session.scalars(sa.select(OutboxMessage).where(OutboxMessage.template == "wechat-code").order_by(OutboxMessage.id.desc()))
        .first()
        .values["code"]
    )


def test_five_codes_a_day(app, lin, now):
    lin.says("帮助")
    with work() as session:
        someone = locked(session, session.scalars(sa.select(WechatPerson.id)).one())
        for minute in range(5):
            binding.send_code(session, someone, PHONE, now + timedelta(minutes=minute))
        with pytest.raises(TooMany):
            binding.send_code(session, someone, PHONE, now + timedelta(minutes=6))
        binding.send_code(session, someone, PHONE, now + timedelta(days=1, minutes=5))


def test_binding_in_the_conversation(app, lin):
    assert "手机号" in lin.says("绑定")
    assert "号码不对" in lin.says("12345")
    assert "139****0001" in lin.says(PHONE)
    assert "还可以试 4 次" in lin.says("1")
    assert "绑好了" in lin.says(code_sent())
    assert person().phone_trace
    for words in ("楼下路灯坏了三天没人修", "同意", "1", "跳过", "跳过"):
        lin.says(words)
    assert "139****0001" in lin.heard()[-1]
    assert "怎么称呼" in lin.says("1")


def test_a_city_without_an_account_says_so(app):
    whole = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(whole, wechat_appid="")
    try:
        assert app.test_client().get("/wechat/enter").status_code == 409
    finally:
        app.config["SETTINGS"] = whole


def test_a_page_inside_wechat_is_signed_and_shares_no_code(app, stage, lin, played):
    """Only WeChat's own browser loads the platform's script, by a policy of its own; a page of one's own shares the portal instead of its code."""
    client, settings = app.test_client(), app.config["SETTINGS"]
    script = f"{settings.wechat_api_url}/open/js/jweixin-1.6.0.js"
    plain, inside = client.get("/"), client.get("/", headers={"User-Agent": INSIDE})
    assert "jweixin" not in plain.text + plain.headers["Content-Security-Policy"]
    assert script in inside.text
    assert f"script-src 'self' {settings.wechat_api_url};" in inside.headers["Content-Security-Policy"]
    assert 'data-link="/answers"' in client.get("/answers?q=1", headers={"User-Agent": INSIDE}).text
    own = client.get(f"/t/{told(lin).query_code}", headers={"User-Agent": INSIDE})
    assert 'data-link="/"' in own.text
    assert requests.get(script, timeout=5).text.startswith("window.wx")
    signed = client.get("/wechat/signature", query_string={"path": "/answers?q=1"}).get_json()
    ticket = f"ticket-{lin.platform.token}"
    said = f"jsapi_ticket={ticket}&noncestr={signed['nonceStr']}&timestamp={signed['timestamp']}&url={settings.public_url}/answers?q=1"
    assert (signed["appId"], signed["signature"]) == (settings.wechat_appid, hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest())
    assert [
        client.get("/wechat/signature", query_string={"path": path}).status_code
        for path in ("", "//elsewhere.example", "https://elsewhere.example")
    ] == [422] * 3
    client, _answer = entered(app, lin)
    assert "wx-open-subscribe" not in client.get("/wechat/mine").text
    assert 'template="shaoxiang-demo-notice"' in client.get("/wechat/mine", headers={"User-Agent": INSIDE}).text
