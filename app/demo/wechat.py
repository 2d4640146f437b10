"""The demo city's official account: two of the demonstration telephones follow it, and some matters of the last weeks were told there. Rows only; the menu is put up."""

from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.wechat import menu, sending
from app.wechat.models import WechatMatter, WechatPerson
from app.wechat.people import person_id_of, way_of
from notifiers import preferences
from notifiers.channels.wechat_client import UNHEARD
from tickets.models import Ticket

FOLLOWERS = ("13900010001", "13900010002")  # telephones of the demonstration page
EACH = 3


def openid_of(number: str) -> str:
    """Who has this telephone, for the demonstration's account: the stand-in knows people by the same."""
    return "o" + sha256(f"openid·{number}".encode()).hexdigest()[:27]


def follow(session: Session, now: datetime) -> int:
    """The newest matters told on WeChat are theirs. Returns how many."""
    told = session.scalars(
        sa.select(Ticket)
        .where(Ticket.channel == "wechat", sa.not_(Ticket.sealed), Ticket.status != "registered")
        .order_by(Ticket.id.desc())
        .limit(EACH * len(FOLLOWERS))
    ).all()
    for place, number in enumerate(FOLLOWERS):
        person = session.get_one(WechatPerson, person_id_of(session, openid_of(number), now))
        person.consented_at = person.wrote_at = now - timedelta(hours=3)
        for ticket in told[place :: len(FOLLOWERS)]:
            session.add(WechatMatter(ticket_id=ticket.id, person_id=person.id))
            preferences.set_way(session, way_of(session, person), now, ticket_id=ticket.id)
    session.flush()
    return len(told)


def put_menu_up(settings: Settings) -> bool:
    """The account's menu, at the stand-in. False when nobody plays the platform just now."""
    platform = sending.platform(settings)
    if platform is None:
        return False
    try:
        platform.menu.create(menu.menu_of(settings))
    except UNHEARD:
        return False
    return True
