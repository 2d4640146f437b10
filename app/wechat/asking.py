"""The questions by which a matter is told, in their order: what each asks, what it takes for an answer. Pictures, recordings and a pin are taken at any question."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import Invalid
from app.wechat import filing, place
from app.wechat.draft import MOST_MEDIA, Draft, summary
from app.wechat.models import AUDIO, PHOTO
from app.wechat.people import phone_of
from app.wechat.sayings import Both, joined, say
from app.wechat.turn import IMAGE, LOCATION, LONGEST, TEXT, VOICE, Turn
from tickets import areas, risk
from tickets.identity import clean_phone
from tickets.reference import reference
from tickets.suggest import suggest
from tickets.text import mask_phone

FLOW = "file"
WANTS = ("help", "complaint", "report", "consult", "suggestion", "praise")
PASSING = (IMAGE, VOICE, LOCATION)
SHORTEST, LONGEST_NAME, LONGEST_ADDRESS = 4, 20, 200
# what is forgotten when one goes back to a question
CLEARED: dict[str, dict] = {
    "want": {"want": ""},
    "text": {"text": "", "options": []},
    "kind": {"category": ""},
    "place": {"region": "", "address": "", "lng": None, "lat": None},
    "media": {"media": []},
    "phone": {"phone": ""},
    "name": {"name": ""},
}


@dataclass(frozen=True)
class Question:
    """`take` says None when it is answered, else what is wrong; `needed`: whether it is asked at all."""

    name: str
    ask: Callable[[Turn], Both]
    take: Callable[[Turn], Both | None]
    needed: Callable[[Turn], bool] = lambda _turn: True


def begin(turn: Turn, text: str = "") -> Both:
    """A new matter, perhaps with the words it began with."""
    turn.draft = Draft(FLOW)
    warning = None
    if len(text) >= SHORTEST:
        turn.draft.answered.append("text")
        warning = _heard_text(turn, text)
    return joined(([warning] if warning else []) + [ask(turn)])


def ask(turn: Turn) -> Both:
    """The question that is open."""
    return _open(turn).ask(turn)


def step(turn: Turn) -> Both:
    """One answer, or something sent in passing, and the next question."""
    if turn.heard.kind in PASSING:
        return _in_passing(turn)
    if turn.heard.kind != TEXT:
        return joined([say("not-taken"), ask(turn)])
    return _answered(turn, _open(turn))


def back(turn: Turn) -> Both:
    """To the question before; from the first one nowhere."""
    if turn.draft.answered:
        name = turn.draft.answered.pop()
        for field, empty in CLEARED.get(name, {}).items():
            setattr(turn.draft, field, list(empty) if isinstance(empty, list) else empty)
    return ask(turn)


def _open(turn: Turn) -> Question:
    return next(one for one in QUESTIONS if one.name not in turn.draft.answered and one.needed(turn))


def _answered(turn: Turn, question: Question) -> Both:
    said = question.take(turn)
    if question.name == "confirm":
        return said or say("want-confirm")
    if said is not None and question.name not in turn.draft.answered:
        return said
    if question.name not in turn.draft.answered:
        turn.draft.answered.append(question.name)
    return joined(([said] if said else []) + [ask(turn)])


def _in_passing(turn: Turn) -> Both:
    """A pin is the place, a picture and a recording belong to the matter, whichever question is open."""
    question, heard = _open(turn), turn.heard
    if heard.kind == LOCATION:
        said = _take_pin(turn)
        if question.name == "place" and turn.draft.lng is not None:
            turn.draft.answered.append("place")
        return joined([said, ask(turn)])
    said = keep_media(turn)
    if heard.kind == VOICE and question.name == "text":
        return _answered(turn, question) if len(heard.text) >= SHORTEST else say("voice-heard")
    if heard.kind == VOICE and heard.text:
        turn.draft.text = f"{turn.draft.text}\n（语音）{heard.text}".strip()[:LONGEST]
    return said if question.name == "media" else joined([said, ask(turn)])


def keep_media(turn: Turn) -> Both:
    """Remember a picture or a recording, to be fetched once the matter is told."""
    media_id = turn.heard.fields.get("MediaId", "")
    if not media_id:
        return say("not-taken")
    if len(turn.draft.media) >= MOST_MEDIA:
        return say("media-full")
    turn.draft.media.append([PHOTO if turn.heard.kind == IMAGE else AUDIO, media_id[:200]])
    return say("media-kept", n=len(turn.draft.media))


def _take_pin(turn: Turn) -> Both:
    try:
        lat, lng = (float(turn.heard.fields.get(name, "")) for name in ("Location_X", "Location_Y"))
    except ValueError:
        return say("not-taken")
    if not place.is_point(lng, lat):
        return say("not-taken")
    turn.draft.lng, turn.draft.lat = place.to_earth(lng, lat)
    turn.draft.address = turn.heard.fields.get("Label", "")[:LONGEST_ADDRESS]
    return _with_region(turn, areas.at(turn.session, turn.draft.lng, turn.draft.lat))


def _with_region(turn: Turn, code: str) -> Both:
    region = reference(turn.session).regions.get(code)
    turn.draft.region = code if region else ""
    return say("place-kept", street={"zh": region.name, "en": region.name_en or region.name}) if region else say("place-kept-plain")


# ---- one question after the other


def _take_consent(turn: Turn) -> Both | None:
    if turn.heard.command != "agree" and turn.heard.number != 1:
        return say("want-consent")
    turn.person.consented_at = turn.now
    return None


def _take_want(turn: Turn) -> Both | None:
    if turn.heard.number is None or not 1 <= turn.heard.number <= len(WANTS):
        return joined([say("want-number"), ask(turn)])
    turn.draft.want = WANTS[turn.heard.number - 1]
    return None


def _take_text(turn: Turn) -> Both | None:
    if len(turn.heard.text) < SHORTEST:
        return say("short-text")
    if len(turn.heard.text) > LONGEST:
        return say("long-text")
    turn.draft.answered.append("text")
    return _heard_text(turn, turn.heard.text)


def _heard_text(turn: Turn, text: str) -> Both | None:
    """Keep the words and what kinds they sound like; a warning when they sound like danger."""
    turn.draft.text = text[:LONGEST]
    kinds = suggest(turn.session, turn.draft.text, turn.draft.region, turn.now)["categories"]
    turn.draft.options = [kind["code"] for kind in kinds]
    return say("danger") if {"safety", "threat"} & set(risk.signals(text)) else None


def _ask_kind(turn: Turn) -> Both:
    codes = reference(turn.session).category_codes
    rows = [
        {"zh": f"{n} {codes[code].path_name}", "en": f"{n} {codes[code].name_en or codes[code].name}"}
        for n, code in enumerate(turn.draft.options, 1)
        if code in codes
    ]
    return say("ask-kind", choices=joined(rows))


def _take_kind(turn: Turn) -> Both | None:
    number = turn.heard.number
    if number is None or number > len(turn.draft.options):
        return joined([say("want-number"), ask(turn)])
    turn.draft.category = turn.draft.options[number - 1] if number else ""
    return None


def _take_place(turn: Turn) -> Both | None:
    if turn.heard.command == "skip":
        return None
    turn.draft.address = turn.heard.text[:LONGEST_ADDRESS]
    turn.draft.answered.append("place")
    named = [one.code for one in reference(turn.session).regions.values() if one.parent_code and one.name in turn.draft.address]
    return _with_region(turn, named[0] if len(named) == 1 else "")


def _take_media(turn: Turn) -> Both | None:
    if turn.heard.command in ("done", "skip"):
        return None
    turn.draft.text = f"{turn.draft.text}\n{turn.heard.text}"[:LONGEST]
    return say("media-kept", n=len(turn.draft.media))


def _ask_phone(turn: Turn) -> Both:
    known = phone_of(turn.session, turn.person)
    return say("ask-phone-known", phone=mask_phone(known)) if known else say("ask-phone")


def _take_phone(turn: Turn) -> Both | None:
    known = phone_of(turn.session, turn.person)
    if turn.heard.command in ("anonymous", "skip"):
        return None
    if known and (turn.heard.number == 1 or turn.heard.command == "agree"):
        turn.draft.phone = known
        return None
    try:
        turn.draft.phone = clean_phone(turn.heard.text)
    except Invalid:
        return say("bad-phone")
    return None if turn.draft.phone and len(turn.heard.text) <= LONGEST_NAME else say("bad-phone")


def _take_name(turn: Turn) -> Both | None:
    if turn.heard.command == "skip":
        return None
    if len(turn.heard.text) > LONGEST_NAME:
        return say("long-name")
    turn.draft.name = turn.heard.text
    return None


def _take_confirm(turn: Turn) -> Both | None:
    if turn.heard.command == "confidential":
        turn.draft.confidential = True
        return joined([say("confidential"), ask(turn)])
    if turn.heard.number == 1 or turn.heard.command == "submit":
        return filing.file(turn)
    return None


QUESTIONS = (
    Question(
        "consent", lambda turn: say("ask-consent", link=turn.link("/privacy")), _take_consent, lambda turn: turn.person.consented_at is None
    ),
    Question("want", lambda _turn: say("ask-want"), _take_want),
    Question("text", lambda _turn: say("ask-text"), _take_text),
    Question("kind", _ask_kind, _take_kind, lambda turn: bool(turn.draft.options)),
    Question("place", lambda _turn: say("ask-place"), _take_place, lambda turn: turn.draft.lng is None),
    Question("media", lambda _turn: say("ask-media"), _take_media),
    Question("phone", _ask_phone, _take_phone),
    Question("name", lambda _turn: say("ask-name"), _take_name, lambda turn: bool(turn.draft.phone)),
    Question("confirm", lambda turn: say("ask-confirm", summary=summary(turn.draft)), _take_confirm),
)
