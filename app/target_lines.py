"""A rate that falls under its line is told (R30): the city's to who oversees, a unit's own to its head, once each time it falls.

The rates are those of the month so far, whole days only; over fewer matters than a unit is ranked by, nobody is told.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.clock import local
from app.telling import topic_of
from app.web import i18n
from app.work import work
from escalation.metrics.settings import settings_of
from escalation.metrics.table import BY_CODE
from escalation.metrics.tables import days
from escalation.metrics.values import Metric
from notifiers import outbox
from notifiers.message import CAN_WAIT, INBOX, Message
from tickets.actors import HEAD, LEADER, SUPERVISOR
from tickets.reference import reference

ACCEPTED, KEPT = "accepted-in-time", "kept"  # 及时受理率 is the centre's own; 按期办理率 every unit's, too
CITY, CITY_WORDS = None, {"zh": "全市", "en": "The city"}
Day = tuple[date, int, int]
Owner = int | None


def tell(now: datetime) -> int:
    """Tell whoever has to hear. Running it again tells nobody twice. Returns how many messages were new."""
    with work() as session:
        last = local(now).date() - timedelta(days=1)
        first, settings = last.replace(day=1), settings_of(session)
        messages = []
        for metric in (BY_CODE[ACCEPTED], BY_CODE[KEPT]):
            line = settings.line_of(metric.code) or 0.0
            for owner, counted in _counted(session, metric, first, last).items():
                turn, above, below = fallen(counted, line, settings.fewest_ranked)
                if turn and (owner is CITY or metric.code == KEPT):
                    messages += _messages(session, metric, owner, turn, (above, below, line), (first, last))
        new = outbox.put(session, messages, now)
        session.info["topics"] |= {topic_of(one.account_id) for one in messages if one.account_id and one.key in new}
        return len(new)


def fallen(counted: Iterable[Day], line: float, fewest: int) -> tuple[int, int, int]:
    """Over days in order as (day, above, below): how often the share so far fell under `line` if it lies there at the end, else 0; and both sums."""
    turn, under, above, below = 0, False, 0, 0
    for _day, kept, due in counted:
        above, below, was = above + kept, below + due, under
        under = below >= max(1, fewest) and above / below < line
        turn += under and not was
    return turn if under else 0, above, below


def _counted(session: Session, metric: Metric, first: date, last: date) -> dict[Owner, list[Day]]:
    """CITY and every unit (id) → its days in order; one statement."""
    above, below = (
        sum((sa.func.coalesce(sa.func.sum(days.c[name]), 0) for name in names), sa.literal(0)) for names in (metric.above, metric.below)
    )
    found: dict[Owner, list[Day]] = {}
    whole: dict[date, tuple[int, int]] = {}
    rows = session.execute(
        sa.select(days.c.day, days.c.unit_id, above, below)
        .where(days.c.day.between(first, last))
        .group_by(days.c.day, days.c.unit_id)
        .order_by(days.c.day)
    )
    for day, unit, kept, due in rows:
        found.setdefault(unit, []).append((day, kept, due))
        so_far = whole.get(day, (0, 0))
        whole[day] = (so_far[0] + kept, so_far[1] + due)
    return found | {CITY: [(day, *both) for day, both in whole.items()]}


def _messages(
    session: Session, metric: Metric, owner: Owner, turn: int, value: tuple[int, int, float], period: tuple[date, date]
) -> list[Message]:
    unit = reference(session).units.get(owner) if owner is not CITY else None
    above, below, line = value
    subject = f"report:metrics:{period[0]}:{period[1]}"
    values = {
        "subject": "" if unit else subject,
        "whose": {"zh": unit.short_name, "en": unit.name_en or unit.short_name} if unit else CITY_WORDS,
        "metric": {"zh": metric.name, "en": i18n.catalogue().get(metric.name, (metric.name,))[0]},
        "share": f"{above / below:.2%}",
        "above": f"{above:,}",
        "below": f"{below:,}",
        "line": f"{line:.0%}",
        "period": f"{period[0]:%Y-%m-%d} – {period[1]:%Y-%m-%d}",
    }
    return [
        Message(
            f"under-line:{metric.code}:{'city' if owner is CITY else owner}:{period[0]:%Y-%m}:{turn}:{account}",
            INBOX,
            "under-line",
            values,
            CAN_WAIT,
            account_id=account,
            subjects=() if unit else (subject,),
        )
        for account in _who(session, owner)
    ]


def _who(session: Session, owner: Owner) -> Sequence[int]:
    """Who oversees the city; of a unit its head, the first to answer for it (domain §2)."""
    theirs = [Account.roles.overlap([SUPERVISOR, LEADER])] if owner is CITY else [Account.unit_id == owner, Account.roles.overlap([HEAD])]
    return session.scalars(sa.select(Account.id).where(Account.active, *theirs).order_by(Account.id)).all()
