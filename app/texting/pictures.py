"""Pictures that came with a text message: fetched from the provider with our credentials, checked, re-encoded, hung on the matter; who sent one that
did not come is told. By a worker, never by the web."""

from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

import requests
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.citizen_words import Answer
from app.config import Settings
from app.errors import Refused
from app.texting import turn
from app.texting.models import KEPT, LOST, WANTED, TextMessage, TextPicture
from app.work import work
from notifiers.models import OutboxMessage
from tickets import attachments
from tickets import public as reading
from tickets.actors import CITIZEN_ACTOR
from tickets.models import Ticket

PAUSES = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2))
PATIENCE = 15  # seconds
MOST_STEPS = 3  # Twilio sends on to where its files lie
CHUNK = 64 * 1024
HOSTS = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")


class NotFetched(Exception):
    """It did not come; `again`: it may come later."""

    def __init__(self, reason: str, again: bool):
        super().__init__(reason)
        self.reason, self.again = reason, again


def fetch_waiting(settings: Settings, now: datetime) -> int:
    """Fetch what is due. No transaction is open while the provider is asked. Returns how many were hung on a matter."""
    kept = 0
    while True:
        with work() as session:
            claimed = _claim(session, now)
        if claimed is None:
            return kept
        picture_id, address = claimed
        try:
            data = fetch(address, settings)
        except NotFetched as missing:
            with work() as session:
                _missed(session, session.get(TextPicture, picture_id, with_for_update=True), missing, now)
            continue
        with work() as session:
            kept += _hang(session, session.get(TextPicture, picture_id, with_for_update=True), data, settings, now)


def fetch(address: str, settings: Settings) -> bytes:
    """The bytes behind a provider's address. Raises NotFetched."""
    ours, limit = urlsplit(settings.twilio_api_url).netloc, settings.upload_limit_mb * 1024 * 1024
    credentials = (settings.twilio_account_sid, settings.twilio_auth_token)
    for _step in range(MOST_STEPS):
        there = urlsplit(address)
        if there.netloc != ours and not (there.scheme == "https" and (there.hostname or "").endswith(HOSTS)):
            raise NotFetched("not-the-providers", again=False)
        try:
            at_twilio = there.netloc in (ours, "api.twilio.com")  # our credentials go nowhere else
            with requests.get(
                address, auth=credentials if at_twilio else None, timeout=PATIENCE, stream=True, allow_redirects=False
            ) as answer:
                if answer.is_redirect:
                    address = urljoin(address, answer.headers["Location"])
                    continue
                return _read(answer, limit)
        except requests.RequestException as lost:
            raise NotFetched(type(lost).__name__, again=True) from lost
    raise NotFetched("too-many-steps", again=False)


def _read(answer: requests.Response, limit: int) -> bytes:
    if answer.status_code != 200:
        raise NotFetched(str(answer.status_code), again=answer.status_code >= 500 or answer.status_code in (404, 408, 429))
    data = bytearray()
    for piece in answer.iter_content(CHUNK):
        data += piece
        if len(data) > limit:
            raise NotFetched("too-large", again=False)
    return bytes(data)


def _claim(session: Session, now: datetime) -> tuple[int, str] | None:
    """The next picture, with its next try already set: a worker that dies loses only time."""
    picture = session.scalar(
        sa.select(TextPicture)
        .where(TextPicture.state == WANTED, TextPicture.ticket_id.is_not(None), TextPicture.next_try_at <= now)
        .order_by(TextPicture.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if picture is None:
        return None
    picture.tries += 1
    picture.next_try_at = now + PAUSES[min(picture.tries, len(PAUSES)) - 1]
    return picture.id, session.info["vault"].open(picture.address)


def _missed(session: Session, picture: TextPicture | None, missing: NotFetched, now: datetime) -> None:
    if picture is not None:
        picture.reason = missing.reason
        if not missing.again or picture.tries > len(PAUSES):
            _lose(session, picture, missing.reason, now)


def _lose(session: Session, picture: TextPicture, reason: str, now: datetime) -> None:
    """It will not come any more: who sent it hears so, once a message, in the language they were answered in."""
    picture.state, picture.reason = LOST, reason
    message, ticket = session.get_one(TextMessage, picture.message_id), session.get_one(Ticket, picture.ticket_id)
    spoken = session.scalar(sa.select(OutboxMessage.language).where(OutboxMessage.key.startswith(f"text:{message.id}:")).limit(1))
    link = f"{current_app.config['SETTINGS'].public_url.rstrip('/')}/t/{ticket.query_code}"
    said = Answer("said-photo-lost", {"tail": ticket.number[-6:], "link": link}, ticket.id)
    turn.say(session, f"text-lost:{message.id}", said, session.info["vault"].open(message.number), spoken or "zh", now)


def _hang(session: Session, picture: TextPicture | None, data: bytes, settings: Settings, now: datetime) -> int:
    """Photos and sound become the citizen's attachments, on the matter they were merged into another citizen's. What is neither is left."""
    ticket = session.get(Ticket, picture.ticket_id, with_for_update=True) if picture is not None and picture.state == WANTED else None
    if picture is None or ticket is None:
        return 0
    try:
        checked = attachments.check(data, settings.upload_limit_mb * 1024 * 1024)
        attachments.attach(
            session, ticket, f"短信{picture.place + 1}.{checked.suffix}", checked, settings.uploads, "citizen", CITIZEN_ACTOR, now
        )
        if (master := reading.master_of(session, ticket)) is not None:
            attachments.attach(session, master, f"photo.{checked.suffix}", checked, settings.uploads, "child", CITIZEN_ACTOR, now)
    except Refused as refused:
        _lose(session, picture, refused.code, now)
        return 0
    picture.state, picture.reason = KEPT, ""
    return 1
