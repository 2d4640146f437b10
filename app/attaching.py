"""The file a letter carries: the report it speaks of as a workbook, made when the letter leaves, for somebody who may read it then."""

from datetime import date

from flask import current_app
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.db import db
from app.reports.catalogue import READERS, REPORTS
from app.reports.written import FORMATS
from notifiers.channels.base import Outgoing
from notifiers.channels.smtp_mail import File

KIND = "xlsx"


def file_wanted(report: str, since: date, until: date, account_id: int) -> dict:
    """What a message's values say of its file."""
    return {"report": report, "from": since.isoformat(), "to": until.isoformat(), "account": account_id}


def files_of(message: Outgoing) -> list[File] | None:
    """The files of a letter, mostly none; None when whom it is for may not read them any more. In a session of its own."""
    wanted = message.values.get("file")
    if not wanted:
        return []
    now, (since, until) = clock.now(), (date.fromisoformat(wanted[end]) for end in ("from", "to"))
    with Session(db.engine) as session:
        session.info.update(current_app.extensions["session_info"])
        account = session.get(Account, wanted["account"])
        if account is None or not account.active or not actor_of(session, account, now).has(*READERS[wanted["report"]]):
            return None
        write, mime = FORMATS[KIND]
        return [
            File(
                f"{wanted['report']}-{since:%Y%m%d}-{until:%Y%m%d}.{KIND}",
                mime,
                write(REPORTS[wanted["report"]](session, since, until, now)),
            )
        ]
