"""Which reports there are: name → how its paper is made for a period, as of now."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports import bulletins, channels, enterprise, escalations, hotspots, indicators, ratings, units, whistles
from app.reports.paper import Paper

REPORTS: dict[str, Callable[[Session, date, date, datetime], Paper]] = {
    "escalations": escalations.build, "whistles": whistles.build, "hotspots": hotspots.build, "bulletin": bulletins.build,
    "units": units.build, "ratings": ratings.build, "channels": channels.build, "enterprise": enterprise.build, "metrics": indicators.build,
}
