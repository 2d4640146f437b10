"""The platform's client: one token for all hosts, fetched under a lock, renewed once when refused; and Redis that is away."""

import threading
from dataclasses import replace

import pytest
from redis import Redis
from wechatpy.exceptions import WeChatClientException

from app.counterpart.wechat import error
from app.wechat import menu, sending
from notifiers.channels.wechat_client import Platform


@pytest.fixture
def ours(app):
    return app.config["SETTINGS"]


def client(ours, **changed) -> Platform:
    known = replace(ours, **changed)
    return Platform(
        known.wechat_appid,
        known.wechat_secret,
        Redis.from_url(known.redis_url, socket_timeout=1, socket_connect_timeout=1),
        known.wechat_api_url,
    )


def test_the_menu_is_put_up_and_read_back(app, ours):
    client(ours).menu.create(menu.menu_of(ours))
    assert [button["name"] for button in client(ours).menu.get()["menu"]["button"]] == ["我要反映", "我的诉求", "帮助"]


def test_the_menu_is_within_the_platforms_limits(app, ours):
    for top in menu.menu_of(ours)["button"]:
        assert len(top["name"].encode()) <= 16
        assert len(top.get("sub_button", [])) <= 5
        assert all(len(one["name"].encode()) <= 60 for one in top.get("sub_button", []))


def test_a_refused_token_is_renewed_once(app, ours, lin):
    one = client(ours)
    one.menu.create(menu.menu_of(ours))
    lin.platform.token = "renewed by somebody else"
    assert one.menu.get()["menu"]
    assert one.access_token == "renewed by somebody else"


def test_a_token_refused_again_and_again_is_an_error_not_a_loop(app, ours, monkeypatch, lin):
    monkeypatch.setattr(lin.platform, "_stranger", lambda: error(40001, "invalid credential"))
    with pytest.raises(WeChatClientException) as refused:
        client(ours).menu.get()
    assert refused.value.errcode == 40001


def test_many_hosts_fetch_one_token(app, ours, lin, monkeypatch):
    lin.platform.token, asked, real = "", [], Platform._ask
    monkeypatch.setattr(Platform, "_ask", lambda self, force: asked.append(force) or real(self, force))
    hosts = [threading.Thread(target=lambda: client(ours).access_token) for _ in range(8)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert asked == [False]


def test_a_wrong_secret_is_said_in_the_platforms_code(app, ours):
    with pytest.raises(WeChatClientException) as refused:
        client(ours, wechat_secret="wrong").menu.get()
    assert refused.value.errcode == 40125


def test_without_redis_the_stable_token_is_asked_for(app, ours):
    away = client(ours, redis_url="redis://127.0.0.1:1/0")
    away.menu.create(menu.menu_of(ours))
    assert away.menu.get()["menu"]


def test_a_demonstration_never_writes_to_real_people(app, ours):
    assert sending.channels(replace(ours, wechat_api_url="https://api.weixin.qq.com")) == {}
    assert sending.channels(replace(ours, wechat_appid="")) == {}
    assert set(sending.channels(replace(ours, wechat_api_url="https://api.weixin.qq.com", demo_password=""))) == {"wechat"}


def test_the_command_puts_the_menu_up(app, stage):
    said = app.test_cli_runner().invoke(args=["wechat", "menu"])
    assert said.exit_code == 0, said.output
    assert stage.book.get("menu", "menu")["button"]
