"""Settings: what is missing or weak is one sentence; behind proxies the person's own address counts."""

from dataclasses import replace

import pytest
from flask import request

from app import create_app, wiring
from app.config import BadSettings, Settings
from notifiers.message import ROBOTS

GIVEN = {"DATABASE_URL": "postgresql://hotline@db/hotline", "REDIS_URL": "redis://cache/0", "SECRET_KEY": "x" * 40, "IDENTITY_KEY": "k"}


def test_everything_has_a_default_but_servers_and_keys():
    settings = Settings.from_environment(GIVEN | {"PORT": "8100"})
    assert (settings.public_url, settings.proxy_hops, settings.rate_limit_factor) == ("http://127.0.0.1:8100", 0, 1)
    for name in GIVEN:
        with pytest.raises(BadSettings, match=name):
            Settings.from_environment({key: value for key, value in GIVEN.items() if key != name})


@pytest.mark.parametrize(("name", "value"), [("UPLOAD_LIMIT_MB", "20MB"), ("PROXY_HOPS", "-1"), ("RATE_LIMIT_FACTOR", "1.5")])
def test_a_number_that_is_none_is_named(name, value):
    with pytest.raises(BadSettings, match=name):
        Settings.from_environment(GIVEN | {name: value})


@pytest.mark.parametrize("bad", [{"SECRET_KEY": "short"}, {"SECRET_KEY": "linhai-12345"}, {"DEMO_PASSWORD": "linhai-demo-2026"}])
def test_production_refuses_weak_keys_and_demo_accounts(bad):
    with pytest.raises(BadSettings):
        Settings.from_environment(GIVEN | {"APP_ENV": "production"} | bad)


@pytest.mark.parametrize(("hops", "seen"), [(0, "10.0.0.9"), (1, "203.0.113.7")])
def test_only_a_proxy_one_has_told_us_of_may_say_whose_knock_it_is(settings, hops, seen):
    app, found = create_app(replace(settings, proxy_hops=hops)), []
    app.before_request(lambda: found.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "203.0.113.7"}, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert found == [seen]


SID = "AC" + "0f" * 16
TELEPHONE = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"TWILIO_FROM": ""}, "TWILIO_FROM"),
        ({"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_FROM": "12345"}, "TWILIO_FROM"),
        ({"TWILIO_API_URL": "api.twilio.com"}, "TWILIO_API_URL"),
        ({"TWILIO_API_URL": "https://a/b"}, "TWILIO_API_URL"),
    ],
)
def test_text_messages_are_set_up_whole_or_not_at_all(wrong, named):
    with pytest.raises(BadSettings, match=named):
        Settings.from_environment(GIVEN | TELEPHONE | wrong)


TILES = {"MAP_TILES": "https://t0.example.cn:8443/vec?tilematrix={z}&row={y}&col={x}&tk=1", "MAP_ATTRIBUTION": "天地图"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"MAP_TILES": ""}, "MAP_TILES"),
        ({"MAP_ATTRIBUTION": ""}, "MAP_ATTRIBUTION"),
        ({"MAP_TILES": "https://t0.example.cn/{z}/{x}.png"}, "{z}, {x} and {y}"),
        ({"MAP_TILES": "https://{s}.example.cn/{z}/{x}/{y}.png"}, "MAP_TILES"),
        ({"MAP_TILES": "https://t0.example.cn; script-src */{z}/{x}/{y}.png"}, "MAP_TILES"),
        ({"MAP_TILES": "//t0.example.cn/{z}/{x}/{y}.png"}, "MAP_TILES"),
        ({"PUBLIC_URL": "https://12345.example.cn", "MAP_TILES": "http://t0.example.cn/{z}/{x}/{y}.png"}, "https"),
    ],
)
def test_tiles_of_the_map_are_set_up_whole_or_not_at_all(wrong, named):
    assert Settings.from_environment(GIVEN | TILES).tile_origin == "https://t0.example.cn:8443"
    with pytest.raises(BadSettings, match=named):
        Settings.from_environment(GIVEN | TILES | wrong)


def test_a_demonstration_city_never_writes_to_real_telephones():
    always = {"webhook", *ROBOTS}
    real = Settings.from_environment(GIVEN | TELEPHONE)
    assert set(wiring.senders(real)) == {"sms", *always}
    assert set(wiring.senders(replace(real, demo_password="demo-city-2026"))) == always
    assert set(wiring.senders(replace(real, demo_password="demo-city-2026", twilio_api_url="http://127.0.0.1:9"))) == {"sms", *always}
    assert set(wiring.senders(Settings.from_environment(GIVEN))) == always
