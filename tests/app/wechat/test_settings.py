"""An account is set up whole or not at all, and `doctor` says how it fares."""

from dataclasses import replace

import psycopg
import pytest

from app import clock
from app.commands import schema
from app.commands.wechat_finding import wechat
from app.config import BadSettings, Settings
from app.wechat import inbox
from app.work import work

WHOLE = {
    "DATABASE_URL": "postgresql://x/y",
    "REDIS_URL": "redis://x",
    "SECRET_KEY": "s" * 32,
    "IDENTITY_KEY": "k",
    "WECHAT_APPID": "wx1",
    "WECHAT_SECRET": "s",
    "WECHAT_TOKEN": "token",
    "WECHAT_AES_KEY": "a" * 43,
}
TEXT = {"FromUserName": "o" * 28, "CreateTime": "1790000000", "MsgType": "text", "Content": "路灯", "MsgId": "1"}


def test_a_whole_account_is_taken():
    assert Settings.from_environment(WHOLE).wechat_appid == "wx1"
    assert (
        Settings.from_environment({name: value for name, value in WHOLE.items() if not name.startswith("WECHAT")}).wechat_api_url
        == "https://api.weixin.qq.com"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"WECHAT_SECRET": ""},
        {"WECHAT_TOKEN": ""},
        {"WECHAT_APPID": ""},
        {"WECHAT_AES_KEY": "short"},
        {"WECHAT_AES_KEY": "a" * 42 + "/"},
        {"WECHAT_TOKEN": "a b"},
        {"WECHAT_TOKEN": "ab"},
        {"WECHAT_API_URL": "api.weixin.qq.com"},
        {"WECHAT_APPID": "", "WECHAT_SECRET": "", "WECHAT_TOKEN": ""},
    ],
)
def test_half_an_account_names_the_variable(wrong):
    with pytest.raises(BadSettings, match="WECHAT_"):
        Settings.from_environment(WHOLE | wrong)


def test_secrets_are_not_printed():
    said = repr(Settings.from_environment(WHOLE | {"WECHAT_SECRET": "very-secret", "WECHAT_TOKEN": "verysecret"}))
    assert "very" not in said
    assert "a" * 43 not in said


def test_doctor_says_how_it_fares(app):
    settings = app.config["SETTINGS"]
    with psycopg.connect(schema.libpq(settings.database_url), autocommit=True) as database:
        assert wechat(replace(settings, wechat_appid=""), database) is None
        assert wechat(settings, database)[0]
        assert "明文" in wechat(replace(settings, wechat_aes_key=""), database)[1]
        assert "没设模板" in wechat(replace(settings, wechat_template_id="", wechat_subscribe_id=""), database)[1]
        assert not wechat(replace(settings, production=True, public_url="http://12345.example"), database)[0]
        with work() as session:
            inbox.keep(session, TEXT, clock.now())
        assert wechat(settings, database)[0], "it has just come"
        database.execute("UPDATE wechat_messages SET arrived_at = arrived_at - interval '2 minutes'")
        well, said, _mend = wechat(settings, database)
        assert not well
        assert "1 条没人答，0 条出错" in said
