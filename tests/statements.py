"""Counts the SQL statements a piece of work sends: what one page or call may cost is held by tests (design §10)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.db import db


class Statements(list):
    """The statements sent, in order."""

    def __str__(self) -> str:
        return f"{len(self)} statements:\n" + "\n".join(f"{place:3} {' '.join(one.split())[:200]}" for place, one in enumerate(self, 1))


class Tried:
    """What was tried in a domain session is taken back, for the next trial; what wrote nothing, and has nothing to write, costs nothing."""

    def __init__(self, session: Session):
        self.session, self.wrote, self.savepoint = session, False, session.begin_nested()
        sa.event.listen(session.connection(), "before_cursor_execute", self._note)

    def taken_back(self) -> None:
        """As if nothing had been tried."""
        if self.wrote or self.session.new or self.session.dirty or self.session.deleted:
            self.savepoint.rollback()
            self.session.expire_all()
            self.savepoint, self.wrote = self.session.begin_nested(), False

    def _note(self, _connection, _cursor, statement: str, *_more) -> None:
        self.wrote = self.wrote or not statement.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"))


@contextmanager
def counted(app: Flask, this_thread: bool = False) -> Iterator[Statements]:
    """`with counted(app) as sent: …; assert len(sent) <= 6, sent`. Counts on every connection of the application's engine.

    What the process keeps in memory does not grow old meanwhile: on a slow machine a page would now and then pay for the next ones too.
    `this_thread`: only what the caller itself sends, where a server of the same application is at work beside it.
    """
    sent, here = Statements(), threading.get_ident()

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        if not this_thread or threading.get_ident() == here:
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(clock, "ticks", return_value=clock.ticks()):
            yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
