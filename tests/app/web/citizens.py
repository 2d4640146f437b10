"""A citizen before the portal in a test: their form, their photo, their matter at any station."""

import io
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app import clock
from app.db import db
from app.work import work
from tests import factories
from tests.app.web.seats import token_of
from tickets.models import Ticket

WORDS = {
    "content": "海晏小区 3 幢地下室从早上开始返水，已经没过脚面",
    "appeal_type": "help",
    "address": "海晏小区 3 幢",
    "region": "990101001",
    "name": "陈小芳",
    "phone": "13800002716",
    "kind": "person",
    "consent": "1",
}


def photo(width: int = 320, height: int = 240) -> io.BytesIO:
    """A JPEG with a place in its EXIF."""
    picture, out = Image.new("RGB", (width, height), (40, 90, 80)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "TellTale Camera"
    picture.save(out, "JPEG", exif=exif)
    out.seek(0)
    return out


def file(client: FlaskClient, photos: list | None = None, **changed):
    """Open the form and send it with these words."""
    page = client.get("/file").text
    form = {"csrf_token": token_of(page), "once": token_of(page, "once")} | WORDS | changed
    return client.post("/file", data=form | ({"photos": photos} if photos else {}), content_type="multipart/form-data")


def code_of(answer) -> str:
    """The ten digits in the address of a receipt."""
    assert answer.status_code == 302, answer.text[:4000]
    return answer.location.split("/")[2]


def ticket(app: Flask, code: str) -> Ticket:
    """The row as it is now, detached."""
    with app.app_context():
        row = db.session.scalar(sa.select(Ticket).where(Ticket.query_code == code))
        db.session.expunge(row)
        db.session.remove()
    return row


def standing(app: Flask, status: str, ago: timedelta = timedelta(0), lead: str = "urban", **matter) -> str:
    """The query code of a matter brought to `status` by the right people, begun `ago` before now."""
    with app.app_context():
        with work() as session:
            code = factories.a_ticket(session, clock.now() - ago, status, lead, **matter).query_code
        db.session.remove()
    return code


def does(app: Flask, code: str, act) -> None:
    """Run act(session, ticket, now) on a matter and commit."""
    with app.app_context():
        with work() as session:
            act(session, session.scalar(sa.select(Ticket).where(Ticket.query_code == code).with_for_update()), clock.now())
        db.session.remove()


def post(client: FlaskClient, page: str, path: str, **form):
    """Send a form of a page one has open."""
    return client.post(path, data={"csrf_token": token_of(client.get(page).text)} | form)


def at(days: float) -> datetime:
    return clock.now() - timedelta(days=days)
