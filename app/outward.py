"""The channels that leave the house by e-mail and by robots, set up from the installation's settings; and the pace of all of them, kept in Valkey."""

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app import clock
from app.attaching import files_of
from app.config import Settings
from app.db import db
from notifiers import letters, robots
from notifiers.channels.base import Sender
from notifiers.channels.robots import RATES, Robot, Robots
from notifiers.channels.smtp_mail import Mailbox, SmtpMail
from notifiers.message import EMAIL, ROBOTS, SMS
from notifiers.pace import Buckets, Rate
from notifiers.robots import UnitRobot


def channels(settings: Settings) -> dict[str, Sender]:
    """Channel → its sender: robots always, for units have or have none; e-mail when it is set up."""
    ours: dict[str, Sender] = {kind: Robots(kind, robot_of, HousePace(), clock.now) for kind in ROBOTS}
    if settings.smtp_url:
        ours[EMAIL] = SmtpMail(Mailbox(settings.smtp_url, settings.mail_from, f"{settings.city_name}12345"), _sign, files_of)
    return ours


def robot_of(robot_id: int) -> Robot | None:
    """Address and secret of one in use, else None; in a session of its own, so that none is open while it is called."""
    with Session(db.engine) as session:
        row = session.get(UnitRobot, robot_id)
        return robots.in_clear(row, current_app.extensions["session_info"]["vault"]) if row is not None and row.active else None


class HousePace:
    """Paced, by the buckets of the application that asks."""

    def take(self, name: str, wanted: int, now: datetime, hurries: bool = True) -> int:
        settings = current_app.config["SETTINGS"]
        return Buckets(current_app.extensions["redis"], RATES | {SMS: Rate(settings.sms_per_second, 1)}).take(name, wanted, now, hurries)


def _sign(message_id: int) -> str:
    return letters.reply_key(current_app.extensions["session_info"]["vault"], message_id)
