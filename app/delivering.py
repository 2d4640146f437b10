"""Reports that arrive by themselves: each ended period once per person and channel, whatever was killed meanwhile; who gets what.

A letter carries the workbook, a robot's group gets the link alone: who reads there is not known.
"""

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app import wiring
from app.attaching import file_wanted
from app.auth.access import actor_of
from app.auth.models import Account
from app.clock import CITY_ZONE, local
from app.errors import Forbidden
from app.reports.catalogue import READERS, REPORTS
from app.work import session_now, work
from escalation.metrics.asking import frozen_month
from escalation.metrics.models import ReportSubscription
from notifiers import outbox
from notifiers.message import EMAIL, INBOX, NOW, ROBOTS, Message
from notifiers.models import OutboxMessage
from notifiers.preferences import PersonalWay
from notifiers.robots import UnitRobot
from tickets.actors import Actor

DELIVERED = {
    "units": "单位成绩",
    "ratings": "好差评",
    "channels": "渠道对账",
    "enterprise": "企业服务",
    "metrics": "指标总表",
    "escalations": "升级与红黄牌",
    "whistles": "吹哨报到",
    "hotspots": "热点",
    "companies": "被反映企业",
    "specials": "专题专席",
}
ENGLISH = {
    "units": "Units",
    "ratings": "Ratings",
    "channels": "Channels",
    "enterprise": "Enterprises",
    "metrics": "All metrics",
    "escalations": "Escalations",
    "whistles": "Whistles",
    "hotspots": "Hotspots",
    "companies": "Companies complained about",
    "specials": "Special topics",
}
AT = time(7)  # a day's and a week's report are read over breakfast
FACTS = 4


def switch(session: Session, actor: Actor, report: str, cadence: str, channel: str, now: datetime) -> bool:
    """Get this report from the next period on, or, who gets it already, no more. Returns whether it comes now. Raises Forbidden."""
    same = sa.select(ReportSubscription).where(
        ReportSubscription.account_id == actor.account_id,
        ReportSubscription.report == report,
        ReportSubscription.cadence == cadence,
        ReportSubscription.channel == channel,
    )
    row = session.scalar(same)
    if row is not None:
        session.delete(row)
        return False
    if not actor.has(*READERS[report]):
        raise Forbidden("您的岗位看不到这份报表")
    session.add(
        ReportSubscription(account_id=actor.account_id, report=report, cadence=cadence, channel=channel, since=now, by_name=actor.name)
    )
    return True


def period_of(session: Session, cadence: str, now: datetime) -> tuple[date, date, datetime] | None:
    """The last period that is to be told by now: first day, last day, since when. A month waits for its freeze; None while there is none."""
    today = local(now).date()
    if cadence == "monthly":
        last = today.replace(day=1) - timedelta(days=1)
        frozen = frozen_month(session, last.replace(day=1))
        return (last.replace(day=1), last, frozen.at) if frozen else None
    first = today - timedelta(days=today.weekday()) if cadence == "weekly" else today
    ready = datetime.combine(first, AT, CITY_ZONE)
    if now < ready:
        first -= timedelta(days=7 if cadence == "weekly" else 1)
        ready = datetime.combine(first, AT, CITY_ZONE)
    return first - timedelta(days=7 if cadence == "weekly" else 1), first - timedelta(days=1), ready


def deliver(now: datetime) -> int:
    """Put every report that is due and was not put yet into the outbox, one transaction a person. Returns how many. Twice at once puts each once."""
    done = 0
    for row_id in list(session_now().scalars(sa.select(ReportSubscription.id).order_by(ReportSubscription.id))):
        with work() as session:
            done += _deliver_one(session, row_id, now)
    return done


def key_of(row: ReportSubscription, first: date) -> str:
    """The outbox keeps one message a key: a period is told once."""
    return f"report:{row.report}:{row.cadence}:{first.isoformat()}:{row.channel}:{row.account_id}"


def _deliver_one(session: Session, row_id: int, now: datetime) -> int:
    row = session.get(ReportSubscription, row_id)
    period = period_of(session, row.cadence, now) if row is not None else None
    if row is None or period is None or period[2] < row.since:
        return 0
    first, last, _ready = period
    account = session.get(Account, row.account_id)
    if session.scalar(sa.select(OutboxMessage.id).where(OutboxMessage.key == key_of(row, first))) or not (
        account.active and actor_of(session, account, now).has(*READERS[row.report])
    ):
        return 0
    return len(outbox.put(session, [_message(session, row, account, first, last, now)], now))


def _message(session: Session, row: ReportSubscription, account: Account, first: date, last: date, now: datetime) -> Message:
    paper = REPORTS[row.report](session, first, last, now)
    link = f"{current_app.config['SETTINGS'].public_url.rstrip('/')}/desk/reports/{row.report}?from={first}&to={last}"
    said = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    subject = f"report:{row.report}:{first}:{last}"
    values = {
        "subject": subject,
        "report": {"zh": DELIVERED[row.report], "en": ENGLISH[row.report]},
        "period": said,
        "link": link,
        "facts": {"zh": "；".join(f"{name} {value}" for name, value in paper.facts[:FACTS]), "en": f"{len(paper.tables)} tables"},
    }
    channel, address, shown = _way(session, row, account)
    if channel == EMAIL:
        values["file"] = file_wanted(row.report, first, last, account.id)
    return Message(
        key_of(row, first),
        channel,
        "report-link" if channel in ROBOTS else "report",
        values,
        NOW,
        account.id,
        address,
        shown,
        account.language or "zh",
        (subject,),
    )


def _way(session: Session, row: ReportSubscription, account: Account) -> tuple[str, str, str]:
    """By e-mail or the unit's robot where there is one and the house can; else it lies in the inbox, so that nothing is lost."""
    able = wiring.channels()
    if row.channel == "email" and EMAIL in able:
        way = session.scalar(sa.select(PersonalWay).where(PersonalWay.account_id == account.id, PersonalWay.channel == EMAIL))
        if way is not None:
            return EMAIL, session.info["vault"].open(way.address), way.shown_to
    if row.channel == "robot":
        robot = session.scalar(sa.select(UnitRobot).where(UnitRobot.unit_id == account.unit_id, UnitRobot.active))
        if robot is not None and robot.kind in able:
            return robot.kind, str(robot.id), ""
    return INBOX, "", ""
