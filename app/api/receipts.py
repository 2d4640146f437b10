"""What providers tell us about messages that left: signature checked, one message settled, 204. Doubled, late and strange ones change nothing."""

import hmac
import re

import orjson
from flask import Blueprint, current_app, request
from twilio.request_validator import RequestValidator

from app import clock
from app.auth.principal import open_to_all
from app.errors import Forbidden, Refused
from app.work import work
from notifiers import outbox
from notifiers.channels.twilio_sms import RECEIPTS
from notifiers.models import DELIVERED, FAILED

pages = Blueprint("receipts", __name__)
MESSAGE_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
OUR_ID = re.compile(r"[0-9]{1,18}")
LARGEST, MOST = 256 * 1024, 500  # bytes and reports of one call of Alibaba's
ERROR = re.compile(r"[0-9]{1,6}")


@pages.post("/hooks/twilio/status")
@open_to_all
def twilio_status():
    """Twilio's status callback of one text message; `?message=` is our own id, given when it was sent. Raises Forbidden for a signature that is none."""
    _check_signature()
    ours, sid = request.args.get("message", ""), request.form.get("MessageSid", "")
    status, code = RECEIPTS.get(request.form.get("MessageStatus", "")), request.form.get("ErrorCode", "")
    if status and OUR_ID.fullmatch(ours) and MESSAGE_SID.fullmatch(sid):
        with work() as session:
            outbox.receive(session, int(ours), status, sid, code if ERROR.fullmatch(code) else "", clock.now())
    return "", 204


@pages.post("/hooks/alibaba/sms/<mark>")
@open_to_all
def alibaba_reports(mark: str):
    """Alibaba Cloud's reports, several at once. Nothing there is signed: the address is the secret. Raises Forbidden for another one, Refused for what is no list."""
    ours = current_app.config["SETTINGS"].alibaba_sms_hook
    if not ours or not hmac.compare_digest(mark.encode(), ours.encode()):
        raise Forbidden("回执的地址不对")
    if request.content_length is None or request.content_length > LARGEST:
        raise Refused("回执太大")
    try:
        told = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, list):
        raise Refused("回执要是一个 JSON 数组")
    with work() as session:
        for one in told[:MOST]:
            if isinstance(one, dict) and OUR_ID.fullmatch(str(one.get("out_id", ""))) and isinstance(one.get("success"), bool):
                status, code = (DELIVERED, "") if one["success"] else (FAILED, str(one.get("err_code", ""))[:60].replace("\x00", ""))
                outbox.receive(session, int(one["out_id"]), status, str(one.get("biz_id", ""))[:100].replace("\x00", ""), code, clock.now())
    return {"code": 0, "msg": "接收成功"}


alibaba_reports.csrf_exempt = True  # the address stands for the speaker


def _check_signature() -> None:
    """Over the address as the provider was told it, whatever stands between. Without credentials nobody can sign."""
    settings = current_app.config["SETTINGS"]
    asked = (
        settings.public_url.rstrip("/")
        + request.path
        + ("?" + request.query_string.decode("ascii", "replace") if request.query_string else "")
    )
    signature = request.headers.get("X-Twilio-Signature", "")
    if not settings.twilio_auth_token or not RequestValidator(settings.twilio_auth_token).validate(asked, request.form, signature):
        raise Forbidden("回执的签名不对")


twilio_status.csrf_exempt = True  # no browser session speaks here; the signature stands for it
