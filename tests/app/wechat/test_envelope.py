"""Signatures and safe mode against known values (those by which the library wechatpy tests itself), and what is refused before it is read."""

from datetime import UTC, datetime, timedelta

import pytest
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from app.errors import Forbidden, Refused
from app.wechat import envelope
from app.wechat.envelope import Account

TOKEN, AES_KEY, APPID = "123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"
SAFE = Account(APPID, TOKEN, AES_KEY)
KNOWN = (
    b"<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName><Encrypt><![CDATA[RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeD"
    b"XzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQi"
    b"MS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=]]></Encrypt></xml>"
)
QUERY = {"timestamp": "1411525903", "nonce": "461056294", "msg_signature": "74d92dfeb87ba7c714f89d98870ae5eb62dff26d"}


def test_the_plain_signature_is_the_known_one():
    then = datetime.fromtimestamp(1410685589, UTC)
    query = {"signature": "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff", "timestamp": "1410685589", "nonce": "test"}
    envelope.check_signature(Account("", "test", ""), query, then)
    with pytest.raises(Forbidden):
        envelope.check_signature(Account("", "test", ""), query | {"signature": "f21891de399b4e33a1a93c9a7b8a8fffb5a443fe"}, then)


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1), timedelta(days=400)])
def test_a_right_signature_is_good_for_five_minutes(late):
    query = {"signature": "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff", "timestamp": "1410685589", "nonce": "test"}
    with pytest.raises(Forbidden, match="过期"):
        envelope.check_signature(Account("", "test", ""), query, datetime.fromtimestamp(1410685589, UTC) + late)


def test_the_known_sealed_message_is_opened():
    fields = envelope.opened(SAFE, QUERY, KNOWN)
    assert (fields["Content"], fields["FromUserName"], fields["MsgType"]) == ("test", "messense", "text")


def test_what_we_seal_is_the_known_text(monkeypatch):
    """The stand-in seals with the library: with its random part fixed, byte for byte what the platform's sample gives."""
    monkeypatch.setattr(PrpCrypto, "get_random_string", lambda _self: "1234567890123456")
    sample = (
        "<xml>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[test]]></Content>\n<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>\n"
        "<ToUserName><![CDATA[messense]]></ToUserName>\n<AgentID>1</AgentID>\n<CreateTime>1411525903</CreateTime>\n</xml>"
    )
    sealed = WeChatCrypto(TOKEN, AES_KEY, APPID).encrypt_message(sample, "461056294", "1411525903")
    assert "<MsgSignature><![CDATA[407518b7649e86ef23978113f92d27afa9296533]]></MsgSignature>" in sealed
    assert "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk" in sealed


@pytest.mark.parametrize(
    "change",
    [
        {"msg_signature": "74d92dfeb87ba7c714f89d98870ae5eb62dff26e"},
        {"nonce": "461056295"},
        {"timestamp": "1411525904"},
        {"msg_signature": ""},
    ],
)
def test_another_signature_nonce_or_time_opens_nothing(change):
    with pytest.raises(Forbidden):
        envelope.opened(SAFE, QUERY | change, KNOWN)


def test_a_message_for_another_account_is_not_ours():
    with pytest.raises(Forbidden):
        envelope.opened(Account("wx0000000000000000", TOKEN, AES_KEY), QUERY, KNOWN)


def test_safe_mode_takes_no_plain_message():
    with pytest.raises(Forbidden):
        envelope.opened(SAFE, QUERY, b"<xml><MsgType>text</MsgType><Content>x</Content></xml>")


@pytest.mark.parametrize("sealed", ["", "AAAA", "====", "A" * 43 + "=", "中文", "A" * 64, "x" * 5000])
def test_a_seal_that_is_none_is_refused_in_words(sealed):
    query = QUERY | {"msg_signature": envelope.signed(TOKEN, QUERY["timestamp"], QUERY["nonce"], sealed)}
    with pytest.raises(Refused):
        envelope.opened(SAFE, query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())


BOMB = b'<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><Content>&b;</Content></xml>'
FILE = b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"{}",
        b"<xml>",
        b"<html/>",
        BOMB,
        FILE,
        b"<xml>" + b"<a>" * 9 + b"</a>" * 9 + b"</xml>",
        b"<xml>" + b"<a>1</a>" * 5000 + b"</xml>",
        b"<xml><a>" + b"x" * envelope.LARGEST + b"</a></xml>",
        b'<?xml version="1.0" encoding="no-such"?><xml/>',
        b"\xff\xfe<\x00x\x00m\x00",
        b"\x00" * 20,
    ],
)
def test_what_is_no_message_is_refused(body):
    if body == b"<xml>" + b"<a>1</a>" * 5000 + b"</xml>":
        assert envelope.fields_of(body) == {"a": "1"}, "one name, however often"
        return
    with pytest.raises(Refused):
        envelope.fields_of(body)
