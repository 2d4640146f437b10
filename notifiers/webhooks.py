"""Who is called back over HTTP when something happens (outgoing webhooks): subscriptions, their secrets, what each wants to hear. Sending is channels/webhook.py's."""

import base64
import secrets
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db, one_of
from app.errors import Invalid, NotFound, WrongState, later

EVENTS = ("ticket.registered", "ticket.dispatched", "ticket.answered", "ticket.urged", "ticket.reopened", "ticket.ended")
PING = "ping"
OWN, OPEN = "own", "open"
SCOPES = (OWN, OPEN)
LONGEST_URL = 500
MOST = 50  # one verb writes a row for each


class WebhookSubscription(db.Model):
    """One address of one integration account. `scope` own: matters that account filed; open: every matter anybody may read of.

    `secret` is sealed; the receiver checks signatures with it.
    """

    __tablename__ = "webhook_subscriptions"
    __table_args__ = (sa.CheckConstraint(one_of("scope", SCOPES), name="scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    url: Mapped[str]
    secret: Mapped[bytes]
    events: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    scope: Mapped[str]
    active: Mapped[bool]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    made_at: Mapped[datetime]


def add(
    session: Session, account_id: int, url: str, events: Collection[str], scope: str, made_by_id: int | None, now: datetime, inside: bool
) -> tuple[WebhookSubscription, str]:
    """A new one, and its secret, shown this once. `inside`: plain http and addresses of the city's own network are allowed. Raises Invalid, WrongState."""
    bad = {}
    if wrong := wrong_url(url.strip(), inside):
        bad["url"] = wrong
    if not events or not set(events) <= set(EVENTS):
        bad["events"] = "请至少选一种事件"
    if scope not in SCOPES:
        bad["scope"] = "请选哪些诉求"
    if bad:
        raise Invalid(**bad)
    if session.scalar(sa.select(sa.func.count()).select_from(WebhookSubscription).where(WebhookSubscription.active)) >= MOST:
        raise WrongState("回调最多 %(most)s 个，请先停用不用的", most=MOST)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = WebhookSubscription(
        account_id=account_id,
        url=url.strip(),
        secret=session.info["vault"].seal(secret),
        events=[one for one in EVENTS if one in events],
        scope=scope,
        active=True,
        made_by_id=made_by_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row, secret


def one(session: Session, subscription_id: int) -> WebhookSubscription:
    """That one, locked. Raises NotFound."""
    row = session.get(WebhookSubscription, subscription_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个回调")
    return row


def switch(session: Session, subscription_id: int, active: bool) -> WebhookSubscription:
    """In use, or not: what waits for one that is not goes to the messages that were given up. Raises NotFound."""
    row = one(session, subscription_id)
    row.active = active
    return row


def wrong_url(url: str, inside: bool) -> str:
    """What is wrong with an address, "" when nothing is. Where its name leads is looked at each time something is sent."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return later("地址最多 500 个字符，不带空格和汉字")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return later("地址不对，要像 https://example.org/hotline")
    if parts.scheme not in (("https", "http") if inside else ("https",)) or not parts.hostname or port == 0:
        return later("地址要以 https:// 开头")
    return later("地址里不能带用户名、密码或 #") if parts.username or parts.password or parts.fragment else ""
