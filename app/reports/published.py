"""A published month for everybody: volumes by channel, closing by unit, the three rates; cells below the settings' least are left out (domain §10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.reports.channels import by_channel
from app.reports.gathered import gather, unit_said
from app.web.i18n import gettext as _
from escalation.metrics.asking import Period
from escalation.metrics.models import Publication
from escalation.metrics.months import next_month
from escalation.metrics.ranking import suppressed
from escalation.metrics.table import BY_CODE, THREE_RATES
from escalation.metrics.values import Value
from tickets import words


@dataclass(frozen=True)
class Month:
    """What the public reads; None where a cell is too small. `fewest`: the least that is written."""

    publication: Publication
    received: int
    channels: list[tuple[str, int | None]]
    units: list[tuple[str, int | None, Value | None]]
    rates: list[tuple[str, str, Value | None]]
    fewest: int


def public_month(session: Session, publication: Publication, now: datetime) -> Month:
    """The frozen figures of a published month."""
    asked = Period(publication.month, next_month(publication.month) - timedelta(days=1))
    found = gather(session, asked, now)
    fewest = found.settings.fewest
    channels = suppressed({channel: one["received"] for channel, one in by_channel(session, asked, now).items()}, fewest)
    units = [unit for group in found.groups().values() for unit in group if found.of(unit).get("due")]
    due = suppressed({unit: found.of(unit)["due"] for unit in units}, fewest)
    rates = [
        (_(BY_CODE[code].name), _(BY_CODE[code].formula), value if value.denominator >= fewest else None)
        for code in ("closed-on-time", "closed", *THREE_RATES, "good")
        for value in [found.value(code)]
    ]
    return Month(
        publication,
        found.total().get("received", 0),
        [(_(words.CHANNEL[channel]), n) for channel, n in channels.items()],
        [
            (unit_said(found.names, unit), due[unit], found.value("closed-on-time", unit) if due[unit] is not None else None)
            for unit in units
        ],
        rates,
        fewest,
    )
