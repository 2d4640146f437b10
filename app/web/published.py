"""公布的月份: what was published, for everybody: volumes, closing by unit, rates with their formulas; no cell below the least, no person."""

from flask import Blueprint, render_template

from app import clock
from app.auth.principal import open_to_all
from app.errors import NotFound
from app.reports.published import public_month
from app.web.figures.books import month_of
from app.work import session_now
from escalation.metrics.publication import publications

pages = Blueprint("published", __name__, url_prefix="/figures/months")


@pages.get("")
@open_to_all
def index():
    """The newest published month, and the others by name."""
    session = session_now()
    listed = publications(session, only_public=True)
    return render_template("portal/months.html", listed=listed, month=public_month(session, listed[0], clock.now()) if listed else None)


@pages.get("/<month>")
@open_to_all
def show(month: str):
    """One published month."""
    session = session_now()
    listed, wanted = publications(session, only_public=True), month_of(month)
    one = next((each for each in listed if each.month == wanted), None)
    if one is None:
        raise NotFound("这个月还没有公布")
    return render_template("portal/months.html", listed=listed, month=public_month(session, one, clock.now()))
