"""When `up` plays the providers itself, and when not."""

import socket

import pytest

from app.commands.counterparts import counterpart_command, played
from app.config import Settings

HERE = {"SECRET_KEY": "s" * 40}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006"}


def test_the_libraries_are_pointed_at_it_with_credentials_of_this_installation():
    told = played(HERE, "127.0.0.1", 28700)
    assert told == played(HERE, "127.0.0.1", 28700), "the same after a restart"
    assert told["TWILIO_AUTH_TOKEN"] != played({"SECRET_KEY": "o" * 40}, "127.0.0.1", 28700)["TWILIO_AUTH_TOKEN"]
    given = HERE | {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "IDENTITY_KEY": "x"}
    settings = Settings.from_environment(given | told)
    assert settings.twilio_api_url == settings.wechat_api_url == settings.counterpart_url == "http://127.0.0.1:28701"


def test_real_credentials_switch_their_part_off():
    told = played(HERE | TWILIO, "127.0.0.1", 28700)
    assert not any(name.startswith("TWILIO") for name in told)
    assert "WECHAT_API_URL" in told
    assert played(HERE | TWILIO | {"WECHAT_APPID": "wx1"}, "127.0.0.1", 28700) == {}


@pytest.mark.parametrize("given", [{"APP_ENV": "production"}, {"COUNTERPART": "off"}])
def test_nothing_is_played_in_production_or_when_told_so(given):
    assert played(HERE | given, "127.0.0.1", 28700) == {}


def test_a_taken_port_is_passed_over():
    with socket.create_server(("127.0.0.1", 28701)):
        url = played(HERE, "127.0.0.1", 28700)["COUNTERPART_URL"]
    assert url == "http://127.0.0.1:28702"
    assert "127.0.0.1:28702" in counterpart_command(url, "127.0.0.1", "http://127.0.0.1:28700")
