"""What a citizen gets told, and gets done, by a few words in a text message or a chat: progress, urge, supplement, rate. Their own matters only.

Answers are templates of notifiers/wording with their values, so that every channel says the same; how words are read, and how an answer
leaves, is the channel's business. Never a title, a name or a word of the matter itself: a number can be faked, and a report is sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid, Refused
from app.telling import CENTRE
from app.web import i18n
from notifiers.texts import MONTHS, render
from tickets import answering, intake, words
from tickets import public as reading
from tickets.actors import CITIZEN_ACTOR
from tickets.codes import OPEN, WITH_UNIT
from tickets.models import Identity, Ticket
from tickets.reference import reference

MOST = 20  # matters of one person that are looked at
LISTED = 3  # and named in one answer
NO_SIGN = ""
SOMEBODY = {"zh": "办事单位", "en": "the unit"}


@dataclass(frozen=True)
class Asker:
    """Who writes. `trace`: the keyed hash of their number, as tickets/identity.py makes it, "" when unknown; `ticket_ids`: matters that are
    theirs by other proof (an openid). `channel`: "sms" or "wechat", kept with a rating."""

    trace: str = ""
    ticket_ids: frozenset[int] = frozenset()
    channel: str = "sms"


@dataclass(frozen=True)
class Answer:
    """What is said: a template and its values. `ticket_id`: the matter it is about; `told`: the house tells the citizen of this anyway
    (app/telling_citizens.py), so a channel that hears those messages need not say it twice."""

    template: str
    values: dict = field(default_factory=dict)
    ticket_id: int | None = None
    told: bool = False

    def plain(self, language: str = "zh") -> str:
        """In words."""
        return render(self.template, {"sign": NO_SIGN} | self.values, language).plain


def own_matters(session: Session, asker: Asker) -> list[Ticket]:
    """The newest matters of this person, newest first; one statement."""
    mine: list[sa.ColumnElement[bool]] = [sa.false()]
    if asker.trace:
        mine.append(Ticket.id.in_(sa.select(Identity.ticket_id).where(Identity.phone_trace == asker.trace)))
    if asker.ticket_ids:
        mine.append(Ticket.id.in_(asker.ticket_ids))
    return list(session.scalars(sa.select(Ticket).where(sa.or_(*mine)).order_by(Ticket.id.desc()).limit(MOST)))


def open_matters(session: Session, asker: Asker) -> list[Ticket]:
    """Those that still go on, their own or merged into one that does."""
    return [ticket for ticket in own_matters(session, asker) if _whole(session, ticket).status in OPEN]


def knows(session: Session, code: str) -> bool:
    """Whether there is a matter with this code."""
    return _by_code(session, code) is not None


def progress(session: Session, asker: Asker, now: datetime, code: str = "") -> Answer:
    """How far it is: of the matter with this code, else of theirs. Of somebody else's only the public label."""
    if code:
        ticket = _by_code(session, code)
        if ticket is None:
            return no_such(code)
        return (
            _line(session, ticket, now)
            if _owns(session, asker, ticket)
            else Answer("said-progress-other", {"code": code, "state": _state(_whole(session, ticket))})
        )
    mine = own_matters(session, asker)
    going = [ticket for ticket in mine if _whole(session, ticket).status in OPEN] or mine[:1]
    if not going:
        return Answer("said-no-matter")
    return _line(session, going[0], now) if len(going) == 1 else Answer("said-progress-several", _several(session, going))


def urge(session: Session, asker: Asker, now: datetime, code: str = "") -> Answer:
    """Ask again, as often as the page allows it. Raises Refused."""
    ticket = _one(session, asker, code)
    if isinstance(ticket, Answer):
        return ticket
    whole = _locked(session, ticket)
    when = reading.urging(session, whole, now)
    if when.now:
        intake.urge(session, whole, CITIZEN_ACTOR, now)
        return _about("said-urged", ticket, told=True, unit=_unit(session, whole))
    if when.since is not None:
        return _about("said-urge-later", ticket, moment={"at": when.since.isoformat()})
    return _about("said-urge-none", ticket, state=_state(whole))


def supplement(session: Session, asker: Asker, content: str, now: datetime, code: str = "") -> Answer:
    """More words for an open matter. Raises Refused."""
    if len(content) > intake.LONGEST:
        raise Invalid(content="内容最多 5000 字，请缩短或分次补充")
    ticket = _one(session, asker, code)
    if isinstance(ticket, Answer):
        return ticket
    if _locked(session, ticket).status not in OPEN:
        return _about("said-ended", ticket)
    intake.supplement(session, ticket, content, CITIZEN_ACTOR, now)
    return _about("said-supplemented", ticket)


def rate(session: Session, asker: Asker, score: int, now: datetime, code: str = "", words: str = "") -> Answer:
    """The word on the answer that waits for it, perhaps with a reason (`words`): once per ticket and round, by the verb the page uses. Who
    wanted no answer is asked for nothing, and says by the code which one they rate all the same (domain §7). Raises Refused."""
    waiting = [
        ticket
        for ticket in own_matters(session, asker)
        if (ticket.query_code == code if code else ticket.reply_wanted) and reading.is_rateable(ticket, reading.master_of(session, ticket))
    ]
    fresh = [ticket for ticket in waiting if reading.rated(session, ticket) is None]
    if not fresh:
        return _about("said-rated-already", waiting[0]) if waiting else Answer("said-rate-none")
    if len(fresh) > 1:
        return Answer("said-rate-which", _several(session, fresh) | {"code": fresh[0].query_code})
    ticket = fresh[0]
    session.refresh(ticket, with_for_update=True)
    answering.rate(session, ticket, score, now, words=words, channel=asker.channel)
    return _about("said-rated-bad" if score <= 2 else "said-rated-good", ticket, n=str(score))


def awaits_rating(session: Session, ticket: Ticket) -> bool:
    """Whether its citizen is to be asked for a rating: they wanted an answer, it stands, and they have not said yet."""
    return (
        ticket.reply_wanted and reading.is_rateable(ticket, reading.master_of(session, ticket)) and reading.rated(session, ticket) is None
    )


def which(session: Session, matters: Sequence[Ticket]) -> Answer:
    """The polite question which of several matters is meant."""
    return Answer("said-which", _several(session, matters))


def no_such(code: str) -> Answer:
    """Nobody has this code."""
    return Answer("said-no-code", {"code": code[:10]})


def refusal(refused: Refused) -> Answer:
    """What a verb would not do, in its own sentence, both languages."""
    said = [one for sentences in refused.fields.values() for one in sentences] if isinstance(refused, Invalid) else [refused.text]
    values = refused.values
    return Answer(
        "said-refused",
        {
            "why": {
                "zh": "；".join(one % values if values else one for one in said),
                "en": "; ".join(_english(one) % values if values else _english(one) for one in said),
            }
        },
    )


def sign() -> dict[str, str]:
    """Who speaks, as a telephone message must begin."""
    settings = current_app.config["SETTINGS"]
    return {"zh": f"【{settings.city_name}12345】", "en": f"[{settings.city_name_en} 12345] "}


def _line(session: Session, ticket: Ticket, now: datetime) -> Answer:
    """One matter of one's own. Of a sealed report not even the unit is named: it would tell what kind it is."""
    whole = _whole(session, ticket)
    site = current_app.config["SETTINGS"].public_url.rstrip("/")
    known: dict[str, Any] = {"state": _state(whole), "link": f"{site}/t/{ticket.query_code}"}
    if ticket.sealed or whole.sealed:
        return _about("said-progress-plain", ticket, **known)
    if awaits_rating(session, ticket):
        link = f"{site}/rate/{answering.rating_token(ticket, session.info['code_key'])}"
        return _about("said-progress-answered", ticket, **known | {"link": link, "unit": _unit(session, whole)})
    if whole.due_at is None or whole.status not in WITH_UNIT:
        return _about("said-progress-plain", ticket, **known)
    late = "said-progress-late" if now > whole.due_at else "said-progress"
    return _about(late, ticket, **known, unit=_unit(session, whole), due={"due": whole.due_at.isoformat()})


def _one(session: Session, asker: Asker, code: str) -> Ticket | Answer:
    """The matter that is meant: by its code, which opens it as on its page, or the only open one of this person."""
    if code:
        return _by_code(session, code) or no_such(code)
    mine = open_matters(session, asker)
    if not mine:
        return Answer("said-no-matter")
    return mine[0] if len(mine) == 1 else which(session, mine)


def _locked(session: Session, ticket: Ticket) -> Ticket:
    """Lock the matter, then the one it goes on in, and give that one."""
    session.refresh(ticket, with_for_update=True)
    whole = _whole(session, ticket)
    if whole is not ticket:
        session.refresh(whole, with_for_update=True)
    return whole


def _by_code(session: Session, code: str) -> Ticket | None:
    return session.scalar(sa.select(Ticket).where(Ticket.query_code == code))


def _owns(session: Session, asker: Asker, ticket: Ticket) -> bool:
    if ticket.id in asker.ticket_ids:
        return True
    identity = session.get(Identity, ticket.id)
    return bool(asker.trace) and identity is not None and identity.phone_trace == asker.trace


def _whole(session: Session, ticket: Ticket) -> Ticket:
    return reading.master_of(session, ticket) or ticket


def _about(template: str, ticket: Ticket, told: bool = False, **values) -> Answer:
    return Answer(template, {"tail": ticket.number[-6:]} | values, ticket.id, told)


def _several(session: Session, matters: Sequence[Ticket]) -> dict:
    return {
        "n": str(len(matters)),
        "list": {
            language: "；".join(lines) if language == "zh" else "; ".join(lines)
            for language, lines in _lines(session, matters[:LISTED]).items()
        },
    }


def _lines(session: Session, matters: Sequence[Ticket]) -> dict[str, list[str]]:
    """Tail, kind, day and code of each; no kind of what is nobody's business."""
    names = reference(session).categories
    said: dict[str, list[str]] = {"zh": [], "en": []}
    for ticket in matters:
        row, day = None if ticket.sealed or ticket.confidential else names.get(ticket.category_id), local(ticket.received_at)
        kind = (row.name, row.name_en or "") if row else ("", "")
        said["zh"].append(
            f"尾号 {ticket.number[-6:]}（{kind[0] + '，' if kind[0] else ''}{day.month} 月 {day.day} 日，查询码 {ticket.query_code}）"
        )
        said["en"].append(
            f"…{ticket.number[-6:]} ({kind[1] + ', ' if kind[1] else ''}{MONTHS[day.month - 1]} {day.day}, code {ticket.query_code})"
        )
    return said


def _state(ticket: Ticket) -> dict[str, str]:
    label = words.PUBLIC[ticket.status][0]
    return {"zh": label, "en": _english(label)}


def _unit(session: Session, ticket: Ticket) -> dict[str, str]:
    """Who has it; of a sealed report nobody is named."""
    if ticket.sealed:
        return SOMEBODY
    unit = reference(session).units.get(ticket.lead_unit_id)
    return {"zh": unit.short_name, "en": unit.name_en or unit.short_name} if unit else CENTRE


def _english(text: str) -> str:
    return i18n.catalogue().get(text, (text,))[0]
