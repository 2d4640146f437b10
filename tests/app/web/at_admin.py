"""What tests of the administration desk share: sending a page's form, the last row of the log, asking the database."""

import sqlalchemy as sa

from app.auth.models import AuditEntry
from app.db import db
from tests.app.web.seats import token_of


def send(client, page: str, path: str = "", **form):
    """The form of `page`, sent to `path` (to the page itself if there is none)."""
    return client.post(path or page, data={"csrf_token": token_of(client.get(page).text)} | form)


def last_audit(app) -> AuditEntry:
    with app.app_context():
        row = db.session.scalar(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
        db.session.expunge(row)
        db.session.remove()
    return row


def one(app, query):
    """The one value a query asks for."""
    with app.app_context():
        found = db.session.scalar(query)
        db.session.remove()
    return found
