"""What tests build with: a small city, its people as actors, a ticket at any station of its way, made by the real verbs."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import actor_of
from app.auth.models import Account
from app.auth.passwords import hash_password
from tickets import answering, areas, dispatch, handling, intake
from tickets.actors import Actor
from tickets.duties import Boundary, CatalogueEntry
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Category, Ticket
from tickets.organisations import Post, Region, Unit

PASSWORD = "linhai-demo-2026"
CENTRE_PEOPLE = {
    "agent1": ["agent"],
    "dispatcher1": ["dispatcher"],
    "auditor1": ["auditor", "panel"],
    "followup1": ["follow-up"],
    "supervisor1": ["supervisor"],
    "leader1": ["leader"],
    "publisher1": ["publisher"],
    "admin1": ["admin"],
    "discipline1": ["discipline"],
}
UNITS = {
    "housing": "department",
    "urban": "department",
    "water": "company",
    "power": "company",
    "market": "department",
    "dongmen": "street",
    "nanhu": "street",
}
LAKE = {"type": "Polygon", "coordinates": [[[122.84, 35.02], [122.98, 35.02], [122.98, 35.14], [122.84, 35.02]]]}
SINCE = datetime.fromisoformat("2026-01-01T00:00:00+08:00")


def a_city(session: Session) -> None:
    """Regions, centre, units with posts and people, a few categories with their catalogue, a map; committed by the caller."""
    stored = hash_password(PASSWORD)
    session.add_all([Region(code="990101", name="东城区", name_en="East"), Region(code="990102", name="西城区", name_en="West")])
    session.flush()
    session.add_all(
        [
            Region(code="990101001", name="东门街道", name_en="Dongmen", parent_code="990101"),
            Region(code="990102001", name="南湖街道", name_en="Nanhu", parent_code="990102"),
        ]
    )
    city = _unit(session, "linhai", "city", None)
    centre = _unit(session, "centre", "centre", city)
    for username, roles in CENTRE_PEOPLE.items():
        session.add(Account(username=username, name=username, unit_id=centre.id, roles=roles, password_hash=stored))
    districts = {code: _unit(session, code, "district", city, region) for code, region in (("east", "990101"), ("west", "990102"))}
    parents = {"dongmen": (districts["east"], "990101001"), "nanhu": (districts["west"], "990102001")}
    units = list(districts.values())
    for code, kind in UNITS.items():
        parent, region = parents.get(code, (city, None))
        units.append(_unit(session, code, kind, parent, region))
    leader = session.scalar(sa.select(Account.id).where(Account.username == "leader1"))
    for unit in units:
        _people(session, unit, stored)
        unit.live, unit.superior_id = True, leader
    _duties(session, {unit.code: unit for unit in units})
    areas.lay(session, {"features": [{"properties": {"kind": "lake"}, "geometry": LAKE}]})  # a map, and no area to check pins against
    session.flush()


def _unit(session: Session, code: str, kind: str, parent: Unit | None, region: str | None = None) -> Unit:
    unit = Unit(
        code=code,
        name=f"单位{code}",
        name_en=code.title(),
        short_name=code,
        kind=kind,
        parent_id=parent.id if parent else None,
        path=f"{parent.path}.{code}" if parent else code,
        region_code=region,
        peers=kind,
    )
    session.add(unit)
    session.flush()
    return unit


def _people(session: Session, unit: Unit, stored: str) -> None:
    made = {}
    for post, role in (("liaison", "liaison"), ("handler", "handler"), ("backup", "handler"), ("head", "head")):
        made[post] = Account(
            username=f"{unit.code}.{post}", name=f"{unit.code}.{post}", unit_id=unit.id, roles=[role], password_hash=stored
        )
    if unit.kind == "street":  # party secretary beside the director: a tough whistle takes both
        made["secretary"] = Account(
            username=f"{unit.code}.secretary", name=f"{unit.code}.secretary", unit_id=unit.id, roles=["head"], password_hash=stored
        )
    session.add_all(made.values())
    session.flush()
    session.add_all(
        [
            Post(unit_id=unit.id, role="liaison", name="联络员", holder_a_id=made["liaison"].id, holder_b_id=made["backup"].id),
            Post(unit_id=unit.id, role="handler", name="承办人", holder_a_id=made["handler"].id, holder_b_id=made["backup"].id),
            Post(unit_id=unit.id, role="head", name="负责人", holder_a_id=made["head"].id),
        ]
    )


def _duties(session: Session, units: dict[str, Unit]) -> None:
    tops = {}
    for code, name, parent in (
        ("urban", "城乡建设", None),
        ("urban.drainage", "排水", "urban"),
        ("urban.drainage.backflow", "污水倒灌", "urban.drainage"),
        ("urban.street-trade", "占道经营", "urban"),
        ("commerce", "商贸旅游", None),
        ("commerce.short-weight", "短斤缺两", "commerce"),
    ):
        up = tops.get(parent)
        tops[code] = Category(
            code=code,
            name=name,
            name_en=code,
            level=code.count(".") + 1,
            parent_id=up.id if up else None,
            path_name=f"{up.path_name} › {name}" if up else name,
            keywords=[name],
        )
        session.add(tops[code])
        session.flush()
    for category, region, unit in (
        ("urban.drainage", None, "water"),
        ("urban.street-trade", None, "urban"),
        ("commerce", None, "market"),
        ("urban.street-trade", "990101001", "dongmen"),
    ):
        session.add(
            CatalogueEntry(
                version=1,
                category_id=tops[category].id,
                region_code=region,
                unit_id=units[unit].id,
                basis="权责清单第 1 条",
                effective_from=SINCE,
            )
        )
    session.add(
        Boundary(
            version=1,
            category_id=tops["urban.drainage.backflow"].id,
            title="倒灌涉电",
            lead_unit_id=units["water"].id,
            basis="边界清单第 1 条",
            division=[{"unit": "power", "unit_id": units["power"].id, "ask": "断电保安全"}],
            effective_from=SINCE,
        )
    )


def person(session: Session, username: str, now: datetime) -> Actor:
    """The account as an actor at `now`."""
    return actor_of(session, session.scalar(sa.select(Account).where(Account.username == username)), now)


def a_matter(**changed) -> Matter:
    base = {
        "channel": "phone",
        "appeal_type": "help",
        "title": "海晏小区地下室返水",
        "content": "海晏小区 3 幢地下室从早上开始返水，已经没过脚面",
        "category": "urban.drainage",
        "region": "990101001",
        "address": "海晏小区 3 幢",
        "appellant": Appellant(name="陈小芳", phone="13800002716"),
    }
    return Matter(**(base | changed))


def a_ticket(
    session: Session, now: datetime, status: str = "registered", lead: str = "urban", assisting: tuple[str, ...] = (), **matter
) -> Ticket:
    """A ticket brought to `status` along the plain way by the right people, a minute a step from `now`."""
    ticket = intake.register(session, a_matter(**matter), person(session, "agent1", now), now)
    session.flush()
    steps = {
        "dispatched": lambda at: dispatch.dispatch(session, ticket, lead, person(session, "dispatcher1", at), at, assisting),
        "signed": lambda at: handling.sign(session, ticket, person(session, f"{lead}.liaison", at), at),
        "handling": lambda at: handling.contact(session, ticket, "phone", "reached", person(session, f"{lead}.handler", at), at),
        "replied": lambda at: handling.reply(session, ticket, person(session, f"{lead}.head", at), at, **a_reply()),
        "follow-up": lambda at: answering.review(session, ticket, True, person(session, "auditor1", at), at),
        "closed": lambda at: answering.follow_up(
            session,
            ticket,
            person(session, "followup1", at),
            at,
            reached=True,
            outcome="close",
            contacted=True,
            solved=True,
            satisfied=5,
            truthful=True,
        ),
    }
    at = now
    for station, step in steps.items():
        if ticket.status == status:
            break
        at += timedelta(minutes=1)
        step(at)
        session.flush()
        if station == status:
            break
    return ticket


def a_reply(**changed) -> dict:
    return {
        "result": "resolved",
        "content": "已派人疏通管道并抽干积水，市民确认恢复正常。",
        "measures": "疏通、抽水",
        "time": "9 月 14 日上午",
        "person": "抢修队",
    } | changed
