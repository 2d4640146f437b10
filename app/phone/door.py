"""POST /hooks/cti/calls: what a city's own telephone system tells us, as signed JSON events. One event, one verb, once per event id."""

import re
import time
from datetime import timedelta

import orjson
import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account
from app.auth.principal import open_to_all
from app.errors import Forbidden, Invalid, NotFound, Refused
from app.phone import calls, recordings, seats
from app.phone.cti import is_signed
from app.phone.models import Call
from app.work import work

pages = Blueprint("cti", __name__)
LARGEST = 16 * 1024
ID = re.compile(r"[\w.:@/+-]{1,100}", re.ASCII)
EVENTS = ("arrived", "waiting", "offered", "answered", "not-picked-up", "gave-up", "ended", "seat-left", "recorded")


@pages.post("/hooks/cti/calls")
@open_to_all
def hear() -> Response:
    """One event. Raises Forbidden (signature, age), Refused and Invalid (size, shape); told twice it changes nothing."""
    settings = current_app.config["SETTINGS"]
    if request.content_length is None or request.content_length > LARGEST:
        raise Refused("事件太大")
    body = request.get_data(cache=False)
    if not is_signed(
        settings.cti_secret, request.headers.get("X-CTI-Timestamp", ""), body, request.headers.get("X-CTI-Signature", ""), time.time()
    ):
        raise Forbidden("事件的签名不对，或超过五分钟")
    told, now = _told(body), clock.now()
    with work() as session:
        call, new = _of(session, told, now)
        if not new and not calls.heard(session, call, told["id"], 0, told["event"], now):
            return _said(call, False)
        if new:
            calls.heard(session, call, told["id"], 0, told["event"], now)
        place = _act(session, call, told, settings, now)
        answer = _said(call, True, place)
    if told["event"] == "recorded":
        recordings.ask_for(current_app.extensions["redis"], now)
    return answer


hear.csrf_exempt = True  # a machine speaks here; the signature stands for it


def _told(body: bytes) -> dict:
    """The event, every field of its kind. Raises Refused, Invalid."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as bad:
        raise Refused("事件不是 JSON") from bad
    if not isinstance(given, dict):
        raise Refused("事件要是一个 JSON 对象")
    for name in ("id", "call"):
        if not isinstance(given.get(name), str) or not ID.fullmatch(given[name]):
            raise Invalid(**{name: "要有，只用字母数字和 . : @ / + - _，最多 100 个"})
    if given.get("event") not in EVENTS:
        raise Invalid(event="不认识这种事件，种类见接口手册")
    for name in ("number", "to", "agent", "leg", "recording"):
        if not isinstance(given.get(name, ""), str) or len(given.get(name, "")) > 100 or "\x00" in given.get(name, ""):
            raise Invalid(**{name: "要是 100 个字以内的文字"})
    seconds = given.get("seconds", 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 10**6:
        raise Invalid(seconds="要是整数秒")
    return given


def _of(session: Session, told: dict, now) -> tuple[Call, bool]:
    if told["event"] == "arrived":
        return calls.arrive(session, told["call"], told.get("number", ""), now, told.get("to", ""))
    call = calls.find(session, told["call"], lock=True)
    if told.get("leg") and (call is None or told["event"] == "recorded"):  # one caller, two talks (R08): the leg says whose recording
        held = session.scalar(sa.select(Call.id).where(Call.seat_leg == told["leg"]))
        call = calls.fetch(session, held, lock=True) if held else call
    if call is None:
        raise NotFound("没有这通电话，先报 arrived")
    return call, False


def _act(session: Session, call: Call, told: dict, settings, now) -> int | None:
    event, leg = told["event"], told.get("leg", "")
    if event in ("arrived", "waiting"):
        return calls.wait(session, call, timedelta(seconds=settings.call_wait_limit), now)
    if event in ("offered", "answered") and told.get("agent"):
        calls.offered(session, call, _agent(session, told["agent"]), now)
    if event == "answered":
        calls.answered(session, call, leg or call.seat_leg or told["id"], now)
    elif event == "not-picked-up":
        calls.not_picked_up(session, call, leg or call.seat_leg or "", now)
    elif event == "gave-up":
        calls.give_up(session, call, now)
    elif event == "ended":
        calls.ended(session, call, now)
    elif event == "seat-left":
        calls.seat_left(session, call, now)
    elif event == "recorded" and told.get("recording"):
        calls.recorded(session, call, told["recording"], told.get("seconds", 0), now)
    seats.tell(session, call.agent_id)
    return None


def _agent(session: Session, username: str) -> int:
    found = session.scalar(sa.select(Account.id).where(Account.username == username, Account.active))
    if found is None:
        raise Invalid(agent="没有这个账号")
    return found


def _said(call: Call, new: bool, place: int | None = None) -> Response:
    """`position` 0: they will be called back, say so and hang up."""
    body = {"call": call.provider_id, "ours": call.id, "state": call.state, "new": new} | ({"position": place} if place is not None else {})
    return Response(orjson.dumps(body), mimetype="application/json", headers={"Cache-Control": "no-store"})
