"""/hooks/twilio/sms: Twilio brings what citizens text. It is checked, stored once, and a worker is woken; the answer leaves by the outbox.

The same message again changes nothing and is answered alike: Twilio may bring it twice. A wrong one is 403 or 400 and nothing is stored.
"""

import logging

from flask import Blueprint, Response, current_app, request
from redis.exceptions import RedisError
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import RequestEntityTooLarge

from app import clock
from app.auth.principal import open_to_all
from app.errors import Forbidden, Refused
from app.queue import put
from app.texting import inbox
from app.work import work

pages = Blueprint("texting", __name__)
PATH = "/hooks/twilio/sms"
QUEUE, JOB = "notify", "app.texting.jobs.answer"
LARGEST, MOST_FIELDS = 64 * 1024, 100
FORM = "application/x-www-form-urlencoded"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@pages.post(PATH)
@open_to_all
def take() -> Response:
    """One message. Raises Forbidden (signature, account), Refused (size, shape)."""
    settings = current_app.config["SETTINGS"]
    form = _signed_form()
    texted = inbox.checked(form, settings.twilio_account_sid, settings.twilio_api_url)
    with work() as session:
        kept = inbox.keep(session, texted, clock.now())
    if kept is not None:
        wake(kept)
    return Response(NOTHING_TO_SAY, mimetype="text/xml", headers={"Cache-Control": "no-store"})


take.csrf_exempt = True  # no browser session speaks here; the signature stands for it


def wake(message_id: int) -> None:
    """Put a job for it. Redis may be gone: the scheduler's tick finds the row (tick.py)."""
    try:
        put(current_app.extensions["redis"], QUEUE, JOB, f"text-{message_id}")
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)


def _signed_form() -> dict[str, str]:
    """The form, if Twilio signed it with our token over the address it knows us by. Raises Forbidden, Refused."""
    settings = current_app.config["SETTINGS"]
    request.max_content_length, request.max_form_parts = LARGEST, MOST_FIELDS
    if request.mimetype != FORM or (request.content_length or 0) > LARGEST:
        raise Refused("要用 application/x-www-form-urlencoded 提交，最大 64 KB")
    try:
        form = request.form
    except RequestEntityTooLarge as big:
        raise Refused("要用 application/x-www-form-urlencoded 提交，最大 64 KB") from big
    asked = (
        settings.public_url.rstrip("/")
        + request.path
        + ("?" + request.query_string.decode("ascii", "replace") if request.query_string else "")
    )
    signature = request.headers.get("X-Twilio-Signature", "")
    if not settings.twilio_auth_token or not RequestValidator(settings.twilio_auth_token).validate(asked, form, signature):
        raise Forbidden("短信的签名不对")
    return form.to_dict()
