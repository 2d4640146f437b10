"""What tests of the ticket page share: putting a ticket somewhere, reading the page, sending its forms, acting behind a reader's back."""

import io
import re
from datetime import timedelta

import sqlalchemy as sa
from PIL import Image

from app import clock
from app.db import db
from app.work import work
from tests import factories
from tests.app.web.seats import token_of
from tickets.models import Ticket

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def put(app, status="registered", assisting=(), **matter) -> str:
    """A committed ticket brought to this station within the last minutes; gives its number."""
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now() - timedelta(minutes=9), status, "urban", assisting, **matter).number
        db.session.remove()
    return number


def page(client, number, path="", status=200):
    answer = client.get(f"/tickets/{number}{path}")
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def post(client, number, act, headers=None, **data):
    shown = client.get(f"/tickets/{number}").get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', shown)
    sent = {"csrf_token": token_of(shown)} | ({"version": version.group(1)} if version else {})
    return client.post(f"/tickets/{number}/{act}", data=sent | data, headers=headers or {})


def do(app, number, username, verb):
    """A verb by somebody else, behind the reader's back."""
    with app.app_context():
        with work() as session:
            from_db = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            now = from_db.touched_at
            verb(session, from_db, factories.person(session, username, now), now)
        db.session.remove()


def rows(app, query):
    with app.app_context():
        found = db.session.scalars(query).all()
        db.session.remove()
    return found


def of(number):
    return sa.select(Ticket.id).where(Ticket.number == number).scalar_subquery()


def photo(name="现场.jpg", size=(400, 300)) -> tuple:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), name


def buttons(html) -> set[str]:
    """The acts the page offers: dialogs it may open and forms it may send at once."""
    turn = html.split('id="turn"', 1)[1].split("</section>", 1)[0]
    return set(re.findall(r'data-open="do-([\w-]+)"', turn)) | set(re.findall(r'action="/tickets/\d+/([\w-]+)"', turn))
