"""A city that writes and reads letters: a real SMTP server and a real IMAP one. For tests that import its fixtures."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from app import clock, create_app, wiring
from app.db import db
from app.work import work
from notifiers.delivery import deliver
from tests.app.mail_server import imap as a_mailbox


class Sent(Message):
    """Letters that left."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list = []
        self.refuse = ""

    async def handle_DATA(self, server, session, envelope):
        return self.refuse or await super().handle_DATA(server, session, envelope)

    def handle_message(self, message) -> None:
        self.letters.append(message)


class AnyPort(Controller):
    """Listens where the system lets it: no port is chosen first and taken by somebody else meanwhile."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(scope="module")
def post():
    """(mailbox, letters that left, the SMTP server's port)."""
    with a_mailbox() as box:
        sent = Sent()
        controller = AnyPort(sent, hostname="127.0.0.1", port=0)
        controller.start()
        yield box, sent, controller.port
        controller.stop()


@pytest.fixture(scope="module")
def app(settings, city, new_database, post):
    box, _sent, port = post
    app = create_app(
        replace(
            settings,
            database_url=new_database(like=city),
            smtp_url=f"smtp://127.0.0.1:{port}",
            imap_url=box.url,
            mail_from="12345@linhai.example",
        )
    )
    app.extensions["redis"].flushdb()  # as of every file's own application
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def clean(app, post):
    post[0].letters.clear()
    post[0].read.clear()
    post[1].letters.clear()
    post[1].refuse = ""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
        yield


def leave(app) -> int:
    """Letters that are due leave. Returns how many tries were made."""
    return deliver(work, {"email": wiring.senders(app.config["SETTINGS"])["email"]}, clock.now)
