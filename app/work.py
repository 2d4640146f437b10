"""The unit of work: open, run, let the reactions write their rows, commit once, then wake whoever waits. The only commit in the house."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy.orm import Session

from app import wiring
from app.db import db


def session_now() -> Session:
    """This request's or job's session, ready for domain code: reads use it directly, writes inside `work()`."""
    session = db.session()
    if "vault" not in session.info:
        session.info.update(current_app.extensions["session_info"])
    return session


@contextmanager
def work() -> Iterator[Session]:
    """One transaction. What the verbs recorded is handed to wiring's reactions before the commit; if one fails, nothing happened.

    After the commit, live pages and queues are woken; a failure to wake loses nothing: sweeps and polling find the rows.
    """
    session = session_now()
    session.info["events"], session.info["topics"] = [], set()
    try:
        yield session
        settle(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["events"] = []
    wiring.wake(current_app.extensions["redis"], session.info["topics"])


def settle(session: Session) -> None:
    """Let the reactions write their rows now, for whoever must show the outcome (a due date) before the commit."""
    session.info["topics"] |= wiring.topics_of_all(wiring.react(session))
