"""The pictures and recordings of a ticket, fetched from the platform after the ticket is there, checked and re-encoded as every upload, hung on it. What does not
come is said to the person, so that they can send it again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session
from wechatpy.exceptions import WeChatClientException

from app.config import Settings
from app.errors import Refused
from app.wechat import talk
from app.wechat.models import KEPT, LOST, PHOTO, WANTED, WechatMedia
from app.wechat.people import locked
from app.wechat.sayings import say
from app.wechat.turn import both_of
from notifiers.channels.wechat_client import STALE_TOKENS, Platform
from tickets import attachments
from tickets import public as reading
from tickets.actors import CITIZEN_ACTOR
from tickets.attachments import Checked
from tickets.models import Ticket

MOST_TRIES = 6
AGAIN_AFTER = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
CLAIMED_FOR = timedelta(minutes=2)  # longer than one file takes
NAMES = {PHOTO: "微信照片", "audio": "微信语音"}
TAKEN = {PHOTO: ("photo",), "audio": ("audio",)}

Work = Callable[[], AbstractContextManager[Session]]


def fetch_all(work: Work, platform: Platform, settings: Settings, now: Callable[[], datetime]) -> int:
    """Everything wanted now. No transaction is open while the platform is asked; two at once never fetch the same."""
    looked = 0
    while True:
        with work() as session:
            claimed = _claim(session, now())
        if claimed is None:
            return looked
        looked += 1
        media_id, data, reason, again = _downloaded(platform, *claimed, settings.upload_limit_mb * 1024 * 1024)
        with work() as session:
            _settle(session, settings, media_id, data, reason, again, now())


def is_wanted(session: Session, now: datetime) -> bool:
    """Whether anything is to be fetched now; reads one partial index."""
    return bool(session.scalar(sa.select(sa.exists().where(WechatMedia.state == WANTED, WechatMedia.next_try_at <= now))))


def _claim(session: Session, now: datetime) -> tuple[int, str] | None:
    """One that is wanted, this caller's for CLAIMED_FOR: its row and the platform's id."""
    row = session.scalar(
        sa.select(WechatMedia)
        .where(WechatMedia.state == WANTED, WechatMedia.next_try_at <= now)
        .order_by(WechatMedia.next_try_at, WechatMedia.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.tries, row.next_try_at = row.tries + 1, now + CLAIMED_FOR
    return row.id, session.info["vault"].open(row.media_id)


def _downloaded(platform: Platform, row_id: int, media_id: str, most: int) -> tuple[int, bytes, str, bool]:
    """(row, bytes, why not, whether to try again)."""
    try:
        answer = platform.media.download(media_id)
    except WeChatClientException as refused:
        return row_id, b"", str(refused.errcode or "HTTP"), refused.errcode is None or refused.errcode in (-1, *STALE_TOKENS)
    except requests.RequestException as lost:
        return row_id, b"", type(lost).__name__, True
    if not isinstance(answer, requests.Response):
        return row_id, b"", "unreadable", False
    return row_id, answer.content[: most + 1], "", False


def _settle(session: Session, settings: Settings, row_id: int, data: bytes, reason: str, again: bool, now: datetime) -> None:
    """Hang it on its ticket, or try later, or tell the person that it is lost."""
    row = session.get_one(WechatMedia, row_id, with_for_update=True, populate_existing=True)
    if row.state != WANTED:
        return
    if reason and again and row.tries < MOST_TRIES:
        row.next_try_at, row.reason = now + AGAIN_AFTER[row.tries - 1], reason
        return
    try:
        if reason:
            raise Refused("微信那边取不到了")
        _hang(session, settings, row, data, now)
        row.state, row.next_try_at, row.reason = KEPT, None, ""
    except Refused as refused:
        row.state, row.next_try_at, row.reason = LOST, None, reason or refused.code
        person, ticket = locked(session, row.person_id), session.get_one(Ticket, row.ticket_id)
        talk.tell(
            session,
            person,
            f"wechat-lost:{row.id}",
            say("media-lost", tail=ticket.number[-6:], why=both_of(_sentence(refused), **refused.values)),
            now,
        )


def _hang(session: Session, settings: Settings, row: WechatMedia, data: bytes, now: datetime) -> None:
    checked = attachments.check(data, settings.upload_limit_mb * 1024 * 1024)
    if checked.kind not in TAKEN[row.kind]:
        raise Refused("不是照片或录音")
    ticket = session.get_one(Ticket, row.ticket_id, with_for_update=True, populate_existing=True)
    _attach(session, settings, ticket, row, checked, "citizen", now)
    master = reading.master_of(session, ticket)
    if master is not None:
        session.refresh(master, with_for_update=True)
        _attach(session, settings, master, row, checked, "child", now)


def _attach(session: Session, settings: Settings, ticket: Ticket, row: WechatMedia, checked: Checked, purpose: str, now: datetime) -> None:
    attachments.attach(session, ticket, f"{NAMES[row.kind]}.{checked.suffix}", checked, settings.uploads, purpose, CITIZEN_ACTOR, now)


def _sentence(refused: Refused) -> str:
    fields = getattr(refused, "fields", {})
    return next((said[0] for said in fields.values() if said), refused.text)
