"""Text messages through Alibaba Cloud, against a stand-in that checks every signature by itself; the documentation's own example; reports that come back."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import sqlalchemy as sa

from app import wiring
from app.config import BadSettings
from app.work import session_now, work
from notifiers import outbox
from notifiers.channels.alibaba_sms import AlibabaAccount, AlibabaSms, signed
from notifiers.channels.base import Outgoing
from notifiers.delivery import deliver
from notifiers.models import OutboxMessage
from tests.notifiers.conftest import by_sms

KEY, SECRET, SIGN = "LTAI-test", "a-secret", "临海12345"
HOOK = "reports-come-here-7f3a"


class There(BaseHTTPRequestHandler):
    """What the provider does: `sent` is what it took; `says`: (status, code) instead of taking it."""

    sent: ClassVar[list[dict]] = []
    says: ClassVar[tuple[int, str] | None] = None

    def do_POST(self):
        query = dict(parse_qsl(urlsplit(self.path).query))
        if not _is_signed(self):
            return self._answer(400, {"Code": "SignatureDoesNotMatch"})
        if There.says:
            return self._answer(There.says[0], {"Code": There.says[1], "Message": "no"})
        if self.headers["x-acs-action"] == "QuerySendDetails":
            same = [one for one in There.sent if one["PhoneNumbers"] == query["PhoneNumber"]]
            return self._answer(
                200,
                {
                    "Code": "OK",
                    "SmsSendDetailDTOs": {
                        "SmsSendDetailDTO": [{"OutId": one["OutId"], "SendStatus": one.get("status", 1), "ErrCode": "X"} for one in same]
                    },
                },
            )
        There.sent.append(query)
        return self._answer(200, {"Code": "OK", "BizId": f"biz^{len(There.sent)}"})

    def _answer(self, status: int, said: dict) -> None:
        body = orjson.dumps(said)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said) -> None:
        """Nothing on the screen."""


def _is_signed(asked: BaseHTTPRequestHandler) -> bool:
    """As the provider's documentation has it, over what really came: the raw query and the headers named."""
    algorithm, _, rest = asked.headers["Authorization"].partition(" ")
    said = dict(part.split("=", 1) for part in rest.split(","))
    lines = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in said["SignedHeaders"].split(";"))
    body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
    canonical = f"POST\n/\n{urlsplit(asked.path).query}\n{lines}\n{said['SignedHeaders']}\n{hashlib.sha256(body).hexdigest()}"
    right = hmac.new(SECRET.encode(), f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode(), hashlib.sha256).hexdigest()
    return (algorithm, said["Credential"], said["Signature"]) == ("ACS3-HMAC-SHA256", KEY, right)


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), There)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sender(there, now) -> AlibabaSms:
    There.sent, There.says = [], None
    return AlibabaSms(AlibabaAccount(KEY, SECRET, SIGN, {"accepted": "SMS_1"}, "https://12345.example", there), lambda: now)


def outgoing(now: datetime, **changed) -> Outgoing:
    message = by_sms()
    return replace(Outgoing(9, 1, "+8613800002716", "", now, now, False, template=message.template, values=message.values), **changed)


def test_the_documentations_own_example():
    """V3 signature, "fixed parameters" of Alibaba's manual."""
    account = AlibabaAccount("YourAccessKeyId", "YourAccessKeySecret", "", {}, api_url="https://ecs.cn-shanghai.aliyuncs.com")
    line, headers = signed(
        account,
        "RunInstances",
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
        datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        "3156853299f313e23d1673dc12e1703d",
        "2014-05-26",
    )
    assert line.startswith("ImageId=win2019")
    assert headers["Authorization"].endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_a_text_fills_its_approved_template_and_no_variable_is_an_address(sender, now):
    outcome = sender.send(outgoing(now))
    assert (outcome.kind, outcome.provider_id) == ("accepted", "biz^1")
    [sent] = There.sent
    assert (sent["PhoneNumbers"], sent["SignName"], sent["TemplateCode"], sent["OutId"]) == ("13800002716", SIGN, "SMS_1", "9")
    assert orjson.loads(sent["TemplateParam"]) == {"city": "临海市", "tail": "000612", "code": "1234567890", "path": "t/1234567890"}
    assert sender.send(outgoing(now, template="urged")).code == "no-template"


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ((200, "isv.MOBILE_NUMBER_ILLEGAL"), "refused"),
        ((200, "isv.BUSINESS_LIMIT_CONTROL"), "retry"),
        ((200, "isv.AMOUNT_NOT_ENOUGH"), "retry"),
        ((400, "SignatureDoesNotMatch"), "retry"),
        ((429, "Throttling.User"), "retry"),
        ((503, "InternalError"), "unknown"),
    ],
)
def test_what_it_says_becomes(sender, now, says, kind):
    There.says = says
    outcome = sender.send(outgoing(now))
    assert (outcome.kind, outcome.code) == (kind, says[1])


def test_a_wrong_secret_and_nobody_there_are_ours_to_mend(there, now):
    account = AlibabaAccount(KEY, "another", SIGN, {"accepted": "SMS_1"}, api_url=there)
    assert AlibabaSms(account, lambda: now).send(outgoing(now)).code == "SignatureDoesNotMatch"
    assert AlibabaSms(replace(account, api_url="http://127.0.0.1:9"), lambda: now).send(outgoing(now)).kind == "retry"


def test_who_is_in_doubt_asks_first(sender, now):
    assert sender.find(outgoing(now)) is None
    sender.send(outgoing(now))
    assert (sender.find(outgoing(now)).kind, sender.find(outgoing(now, message_id=10))) == ("accepted", None)
    There.sent[0]["status"] = 2
    assert sender.find(outgoing(now)).kind == "refused"
    There.says = (503, "InternalError")
    assert sender.find(outgoing(now)).kind == "unknown"


def test_from_the_outbox_to_its_report(app, there, now):
    """The house's own settings choose this provider; a report settles the message, doubled and strange ones change nothing."""
    There.sent, There.says = [], None
    held = app.config["SETTINGS"]
    ours = replace(
        held,
        alibaba_key_id=KEY,
        alibaba_key_secret=SECRET,
        alibaba_sms_sign=SIGN,
        alibaba_sms_templates="accepted=SMS_1, urged=SMS_2",
        alibaba_sms_hook=HOOK,
        alibaba_api_url=there,
    )
    ours.refuse_half_a_provider()
    with pytest.raises(BadSettings, match="ALIBABA_SMS_SIGN"):
        replace(ours, alibaba_sms_sign="").refuse_half_a_provider()
    app.config["SETTINGS"] = ours
    try:
        with app.app_context():
            with work() as session:
                outbox.put(session, [by_sms("ali:1")], now)
            deliver(work, {"sms": wiring.senders(ours)["sms"]}, lambda: now)
            row = session_now().scalars(sa.select(OutboxMessage).where(OutboxMessage.key == "ali:1")).one()
            assert (row.status, row.provider_id, There.sent[0]["OutId"]) == ("sent", "biz^1", str(row.id))
            report = {"phone_number": "13800002716", "success": False, "err_code": "UNDELIV", "biz_id": "biz^1", "out_id": str(row.id)}
            post = lambda body, mark=HOOK: app.test_client().post(f"/hooks/alibaba/sms/{mark}", json=body).status_code  # noqa: E731
            assert [
                post([report], "guessed"),
                post({"no": "list"}),
                post([{"out_id": "x"}, 7, None]),
                post([report, report]),
                post([report | {"success": True}]),
            ] == [403, 400, 200, 200, 200]
            session_now().rollback()
            assert session_now().execute(
                sa.select(OutboxMessage.status, OutboxMessage.reason).where(OutboxMessage.key == "ali:1")
            ).one() == ("failed", "UNDELIV")
            with work() as session:
                session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages CASCADE"))
    finally:
        app.config["SETTINGS"] = held
