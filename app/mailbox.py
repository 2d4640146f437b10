"""Letters that citizens write: one becomes a new matter, or, as an answer to a letter of ours, more words on the matter that was about. Each once.

An answer counts only from the address our letter went to; machines' letters (out of office, lists, bounces) are let lie, so that no two of them write to each other.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr

from sqlalchemy.orm import Session

from app.config import Settings
from app.errors import Refused
from app.texting import meaning
from notifiers import letters, preferences
from notifiers.letters import REFUSED, REGISTERED, SUPPLEMENTED, Letter
from notifiers.message import EMAIL, Way
from notifiers.models import OutboxMessage
from tickets import attachments, intake
from tickets.actors import CITIZEN_ACTOR
from tickets.codes import OPEN
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Ticket

LARGEST = 25 * 1024 * 1024  # bytes of a whole letter
LONGEST = 5000  # characters kept of its words
MOST_FILES = 10
QUOTED = re.compile(r"^(>|-{3,}\s*(原始邮件|Original Message|转发)|发件人[:：]|On .{5,200} wrote:\s*$|在 ?.{5,100}写道[:：])", re.MULTILINE)
TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
UNREADABLE = (LookupError, ValueError, TypeError, AttributeError)  # what the standard library says to letters that are none
ADDRESS = re.compile(r"[^@\s<>\"]{1,64}@[\w.-]{1,180}")


def take(session: Session, raw: bytes, settings: Settings, now: datetime) -> str:
    """What became of this letter: registered, supplemented, refused; "" when it was here before. Raises nothing for what people may send."""
    letter = email.message_from_bytes(raw[:LARGEST], policy=email.policy.default)
    trace = session.info["vault"].trace(f"letter:{_header(letter, 'Message-ID') or raw!r}")
    if session.get(Letter, trace) is not None:
        return ""
    row = Letter(trace=trace, outcome=REFUSED, at=now)
    sender, events = parseaddr(_header(letter, "From"))[1].lower(), len(session.info["events"])
    if len(raw) <= LARGEST and ADDRESS.fullmatch(sender) and not _is_a_machine(letter, sender):
        try:
            with session.begin_nested():
                ticket, row.outcome = _told(session, letter, sender, trace, now)
                _hang(session, ticket, letter, settings, now)
            row.ticket_id = ticket.id
        except (Refused, *UNREADABLE):
            row.outcome = REFUSED
            del session.info["events"][events:]
    session.add(row)
    session.flush()
    return row.outcome


def _told(session: Session, letter: EmailMessage, sender: str, trace: str, now: datetime) -> tuple[Ticket, str]:
    """The ticket this letter is about now. Raises Refused for words no matter can be made of."""
    words, about = _words(letter), _answered(session, letter, sender)
    if about is not None and about.status in OPEN | {"merged"}:
        intake.supplement(session, about, words, CITIZEN_ACTOR, now)
        return about, SUPPLEMENTED
    subject = " ".join(_header(letter, "Subject").split())[:100]
    whole = f"{subject}\n{words}".strip()[:LONGEST]
    name = " ".join(parseaddr(_header(letter, "From"))[0].split())[:50]
    ticket = intake.register(
        session,
        Matter(
            channel="email",
            appeal_type=meaning.appeal_type_of(whole),
            content=whole,
            previous=about.number if about else "",
            appellant=Appellant(name=name, phone2=sender),
            external=("email", trace[:40]),
        ),
        CITIZEN_ACTOR,
        now,
    )
    preferences.set_way(session, Way(EMAIL, sender, sender[:2] + "***@" + sender.partition("@")[2]), now, ticket_id=ticket.id)
    return ticket, REGISTERED


def _answered(session: Session, letter: EmailMessage, sender: str) -> Ticket | None:
    """The ticket of our own letter this one answers, locked; None when it answers none, or another person's."""
    vault = session.info["vault"]
    for key in _keys(letter):
        message_id = letters.message_of(vault, key)
        message = session.get(OutboxMessage, message_id) if message_id else None
        if (
            message is not None
            and message.channel == EMAIL
            and message.blanked_at is None
            and vault.open(message.address).lower() == sender
        ):
            number = next((int(one.removeprefix("ticket:")) for one in message.subjects if one.startswith("ticket:")), 0)
            return session.get(Ticket, number, with_for_update=True)
    return None


def _keys(letter: EmailMessage) -> Iterator[str]:
    for name in ("In-Reply-To", "References"):
        yield from re.findall(r"<([^@<>\s]{1,80})@", _header(letter, name)[:4000])


def _words(letter: EmailMessage) -> str:
    """What this person wrote, without what they quote."""
    part = letter.get_body(("plain", "html"))
    try:
        text = str(part.get_content()) if part is not None else ""
    except UNREADABLE:
        text = ""
    if part is not None and part.get_content_subtype() == "html":
        text = TAGS.sub(" ", text).replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    quoted = QUOTED.search(text)
    return (text[: quoted.start()] if quoted else text).replace("\x00", "").encode("utf-8", "replace").decode().strip()[:LONGEST]


def _hang(session: Session, ticket: Ticket, letter: EmailMessage, settings: Settings, now: datetime) -> None:
    """Photos, sound and PDF are kept; what is none of these, or too many, is left out."""
    for part in list(letter.iter_attachments())[:MOST_FILES]:
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            try:
                checked = attachments.check(data, settings.upload_limit_mb * 1024 * 1024)
                attachments.attach(session, ticket, part.get_filename() or "", checked, settings.uploads, "citizen", CITIZEN_ACTOR, now)
            except Refused:
                continue


def _is_a_machine(letter: EmailMessage, sender: str) -> bool:
    said = _header(letter, "Auto-Submitted").lower() or "no"
    listed = any(_header(letter, name) for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress")) or _header(
        letter, "Precedence"
    ).lower() in ("bulk", "list", "junk")
    return said != "no" or listed or sender.startswith(("mailer-daemon@", "postmaster@", "no-reply@", "noreply@"))


def _header(letter: EmailMessage, name: str) -> str:
    """A header as text; "" for one that is missing or that nobody can read."""
    try:
        return str(letter.get(name, "")).replace("\x00", "").encode("utf-8", "replace").decode()
    except UNREADABLE:
        return ""
