"""The dispatch desk's blueprint, its tabs and what waits on each: one statement."""

from flask import Blueprint
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.web import said
from app.web.i18n import gettext as _
from app.web.subtabs import subtabs
from tickets.models import Request, Ticket

pages = Blueprint("dispatch", __name__, url_prefix="/desk/dispatch")
pages.context_processor(said.context)
PATH = "/desk/dispatch"
ASKED = ("extension", "suspension", "ledger", "termination")


def waiting(session: Session) -> dict[str, int]:
    """How many wait: queue, returns, disputes, asked."""
    fresh = select(func.count()).select_from(Ticket).where(Ticket.status == "registered").scalar_subquery()

    def asked(*kinds: str):
        return select(func.count()).select_from(Request).where(Request.decision.is_(None), Request.kind.in_(kinds)).scalar_subquery()

    row = session.execute(select(fresh, asked("return"), asked("dispute"), asked(*ASKED))).one()
    return dict(zip(("queue", "returns", "disputes", "asked"), row, strict=True))


def tabs(current: str, counts: dict[str, int]) -> list[dict]:
    """The desk's own tabs and the person's other desks. `current`: queue, returns, disputes or asked."""
    own = [("queue", _("待派"), PATH), ("returns", _("退单"), f"{PATH}/returns"), ("disputes", _("争议"), f"{PATH}/disputes"),
           ("asked", _("延期、暂停、挂账、终止"), f"{PATH}/asked")]
    return subtabs(PATH, [{"label": label, "href": href, "count": counts[name], "live": f"dispatch-{name}", "current": name == current}
                          for name, label, href in own])
