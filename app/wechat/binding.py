"""Proving that a mobile number is one's own: a six-digit code by text message, good for ten minutes and five tries. In the conversation and on the pages."""

import hmac
import secrets
from datetime import datetime, timedelta

import orjson
from flask import current_app
from sqlalchemy.orm import Session

from app.errors import Invalid, TooMany, WrongState
from app.wechat.draft import Draft
from app.wechat.models import WechatPerson
from app.wechat.people import bind, can_text
from app.wechat.sayings import Both, say
from app.wechat.turn import TEXT, Turn
from notifiers import outbox
from notifiers.message import SMS, Message
from notifiers.recipients import sms_number
from tickets.identity import clean_phone
from tickets.text import mask_phone

NUMBER, CODE = "bind-number", "bind-code"
GOOD_FOR, MOST_TRIES = timedelta(minutes=10), 5
MOST_A_DAY, DAY = 5, timedelta(days=1)


def start(turn: Turn) -> Both:
    """Ask for the number."""
    if not has_text(turn):
        return say("no-text")
    turn.draft = Draft(NUMBER)
    return say("ask-bind")


def has_text(turn: Turn) -> bool:
    """Whether this installation sends text messages at all."""
    return turn.settings.has_text


def number(turn: Turn) -> Both:
    """The number: a code goes to it."""
    try:
        phone = send_code(turn.session, turn.person, turn.heard.text if turn.heard.kind == TEXT else "", turn.now)
    except Invalid:
        return say("bad-phone")
    except TooMany:
        turn.draft = None
        return say("too-many-proofs")
    turn.draft = Draft(CODE)
    return say("code-sent", phone=mask_phone(phone))


def code(turn: Turn) -> Both:
    """The code."""
    try:
        phone = check_code(turn.session, turn.person, turn.heard.text if turn.heard.kind == TEXT else "", turn.now)
    except Invalid as wrong:
        return say("bad-code", left=wrong.values["left"])
    except WrongState:
        turn.draft = None
        return say("code-over")
    turn.draft = None
    return say("bound", phone=mask_phone(phone))


def send_code(session: Session, person: WechatPerson, typed: str, now: datetime) -> str:
    """Text a code to this number; the number as it was understood. Raises Invalid for what is no mobile, TooMany beyond MOST_A_DAY."""
    phone = clean_phone(typed)
    if not can_text(phone):
        raise Invalid(phone="请填 11 位手机号")
    earlier = _proof(session, person)
    sent = [moment for moment in (earlier or {}).get("sent", []) if now - datetime.fromisoformat(moment) < DAY]
    if len(sent) >= MOST_A_DAY:
        raise TooMany("今天验证码要得太多了，请明天再来")
    digits = f"{secrets.randbelow(10**6):06d}"
    _keep(
        session,
        person,
        {"phone": phone, "code": digits, "until": (now + GOOD_FOR).isoformat(), "tries": 0, "sent": [*sent, now.isoformat()]},
    )
    settings = current_app.config["SETTINGS"]
    values = {"city": {"zh": settings.city_name, "en": settings.city_name_en}, "code": digits}
    outbox.put(
        session,
        [
            Message(
                f"wechat-code:{person.id}:{now.isoformat()}",
                SMS,
                "wechat-code",
                values,
                address=sms_number(phone),
                shown_to=mask_phone(phone),
                language=person.language,
            )
        ],
        now,
    )
    return phone


def check_code(session: Session, person: WechatPerson, typed: str, now: datetime) -> str:
    """Bind the number the code was sent to; the number. Raises Invalid (`left`: tries) for a wrong code, WrongState when there is none any more."""
    proof = _proof(session, person)
    if proof is None or not proof["code"] or now > datetime.fromisoformat(proof["until"]):
        raise WrongState("验证码过期了，请重新要一个")
    given = "".join(str(int(digit)) for digit in typed if digit.isdecimal())
    if not hmac.compare_digest(given.encode(), proof["code"].encode()):
        proof["tries"] += 1
        if proof["tries"] >= MOST_TRIES:
            _keep(session, person, proof | {"code": ""})
            raise WrongState("验证码错太多次了，请重新要一个")
        _keep(session, person, proof)
        wrong = Invalid(code="验证码不对")
        wrong.values = {"left": MOST_TRIES - proof["tries"]}
        raise wrong
    _keep(session, person, proof | {"code": ""})
    bind(session, person, proof["phone"], now)
    return proof["phone"]


def _proof(session: Session, person: WechatPerson) -> dict | None:
    return orjson.loads(session.info["vault"].open(person.proof)) if person.proof is not None else None


def _keep(session: Session, person: WechatPerson, proof: dict) -> None:
    person.proof = session.info["vault"].seal(orjson.dumps(proof).decode())
