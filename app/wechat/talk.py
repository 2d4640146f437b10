"""One message of one person and its answer: what steers every conversation (help, back, cancel), the ways in, the platform's events. One turn, one transaction:
the message is done, the conversation moved on, the ticket written and the answer in the outbox, or nothing of it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.citizen_words import Answer
from app.errors import Invalid, Refused
from app.wechat import asking, binding, inbox, matters, people
from app.wechat import draft as drafts
from app.wechat.draft import summary
from app.wechat.models import WechatMessage, WechatPerson
from app.wechat.sayings import TEMPLATE, Both, joined, say
from app.wechat.turn import EVENT, TEXT, Heard, Turn, both_of, heard_of
from notifiers import outbox, preferences
from notifiers.message import WECHAT, Message
from notifiers.models import DELIVERED, FAILED, SENT, OutboxMessage

FLOWS = {
    asking.FLOW: asking.step,
    matters.CHOOSE: matters.choose,
    matters.SUPPLEMENT: matters.supplement,
    matters.RATE: matters.rate,
    binding.NUMBER: binding.number,
    binding.CODE: binding.code,
}
WAYS_IN: dict[str, Callable[[Turn], Both]] = {
    "file": asking.begin,
    "mine": matters.mine,
    "status": matters.progress,
    "bind": binding.start,
    **{verb: partial(matters.start, verb=verb) for verb in (matters.SUPPLEMENT, "urge", matters.RATE)},
}
TOLD = asking.FLOW  # the conversation by which a matter is told
RECEIPT = "TEMPLATESENDJOBFINISH"
READS = ("mine", "status")  # what one may ask in the middle of telling something
MENU = {
    "FILE": "file",
    "MINE": "mine",
    "STATUS": "status",
    "URGE": "urge",
    "SUPPLEMENT": "supplement",
    "RATE": "rate",
    "BIND": "bind",
    "HELP": "help",
}
OPENS_WINDOW = ("subscribe", "SCAN", "CLICK")  # events after which the platform lets us write freely


def take(session: Session, message: WechatMessage, person: WechatPerson, now: datetime) -> None:
    """Answer one message. The caller holds the person."""
    heard = heard_of(inbox.said(session, message))
    if heard.kind != EVENT or heard.fields.get("Event") in OPENS_WINDOW:
        person.wrote_at = max(person.wrote_at or message.sent_at, message.sent_at)
        person.follows = True
    answer = _heard(Turn(session, person, heard, now, drafts.read(session, person)))
    if answer is not None:
        tell(session, person, f"wechat:{message.id}", answer, now)
    inbox.done(message, now)


def tell(session: Session, person: WechatPerson, key: str, answer: Both, now: datetime) -> None:
    """Put an answer in the outbox, once per `key`."""
    way = people.way_of(session, person)
    outbox.put(
        session,
        [Message(key, WECHAT, TEMPLATE, {"said": answer}, address=way.address, shown_to=way.shown_to, language=person.language)],
        now,
    )


def _heard(turn: Turn) -> Both | None:
    """The answer, with the conversation moved on; a verb that refuses moves nothing."""
    before = len(turn.session.info["events"])
    try:
        with turn.session.begin_nested():
            answer = _event(turn) if turn.heard.kind == EVENT else _answer(turn)
            turn.save()
            turn.session.flush()
        return answer
    except Refused as refused:
        del turn.session.info["events"][before:]
        return say("refused", why=_why(refused))


def _answer(turn: Turn) -> Both:
    if turn.heard.command in ANYWHERE:
        return ANYWHERE[turn.heard.command](turn)
    if turn.draft is None:
        return _open(turn)
    if turn.person.reminded_at is not None:
        return _resume(turn)
    if turn.heard.command == "back":
        return asking.back(turn) if turn.draft.flow == asking.FLOW else _cancel(turn)
    if turn.heard.command in READS:
        return joined([WAYS_IN[turn.heard.command](turn), _question(turn)])
    return FLOWS[turn.draft.flow](turn)


def _open(turn: Turn) -> Both:
    """Nothing is half told: a way in, a code, a rating, or simply what happened."""
    heard = turn.heard
    if heard.command in WAYS_IN:
        return WAYS_IN[heard.command](turn)
    if heard.kind != TEXT:
        return _begin_with(turn)
    code = _code_in(heard.text)
    if code:
        return matters.by_code(turn, code)
    rated = matters.lone_score(turn)
    if rated is not None:
        return rated
    return asking.begin(turn, heard.text) if len(heard.text) >= asking.SHORTEST and not heard.command else say("help", city=_city(turn))


def _begin_with(turn: Turn) -> Both:
    """A picture, a recording or a pin from nowhere begins a matter."""
    if turn.heard.kind not in asking.PASSING:
        return say("not-taken")
    asking.begin(turn)
    return asking.step(turn)


def _resume(turn: Turn) -> Both:
    """After a pause nothing is taken for an answer before they say that they go on."""
    if turn.heard.command != "continue":
        return say("half-told", kept=summary(turn.draft, ("、", ", ")))
    turn.person.reminded_at = None
    return joined([say("resumed"), _question(turn)])


def _help(turn: Turn) -> Both:
    return joined([say("help-turn"), _question(turn)]) if turn.draft else say("help", city=_city(turn))


def _speak(turn: Turn, language: str) -> Both:
    turn.person.language = language
    return joined([say("language"), *([_question(turn)] if turn.draft else [])])


def _opt(turn: Turn, out: bool) -> Both:
    """News by WeChat stop or come again; what is half told stays as it is."""
    change, answer = (preferences.opt_out, "said-out") if out else (preferences.opt_in, "said-in")
    change(turn.session, WECHAT, people.openid_of(turn.session, turn.person), turn.now)
    return joined([matters.both(Answer(answer)), *([_question(turn)] if turn.draft else [])])


def _cancel(turn: Turn) -> Both:
    if turn.draft is None:
        return say("nothing-to-cancel")
    turn.draft = None
    return say("cancelled")


def _question(turn: Turn) -> Both:
    """What is open, said once more."""
    silent = Turn(turn.session, turn.person, Heard(TEXT), turn.now, turn.draft)
    return asking.ask(silent) if turn.draft.flow == asking.FLOW else AGAIN[turn.draft.flow](silent)


def _event(turn: Turn) -> Both | None:
    """Following, leaving, a menu, the receipt of a template message; everything else the platform tells is not said to us."""
    event, key = turn.heard.fields.get("Event", ""), turn.heard.fields.get("EventKey", "")
    if event == RECEIPT:
        _receipt(turn)
        return None
    if event in ("subscribe", "SCAN"):
        return joined([say("welcome", city=_city(turn)), *([_question(turn)] if turn.draft else [say("help-turn")])])
    if event == "unsubscribe":
        turn.person.follows, turn.draft = False, None
        return None
    command = MENU.get(key, "") if event == "CLICK" else ""
    if not command:
        return None
    spoken = Turn(turn.session, turn.person, Heard(TEXT, "", command), turn.now, turn.draft)
    if turn.draft is not None and command not in (*READS, "help"):
        return joined([say("half-told", kept=summary(turn.draft, ("、", ", ")))])
    answer = _answer(spoken)
    turn.draft = spoken.draft
    return answer


def _receipt(turn: Turn) -> None:
    """What became of a template message: it arrived, or the person refuses it and is told another way."""
    provider_id, status = f"template:{turn.heard.fields.get('MsgID', '')}", turn.heard.fields.get("Status", "")
    message_id = turn.session.scalar(
        sa.select(OutboxMessage.id).where(
            OutboxMessage.provider_id == provider_id, OutboxMessage.channel == WECHAT, OutboxMessage.status == SENT
        )
    )
    if message_id is not None:
        outbox.receive(turn.session, message_id, DELIVERED if status == "success" else FAILED, provider_id, status[:40], turn.now)


def _city(turn: Turn) -> Both:
    return {"zh": turn.settings.city_name, "en": turn.settings.city_name_en}


def _code_in(text: str) -> str:
    """The ten digits of a query code, also after the word for it; "" when these words are none."""
    digits = "".join(str(int(c)) for c in text if c.isdecimal())
    rest = "".join(c for c in text if not c.isdecimal() and not c.isspace() and c not in "-：:")
    return digits if len(digits) == 10 and rest in ("", "进度", "查进度", "查", "status", "查询码") else ""


def _why(refused: Refused) -> Both:
    sentences = [sentence for said in refused.fields.values() for sentence in said] if isinstance(refused, Invalid) else []
    return both_of("；".join(sentences)) if sentences else both_of(refused.text, **refused.values)


ANYWHERE: dict[str, Callable[[Turn], Both]] = {
    "help": _help,
    "cancel": _cancel,
    "english": partial(_speak, language="en"),
    "chinese": partial(_speak, language="zh"),
    "out": partial(_opt, out=True),
    "in": partial(_opt, out=False),
}
AGAIN: dict[str, Callable[[Turn], Both]] = {
    matters.CHOOSE: matters.choose,
    matters.SUPPLEMENT: lambda _turn: say("ask-supplement"),
    matters.RATE: matters.rate,
    binding.NUMBER: lambda _turn: say("ask-bind"),
    binding.CODE: lambda _turn: say("help-turn"),
}


def pause_of(session: Session, person: WechatPerson, until: datetime) -> Both:
    """What is said of a matter left half told."""
    return say("paused", kept=summary(drafts.read(session, person), ("、", ", ")), until=until)
