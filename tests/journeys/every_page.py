"""axe on every page the city has, found from the routes themselves: at 1280 and 390 px, in Chinese and English (issue 2, Must show 9).

Not part of the daily suite, it takes minutes: `python3 manage.py test tests/journeys/every_page.py`.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import AnyConverter

from app import clock, create_app
from app.auth.passwords import hash_password
from app.commands.data import lay_time
from app.config import Settings
from app.db import db
from app.demo import city, patrols, programme
from app.work import work
from tests.app.web.seats import seat
from tests.browser import axe, overflow, ready
from tests.journeys.people import PASSWORD, Person
from tickets.answering import rating_token
from tickets.attachments import attachments_of
from tickets.dispatch_models import Request
from tickets.models import Ticket
from tickets.organisations import Unit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LOOKS = [(1280, "zh"), (390, "zh"), (1280, "en"), (390, "en")]
# the order matters: a page is opened by the first of them it opens itself to
VISITORS = (
    "",
    "agent1",
    "dispatcher1",
    "auditor1",
    "followup1",
    "discipline1",
    "admin1",
    "leader1",
    "dongmen.handler",
    "water.liaison",
    "water.head",
)
BESIDES = [
    ("water.liaison", "/tickets/{number}"),
    ("water.head", "/desk/unit"),
    ("dispatcher1", "/tickets/{number}"),
    ("leader1", "/desk/tickets"),
    ("dongmen.handler", "/desk/patrol"),
    ("leader1", "/account"),
    ("agent1", "/desk/intake/mine"),
]
NOT_PAGES = ("/api/", "/open311/", "/static", "/live", "/healthz", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def linhai_at_work(settings: Settings, new_database, tmp_path_factory) -> Iterator[Flask]:
    """The demo city with its three hundred tickets."""
    app = create_app(replace(settings, database_url=new_database(), home=tmp_path_factory.mktemp("at-work"), demo_password=PASSWORD))
    with app.app_context():
        with work() as session:
            lay_time(session)
            city.load_organisation(session, clock.now(), hash_password(PASSWORD))
        with work() as session:
            programme.load_tickets(session, clock.now())
            patrols.load(session, clock.now())
    yield app
    with app.app_context():
        db.engine.dispose()


def samples(app: Flask) -> dict[str, list]:
    """For each name in a route, values that may lead to a page; the first that opens is taken."""
    with app.app_context():
        session, key = db.session, app.config["SECRET_KEY"]
        by_status = {
            status: session.scalars(sa.select(Ticket).where(Ticket.status == status).limit(3)).all()
            for status in ("follow-up", "replied", "handling", "registered", "closed", "dispatched")
        }
        tickets = [ticket for found in by_status.values() for ticket in found]
        photos = [row.id for ticket in tickets for row in attachments_of(session, ticket.id)]
        asked = session.scalars(sa.select(Request.id).where(Request.decision.is_(None))).all()
        given = {
            "number": [ticket.number for ticket in tickets],
            "code": [ticket.query_code for ticket in tickets],
            "token": [rating_token(ticket, key) for ticket in by_status["follow-up"]],
            "request_id": list(asked),
            "photo_id": photos,
            "attachment_id": photos,
            "limit_code": ["general-reply"],
            "cell": ["DO-01"],
            "template": ["accepted"],
        }
        session.remove()
    return given


def addresses(app: Flask) -> dict[str, list[str]]:
    """Every page's route → the addresses to try."""
    given, found = samples(app), {}
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.rule.startswith(NOT_PAGES):
            continue
        names = sorted(rule.arguments)
        words = {name: sorted(one.items) for name, one in rule._converters.items() if isinstance(one, AnyConverter)}
        rows = [()] if not names else list(zip(*(words.get(name) or given.get(name, list(range(1, 40))) for name in names), strict=False))
        with app.test_request_context():
            found[rule.rule] = [rule.build(dict(zip(names, row, strict=True)), append_unknown=False)[1] for row in rows]
    return found


def opened(app: Flask) -> dict[str, list[tuple[str, str]]]:
    """Who opens which whole HTML pages: visitor → [(route, address)]; each page once."""
    left, plan = addresses(app), {}
    for visitor in VISITORS:
        client = seat(app, visitor) if visitor else app.test_client()
        for route, tries in list(left.items()):
            for address in tries[:12]:
                answer = client.get(address)
                assert answer.status_code < 500, f"{visitor} {address}"
                if answer.status_code == 200 and answer.mimetype == "text/html" and b"<html" in answer.data:
                    plan.setdefault(visitor, []).append((route, address))
                    del left[route]
                    break
    with app.app_context():
        number = db.session.scalar(
            sa.select(Ticket.number).join(Unit, Unit.id == Ticket.lead_unit_id).where(Unit.code == "water", Ticket.status == "handling")
        )
        db.session.remove()
    for visitor, address in BESIDES:
        plan.setdefault(visitor, []).append((address, address.format(number=number)))
    return plan


def test_axe_finds_nothing_on_any_page(linhai_at_work, serve, open_page):
    plan = opened(linhai_at_work)
    assert sum(map(len, plan.values())) > 40
    address, wrong = serve(linhai_at_work), []
    for visitor, pages in plan.items():
        person = Person(open_page(address + ("/sign-in" if visitor else "/")), address, visitor)
        if visitor:
            person.signs_in()
        for route, path in pages:
            for width, language in LOOKS:
                wrong += _faults(person, width, f"{path}{'&' if '?' in path else '?'}lang={language}", route)
        person.page.close()
    assert not wrong, "\n".join(wrong)


def _faults(person: Person, width: int, path: str, route: str) -> list[str]:
    page = person.page
    page.set_viewport_size({"width": width, "height": 800})
    page.said_wrong.clear()
    page.goto(person.address + path)
    ready(page)
    found = [*axe(page), *page.said_wrong]
    if overflow(page) > 0:
        found.append(f"{overflow(page)} px wider than the window")
    return [f"{person.name or '-'} {route} {path} {width}: {one}" for one in found]
