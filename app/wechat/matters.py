"""A person's own matters in the conversation: the list, how far one is, adding to it, urging, rating. The verbs are those of the portal; nobody else's matter is touched."""

from datetime import timedelta

import sqlalchemy as sa

from app import citizen_words
from app.citizen_words import Answer, Asker
from app.errors import NotFound
from app.wechat import filing
from app.wechat.asking import keep_media
from app.wechat.draft import Draft
from app.wechat.models import WechatMatter
from app.wechat.people import matters_of
from app.wechat.sayings import Both, joined, say
from app.wechat.turn import IMAGE, LONGEST, TEXT, VOICE, Turn, both_of
from notifiers.message import LANGUAGES
from tickets import public as reading
from tickets import words
from tickets.codes import OPEN
from tickets.models import Ticket
from tickets.reference import reference

CHOOSE, SUPPLEMENT, RATE = "choose", "supplement", "rate"
NO_SUCH, ADDED_TO = "said-no-code", "said-supplemented"  # answers of app/citizen_words.py after which something follows
MOST, MOST_CHOICES = 200, 9
MOST_MISSES, MISSES_IN = 10, timedelta(hours=1)
ADDED = {"photo": "补了照片", "audio": "补了语音"}


def mine(turn: Turn) -> Both:
    """The list of what is theirs."""
    rows = _own(turn)
    return say("mine", rows=joined([_row(turn, one) for one in rows]), link=turn.link("/wechat/enter")) if rows else say("none-yet")


def progress(turn: Turn) -> Both:
    """How far their matters are."""
    return both(citizen_words.progress(turn.session, asker(turn), turn.now))


def by_code(turn: Turn, code: str) -> Both:
    """How far the matter of a query code is: whoever holds the code may ask, as on the portal; guessing is counted."""
    person = turn.person
    if person.missed_at is not None and turn.now - person.missed_at > MISSES_IN:
        person.misses = 0
    if person.misses >= MOST_MISSES:
        return say("too-many-codes")
    answer = citizen_words.progress(turn.session, asker(turn), turn.now, code)
    if answer.template == NO_SUCH:
        person.misses, person.missed_at = person.misses + 1, turn.now
    return both(answer)


def asker(turn: Turn) -> Asker:
    """Whose matters they are: those told here, and those told with the number they have proven."""
    told_here = turn.session.scalars(
        sa.select(WechatMatter.ticket_id)
        .where(WechatMatter.person_id == turn.person.id)
        .order_by(WechatMatter.ticket_id.desc())
        .limit(MOST)
    )
    return Asker(turn.person.phone_trace or "", frozenset(told_here), filing.CHANNEL)


def both(answer: Answer) -> Both:
    """What is said on every channel, in both languages."""
    return {language: answer.plain(language) for language in LANGUAGES}


def start(turn: Turn, verb: str) -> Both:
    """Add to, urge or rate: at once when there is but one, else after asking which."""
    fitting = [one for one in _own(turn) if FITS[verb](turn, one)]
    if not fitting:
        return say("nothing-for-it")
    if len(fitting) == 1:
        return VERBS[verb](turn, fitting[0])
    turn.draft = Draft(CHOOSE, want=verb, options=[one.id for one in fitting])
    return _ask_which(turn)


def choose(turn: Turn) -> Both:
    """The number of one in the list."""
    number = turn.heard.number
    if turn.heard.kind != TEXT or number is None or not 1 <= number <= len(turn.draft.options):
        return joined([say("want-number"), _ask_which(turn)])
    verb, ticket = turn.draft.want, _ticket(turn, turn.draft.options[number - 1])
    turn.draft = None
    return VERBS[verb](turn, ticket)


def supplement(turn: Turn) -> Both:
    """Words, pictures, recordings, until they say that is all."""
    draft, heard = turn.draft, turn.heard
    if heard.kind in (IMAGE, VOICE):
        said = keep_media(turn)
        if heard.text:
            draft.text = f"{draft.text}\n（语音）{heard.text}".strip()[:LONGEST]
        return said
    if heard.kind != TEXT:
        return say("not-taken")
    if heard.command != "done":
        draft.text = f"{draft.text}\n{heard.text}".strip()[:LONGEST]
        return say("supplement-kept")
    if not draft.text and not draft.media:
        return say("supplement-empty")
    ticket = _ticket(turn, draft.ticket)
    content = draft.text or "、".join(dict.fromkeys(ADDED[kind] for kind, _id in draft.media))
    answer = citizen_words.supplement(turn.session, asker(turn), content, turn.now, ticket.query_code)
    if answer.template == ADDED_TO:
        filing.want_media(turn, ticket)
    turn.draft = None
    return both(answer)


def rate(turn: Turn) -> Both:
    """One of the five, once."""
    number, ticket = turn.heard.number, _ticket(turn, turn.draft.ticket)
    if turn.heard.kind != TEXT or number is None or not 1 <= number <= 5:
        return say("ask-score", tail=ticket.number[-6:])
    turn.draft = None
    return _rate(turn, ticket, number)


def lone_score(turn: Turn) -> Both | None:
    """A digit from nowhere is the rating of the one matter that waits for it; None when it is not that."""
    number = turn.heard.number
    fitting = [one for one in _own(turn) if citizen_words.awaits_rating(turn.session, one)] if number and 1 <= number <= 5 else []
    return _rate(turn, _ticket(turn, fitting[0].id), number) if len(fitting) == 1 and number else None


def _begin_supplement(turn: Turn, ticket: Ticket) -> Both:
    turn.draft = Draft(SUPPLEMENT, ticket=ticket.id)
    return say("ask-supplement")


def _begin_rating(turn: Turn, ticket: Ticket) -> Both:
    turn.draft = Draft(RATE, ticket=ticket.id)
    return say("ask-score", tail=ticket.number[-6:])


def _urge(turn: Turn, ticket: Ticket) -> Both:
    answer = citizen_words.urge(turn.session, asker(turn), turn.now, ticket.query_code)
    if answer.told and ticket.status != "merged":
        filing.said_here(turn, ticket, "urged")
    return both(answer)


def _rate(turn: Turn, ticket: Ticket, score: int) -> Both:
    return both(citizen_words.rate(turn.session, asker(turn), score, turn.now, ticket.query_code))


def _is_open(_turn: Turn, ticket: Ticket) -> bool:
    return ticket.status in OPEN or ticket.status == "merged"


def _is_rateable(turn: Turn, ticket: Ticket) -> bool:
    return reading.is_rateable(ticket, reading.master_of(turn.session, ticket)) and reading.rated(turn.session, ticket) is None


def _ask_which(turn: Turn) -> Both:
    rows = [_numbered(n, _row(turn, _ticket(turn, one))) for n, one in enumerate(turn.draft.options, 1)]
    return say("choose", rows=joined(rows))


def _numbered(number: int, row: Both) -> Both:
    return {language: f"{number} {words}" for language, words in row.items()}


def _row(turn: Turn, ticket: Ticket) -> Both:
    """What tells one from another without a word of it: the kind, unless it is sealed."""
    whole = reading.master_of(turn.session, ticket) or ticket
    kind = reference(turn.session).categories.get(ticket.category_id or 0)
    said = (
        both_of(words.APPEAL_TYPE[ticket.appeal_type])
        if ticket.sealed or ticket.confidential or kind is None
        else {"zh": kind.name, "en": kind.name_en or kind.name}
    )
    return say("row", tail=ticket.number[-6:], kind=said, status=both_of(words.PUBLIC[whole.status][0]))


def _own(turn: Turn) -> list[Ticket]:
    return list(turn.session.scalars(matters_of(turn.person).limit(MOST_CHOICES)))


def _ticket(turn: Turn, ticket_id: int) -> Ticket:
    """One that is theirs. Raises NotFound for another's."""
    found = turn.session.scalar(matters_of(turn.person).where(Ticket.id == ticket_id))
    if found is None:
        raise NotFound("没有这件，或者不是您说的")
    return found


FITS = {SUPPLEMENT: _is_open, "urge": _is_open, RATE: _is_rateable}
VERBS = {SUPPLEMENT: _begin_supplement, "urge": _urge, RATE: _begin_rating}
