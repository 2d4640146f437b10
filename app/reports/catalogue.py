"""Which reports there are: name → how its paper is made for a period, as of now; who reads it; how one of figures is narrowed."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports import bulletins, channels, companies, enterprise, escalations, hotspots, indicators, ratings, specials, units, whistles
from app.reports.gathered import Gathered
from app.reports.paper import Paper
from tickets.actors import DISCIPLINE, LEADER, PUBLISHER, SUPERVISOR

REPORTS: dict[str, Callable[[Session, date, date, datetime], Paper]] = {
    "escalations": escalations.build,
    "whistles": whistles.build,
    "hotspots": hotspots.build,
    "bulletin": bulletins.build,
    "companies": companies.build,
    "specials": specials.build,
    "units": units.build,
    "ratings": ratings.build,
    "channels": channels.build,
    "enterprise": enterprise.build,
    "metrics": indicators.build,
}
FIGURES = ("units", "ratings", "channels", "enterprise", "metrics")
CASES = ("escalations", "whistles", "hotspots", "companies", "specials")
# a page leads to the cases behind its figures; who reads only figures has those of figures
READERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FIGURES, (SUPERVISOR, LEADER, DISCIPLINE, PUBLISHER)),
    **dict.fromkeys(CASES, (SUPERVISOR, LEADER)),
    "bulletin": (SUPERVISOR, LEADER, PUBLISHER),
}


def of_figures(session: Session, name: str, found: Gathered, now: datetime, about: str = "") -> Paper:
    """One of FIGURES over figures at hand. `about`: what they were narrowed to."""
    if name == "ratings":
        return ratings.lay_out(found, ratings.people(session, found.asked), about)
    if name == "channels":
        return channels.lay_out(found, channels.by_channel(session, found.asked, now), about)
    if name == "enterprise":
        return enterprise.lay_out(session, found, now, about)
    return units.lay_out(found, about) if name == "units" else indicators.lay_out(found, about)
