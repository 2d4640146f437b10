"""What providers tell us about messages that left: signature checked, one message settled, 204. Doubled, late and strange ones change nothing."""

import re

from flask import Blueprint, current_app, request
from twilio.request_validator import RequestValidator

from app import clock
from app.auth.principal import open_to_all
from app.errors import Forbidden
from app.work import work
from notifiers import outbox
from notifiers.channels.twilio_sms import RECEIPTS

pages = Blueprint("receipts", __name__)
MESSAGE_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
OUR_ID = re.compile(r"[0-9]{1,18}")
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


def _check_signature() -> None:
    """Over the address as the provider was told it, whatever stands between. Without credentials nobody can sign."""
    settings = current_app.config["SETTINGS"]
    asked = settings.public_url.rstrip("/") + request.path + ("?" + request.query_string.decode("ascii", "replace") if request.query_string else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    if not settings.twilio_auth_token or not RequestValidator(settings.twilio_auth_token).validate(asked, request.form, signature):
        raise Forbidden("回执的签名不对")


twilio_status.csrf_exempt = True  # no browser session speaks here; the signature stands for it
