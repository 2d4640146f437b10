"""The demo city's figures: counted, the months before frozen, one of them before its units with an appeal, a report ordered by the supervisor."""

from datetime import datetime

import sqlalchemy as sa

from app import delivering, figuring, target_lines
from app.demo.cast import cast_of
from app.work import work
from escalation.metrics import months, publication, settings
from escalation.metrics.models import ReportSubscription

RANKED_FROM = 3  # a demo unit has few matters
APPEAL = "有一件是 10 月 8 日长假后才派到的，到期日按节前算了，请核对派单时间。"


def load(now: datetime) -> int:
    """Once: settings, freezes, an appeal, a subscription. Returns how many months are frozen."""
    with work() as session:
        cast = cast_of(session)
        if not settings.history(session):
            settings.change(session, settings.ReportSettings(fewest_ranked=RANKED_FROM), cast["supervisor1"], now)
    figuring.close_books(now)
    with work() as session:
        frozen = months.frozen_months(session)
        if frozen and not publication.publications(session):
            publication.open_month(session, frozen[0][0], cast["publisher1"], now)
            session.flush()
            publication.appeal(session, frozen[0][0], "closed-on-time", APPEAL, cast["housing.head"], now)
        if session.scalar(sa.select(ReportSubscription.id).limit(1)) is None:
            delivering.switch(session, cast["supervisor1"], "units", "monthly", "inbox", frozen[0][1] if frozen else now)
    target_lines.tell(now)
    delivering.deliver(now)
    return len(frozen)
