"""POST /hooks/twilio/voice: every question Twilio has about a call. Size, signature and shape are checked first; one verb in one unit of work; then TwiML.

`?step=` says which question, `?call=` which call; both are under the signature. A wrong, strange or stale one stores nothing.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from flask import Blueprint, Response, current_app, request
from twilio.request_validator import RequestValidator

from app import clock
from app.auth.principal import open_to_all
from app.config import Settings
from app.errors import Forbidden, NotFound, Refused
from app.phone import calls, lines, recordings, twiml
from app.phone.models import CALL_BACK, OUTBOUND, TALKING, Call
from app.phone.telephony import TelephonyFailed, line_of
from app.phone.twilio_voice import TwilioVoice
from app.work import work

pages = Blueprint("phone_hooks", __name__)
LARGEST = 16 * 1024
MOST_FIELDS = 80
STALE = timedelta(minutes=10)  # Twilio itself tries again for seconds, not minutes
CALL_SID, RECORDING_SID, ROOM_SID = re.compile(r"CA[0-9a-f]{32}"), re.compile(r"RE[0-9a-f]{32}"), re.compile(r"CF[0-9a-f]{32}")
SEQUENCE = re.compile(r"\d{1,9}")
OURS = re.compile(r"[1-9]\d{0,17}")
IN_VAIN = {"no-answer", "busy", "failed", "canceled"}
OVER = IN_VAIN | {"completed"}
Form = dict[str, str]


@pages.post(lines.HOOK)
@open_to_all
def voice() -> Response:
    """One question, one answer. Raises Forbidden (signature, replay), Refused (size, shape)."""
    settings = current_app.config["SETTINGS"]
    form = _checked(settings)
    step = STEPS.get(request.args.get("step", "arrive"))
    if step is None:
        raise Refused("没有这一步")
    try:
        said = step(form, settings, clock.now())
    except NotFound as gone:
        raise Refused("没有这通电话") from gone
    return Response(said, mimetype="text/xml", headers={"Cache-Control": "no-store"})


voice.csrf_exempt = True  # no browser session speaks here; the signature stands for it


def _checked(settings: Settings) -> Form:
    """The form of a request that Twilio signed for this account, small and plain."""
    if request.content_length is None or request.content_length > LARGEST or request.mimetype != "application/x-www-form-urlencoded":
        raise Refused("回调太大或格式不对")
    address = (
        settings.public_url.rstrip("/")
        + request.path
        + ("?" + request.query_string.decode("ascii", "replace") if request.query_string else "")
    )
    signature = request.headers.get("X-Twilio-Signature", "")
    if not lines.is_twilio(settings) or not RequestValidator(settings.twilio_auth_token).validate(address, request.form, signature):
        raise Forbidden("回调的签名不对")
    form = request.form.to_dict()
    if len(form) > MOST_FIELDS or len(form) != sum(1 for _ in request.form.items(multi=True)):
        raise Refused("回调的字段太多或重复")
    if form.get("AccountSid") != settings.twilio_account_sid:
        raise Forbidden("回调不是这个账户的")
    _refuse_stale(form.get("Timestamp", ""))
    return form


def _refuse_stale(said: str) -> None:
    if not said:
        return
    try:
        at = parsedate_to_datetime(said)
    except ValueError as bad:
        raise Refused("回调的时间看不懂") from bad
    if at.tzinfo is None or abs(clock.now() - at) > STALE:
        raise Forbidden("回调太旧")


def _hook(settings: Settings, call_id: int) -> twiml.HookOf:
    base = settings.public_url.rstrip("/") + lines.HOOK
    return lambda step: f"{base}?step={step}&call={call_id}"


def _sid(form: Form, name: str = "CallSid", shape: re.Pattern[str] = CALL_SID) -> str:
    if not shape.fullmatch(form.get(name, "")):
        raise Refused("回调缺 %(name)s，或者不对", name=name)
    return form[name]


def _call(session, locked: bool = True) -> Call:
    """The call `?call=` names."""
    ours = request.args.get("call", "")
    if not OURS.fullmatch(ours):
        raise Refused("没有这通电话")
    return calls.fetch(session, int(ours), lock=locked)


def _sequence(form: Form) -> int:
    given = form.get("SequenceNumber", "0")
    if not SEQUENCE.fullmatch(given):
        raise Refused("回调的序号不对")
    return int(given)


def _of_citizen(call: Call, form: Form) -> None:
    if call.provider_id != _sid(form):
        raise Forbidden("回调说的不是这通电话")


def arrive(form: Form, settings: Settings, now: datetime) -> str:
    """A citizen calls."""
    sid, number = _sid(form), form.get("From", "")
    if form.get("Direction", "inbound") != "inbound" or form.get("CallStatus", "ringing") not in ("ringing", "in-progress", "queued"):
        raise Refused("这不是打进来的电话")
    with work() as session:
        call, _new = calls.arrive(session, sid, number if len(number) <= 40 else "", now, form.get("To", ""))
        call_id = call.id
    return twiml.welcome(settings.city_name, settings.city_name_en, _hook(settings, call_id))


def wait(form: Form, settings: Settings, now: datetime) -> str:
    """Still in the queue: where they stand, or that they will be called back."""
    with work() as session:
        call = _call(session)
        _of_citizen(call, form)
        if call.outcome == CALL_BACK:
            return twiml.leave()
        place = calls.wait(session, call, timedelta(seconds=settings.call_wait_limit), now)
    return twiml.waiting(place) if place else twiml.leave()


def left(form: Form, settings: Settings, now: datetime) -> str:
    """Out of the queue or out of the talk."""
    result = form.get("QueueResult", "")
    with work() as session:
        call = _call(session)
        _of_citizen(call, form)
        if result in ("bridged", "redirected", "redirected-from-bridged"):
            return twiml.nothing()
        if result in ("error", "system-error", "queue-full"):
            calls.give_up(session, call, now)
        if result in ("hangup", "") and call.outcome != CALL_BACK:
            calls.ended(session, call, now)
        calls.heard(session, call, call.provider_id or "", 0, "left", now, result=result[:20])
        back = call.outcome == CALL_BACK
    return twiml.goodbye() if back else twiml.hang_up()


def again(form: Form, settings: Settings, now: datetime) -> str:
    """Into the queue once more."""
    with work() as session:
        call = _call(session)
        _of_citizen(call, form)
        call_id = call.id
    return twiml.queue(_hook(settings, call_id))


def seat(form: Form, settings: Settings, now: datetime) -> str:
    """The operator picked up: the caller is moved to the same conference."""
    leg = _sid(form)
    with work() as session:
        call = _call(session)
        new, talking = calls.answered(session, call, leg, now), call.state == TALKING and call.seat_leg == leg
        line = line_of(call)
    if not talking:
        return twiml.gone()
    if new:
        try:
            _twilio(settings).join(line)
        except TelephonyFailed:
            return twiml.gone()
    return twiml.seat(line.id, _hook(settings, line.id))


def join(form: Form, settings: Settings, now: datetime) -> str:
    """The caller's side of it."""
    with work() as session:
        call = _call(session)
        _of_citizen(call, form)
        call_id = call.id
    return twiml.caller(call_id, _hook(settings, call_id))


def seat_left(form: Form, settings: Settings, now: datetime) -> str:
    """The operator's part is over."""
    leg = _sid(form)
    with work() as session:
        call = _call(session)
        whole = call.seat_leg == leg and calls.seat_left(session, call, now)
        line = line_of(call)
    if whole:
        _end_citizen(settings, line)
    return twiml.hang_up()


def leg(form: Form, settings: Settings, now: datetime) -> str:
    """How the ringing of the operator's telephone goes."""
    sid, status = _sid(form), form.get("CallStatus", "")[:20]
    with work() as session:
        call = _call(session)
        if call.seat_leg not in (None, sid) or not calls.heard(session, call, sid, _sequence(form), "leg", now, status=status):
            return twiml.nothing()
        if status in IN_VAIN:
            calls.not_picked_up(session, call, sid, now)
        whole = status == "completed" and call.seat_leg == sid and call.direction != OUTBOUND and calls.seat_left(session, call, now)
        if status == "completed" and call.direction == OUTBOUND:
            calls.ended(session, call, now)
        line = line_of(call)
    if whole:
        _end_citizen(settings, line)
    return twiml.nothing()


def room(form: Form, settings: Settings, now: datetime) -> str:
    """Who enters and leaves the conference; its end is the end of the talk."""
    sid, kind = _sid(form, "ConferenceSid", ROOM_SID), form.get("StatusCallbackEvent", "")[:40]
    with work() as session:
        call = _call(session)
        if calls.heard(session, call, sid, _sequence(form), kind, now):
            call.room = sid
            if kind == "conference-end" and call.state == TALKING:
                calls.ended(session, call, now)
    return twiml.nothing()


def citizen(form: Form, settings: Settings, now: datetime) -> str:
    """How the ringing of the citizen's telephone goes, when we call."""
    sid, status = _sid(form), form.get("CallStatus", "")[:20]
    with work() as session:
        call = _call(session)
        if call.direction != OUTBOUND or call.provider_id not in (None, sid):
            raise Forbidden("回调说的不是这通电话")
        if calls.heard(session, call, sid, _sequence(form), "citizen", now, status=status):
            call.provider_id = sid
            if status == "in-progress":
                calls.answered(session, call, sid, now)
    return twiml.nothing()


def bridged(form: Form, settings: Settings, now: datetime) -> str:
    """Our call to a citizen is over, or nobody took it."""
    leg_sid, status = _sid(form), form.get("DialCallStatus", "")
    with work() as session:
        call = _call(session)
        if call.direction != OUTBOUND or call.seat_leg not in (None, leg_sid):
            raise Forbidden("回调说的不是这通电话")
        if status in ("completed", "answered"):
            calls.answered(session, call, leg_sid, now)
        calls.ended(session, call, now)
    return twiml.hang_up()


def notice(form: Form, settings: Settings, now: datetime) -> str:
    """What the citizen hears first."""
    return twiml.notice()


def recording(form: Form, settings: Settings, now: datetime) -> str:
    """A recording is complete."""
    sid, seconds = _sid(form, "RecordingSid", RECORDING_SID), form.get("RecordingDuration", "0")
    if form.get("RecordingStatus", "completed") != "completed":
        return twiml.nothing()
    if not SEQUENCE.fullmatch(seconds):
        raise Refused("录音的长度不对")
    with work() as session:
        call = _call(session)
        fetchable = calls.recorded(session, call, sid, int(seconds), now) and call.ticket_id is not None
    if fetchable:
        recordings.ask_for(current_app.extensions["redis"], now)
    return twiml.nothing()


def ended(form: Form, settings: Settings, now: datetime) -> str:
    """The number's own status callback: the citizen's leg is over. Unknown calls are not ours to keep."""
    sid, status = _sid(form), form.get("CallStatus", "")
    with work() as session:
        call = calls.find(session, sid, lock=True)
        if call is not None and status in OVER and calls.heard(session, call, sid, _sequence(form), "ended", now, status=status):
            calls.ended(session, call, now)
    return twiml.nothing()


def _twilio(settings: Settings) -> TwilioVoice:
    system = lines.needed(settings)
    if not isinstance(system, TwilioVoice):
        raise TelephonyFailed("这里接的不是 Twilio")
    return system


def _end_citizen(settings: Settings, line) -> None:
    """The operator hung up: so does the hotline. A caller who is gone already needs no ending."""
    try:
        _twilio(settings).hang_up(line)
    except TelephonyFailed as lost:
        current_app.logger.warning("call %s could not be ended: %s", line.id, lost)


STEPS: dict[str, Callable[[Form, Settings, datetime], str]] = {
    "arrive": arrive,
    "wait": wait,
    "left": left,
    "queue": again,
    "seat": seat,
    "join": join,
    "seat-left": seat_left,
    "leg": leg,
    "room": room,
    "citizen": citizen,
    "bridged": bridged,
    "notice": notice,
    "recording": recording,
    "ended": ended,
}
