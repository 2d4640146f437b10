"""A department arrives (domain §6): who, from which post, when, and how the place is proven: position, the street's code, or remotely.

The street's code changes every few minutes and is good for this whistle only: a picture of it sent to an office is soon worth nothing.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, WrongState
from tickets import whistle_codes as codes
from tickets import words
from tickets.actors import Actor
from tickets.organisations import Post, Unit
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import CheckIn, Summons, Whistle
from tickets.whistle_workflow import move, permit

SLOT = 300  # seconds a code is shown; the one before is still taken
CODE_LENGTH = 16
LONGEST_WAY = 600  # minutes
DEGREE = 111_320  # metres of latitude


@dataclass(frozen=True)
class Arrival:
    """What is said at arrival. Exactly one proof: `lng` and `lat`, `code`, or `remote`."""

    person: str
    lng: float | None = None
    lat: float | None = None
    code: str = ""
    remote: bool = False


def arrival_code(session: Session, whistle: Whistle, now: datetime, back: int = 0) -> str:
    """The street's code at `now`; `back` slots earlier."""
    slot = int(now.astimezone(UTC).timestamp()) // SLOT - back
    return session.info["vault"].trace(f"arrive:{whistle.number}:{whistle.round}:{slot}")[:CODE_LENGTH]


def set_out(session: Session, whistle: Whistle, summons: Summons, minutes: int | None, actor: Actor, now: datetime) -> None:
    """On the way; `minutes` until it thinks to be there, None unknown. May be said again. Moves no clock. Raises Invalid, WrongState."""
    permit(whistle, "set-out", actor, summons)
    if summons.released_at is not None:
        raise WrongState("街道已经不等了")
    if minutes is not None and not 1 <= minutes <= LONGEST_WAY:
        raise Invalid(minutes="路上要多久，写 1 到 600 分钟")
    summons.set_out_at, summons.arriving_at = now, now + timedelta(minutes=minutes) if minutes else None
    unit = session.get(Unit, summons.unit_id)
    record(
        session,
        WhistleHappened(
            whistle,
            "set-out",
            actor,
            now,
            {"unit": unit.code, "unit_id": unit.id, "minutes": minutes},
            whistle.status,
            whistle.status,
            summons,
        ),
    )


def check_in(session: Session, whistle: Whistle, summons: Summons, arrival: Arrival, actor: Actor, now: datetime) -> CheckIn:
    """Here. Counts as signed and contacted too; B may come for A (R71). The first arrival opens the joint handling.

    Raises Invalid naming `person`, `lng`, `code` or `remote`; Forbidden, WrongState.
    """
    permit(whistle, "check-in", actor, summons)
    if not arrival.person.strip():
        raise Invalid(person="请写明来的是谁")
    how, metres = _proof(session, whistle, arrival, now)
    post, proxy = _post_of(session, summons.unit_id, actor)
    before, after = move(whistle, "check-in", actor, summons)
    summons.checked_in_at = now
    if summons.signed_at is None:
        summons.signed_at, summons.signed_by_name = now, actor.name
    summons.released_at = None
    row = CheckIn(
        summons_id=summons.id,
        round=whistle.round,
        person=arrival.person.strip(),
        post=post,
        at=now,
        how=how,
        lng=arrival.lng,
        lat=arrival.lat,
        metres=metres,
        proxy=proxy,
        by_id=actor.account_id,
    )
    session.add(row)
    session.flush()
    unit = session.get(Unit, summons.unit_id)
    record(
        session,
        WhistleHappened(
            whistle,
            "check-in",
            actor,
            now,
            {"unit": unit.code, "unit_id": unit.id, "person": row.person, "post": post, "how": how, "metres": metres, "proxy": proxy},
            before,
            after,
            summons,
        ),
    )
    return row


def metres_between(lng: float, lat: float, other_lng: float, other_lat: float) -> int:
    """Distance on the ground, good to a metre at city size."""
    east = (lng - other_lng) * math.cos(math.radians((lat + other_lat) / 2))
    return round(math.hypot(east, lat - other_lat) * DEGREE)


def with_arrivals(session: Session, whistle: Whistle) -> list[tuple[Summons, CheckIn | None]]:
    """All departments called, the lead first, each with its arrival in this round; one statement."""
    came = sa.and_(CheckIn.summons_id == Summons.id, CheckIn.round == whistle.round)
    wanted = (
        sa.select(Summons, CheckIn)
        .outerjoin(CheckIn, came)
        .where(Summons.whistle_id == whistle.id)
        .order_by(Summons.lead.desc(), Summons.id)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _proof(session: Session, whistle: Whistle, arrival: Arrival, now: datetime) -> tuple[str, int | None]:
    """How the place is proven, and the metres from it where a position tells."""
    located = arrival.lng is not None and arrival.lat is not None
    if located + bool(arrival.code) + arrival.remote != 1:
        raise Invalid(code="请定位、扫街道的二维码，或者选远程，只用一种")
    if arrival.remote:
        if whistle.kind == codes.EMERGENCY:
            raise Invalid(remote="应急哨必须到场，不能远程报到")
        if not whistle.remote_allowed:
            raise Invalid(remote="街道没有允许远程报到，请到现场")
        return "remote", None
    if arrival.code:
        if arrival.code not in {arrival_code(session, whistle, now, back) for back in (0, 1)}:
            raise Invalid(code="这个二维码过期了或不是这一哨的，请现场重新扫")
        return "qr", None
    if whistle.lng is None:
        raise Invalid(lng="这一哨没有标位置，请扫街道的二维码")
    metres = metres_between(arrival.lng, arrival.lat, whistle.lng, whistle.lat)
    if metres > codes.RADIUS:
        raise Invalid(lng="您离集合点还有 300 米以上，到了再报到")
    return "geo", metres


def _post_of(session: Session, unit_id: int, actor: Actor) -> tuple[str, bool]:
    """The post the person comes from, and whether B comes for A."""
    held = (
        sa.select(Post)
        .where(Post.unit_id == unit_id, sa.or_(Post.holder_a_id == actor.account_id, Post.holder_b_id == actor.account_id))
        .order_by(Post.id)
    )
    posts = list(session.scalars(held))
    if not posts:
        role = next((role for role in ("head", "liaison", "handler") if actor.has(role)), "handler")
        return words.ROLE[role], bool(actor.covering)
    first = next((post for post in posts if post.holder_a_id == actor.account_id), posts[0])
    proxy = first.holder_a_id != actor.account_id or bool(actor.covering)
    return f"{first.name} {'B' if proxy else 'A'} 岗", proxy
