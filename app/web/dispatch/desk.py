"""The dispatch desk's blueprint, its tabs and what waits on each: one statement."""

from flask import Blueprint
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.web import said
from app.web.i18n import gettext as _
from app.web.subtabs import subtabs
from tickets.dispatch_models import Request
from tickets.models import Ticket

pages = Blueprint("dispatch", __name__, url_prefix="/desk/dispatch")
pages.context_processor(said.context)
PATH = "/desk/dispatch"
MOST = 999
ASKED = ("extension", "suspension", "ledger", "termination")


def waiting(session: Session) -> dict[str, str]:
    """How many wait: queue, returns, disputes, asked; "999+" for more, which nobody needs counted to the last at every glance."""

    def asked(*kinds: str) -> Select:
        return select(Request.id).where(Request.decision.is_(None), Request.kind.in_(kinds))

    lists = (select(Ticket.id).where(Ticket.status == "registered"), asked("return"), asked("dispute"), asked(*ASKED))
    row = session.execute(
        select(*(select(func.count()).select_from(one.limit(MOST + 1).subquery()).scalar_subquery() for one in lists))
    ).one()
    return {name: str(n) if n <= MOST else f"{MOST}+" for name, n in zip(("queue", "returns", "disputes", "asked"), row, strict=True)}


def tabs(current: str, counts: dict[str, str]) -> list[dict]:
    """The desk's own tabs and the person's other desks. `current`: queue, returns, disputes or asked."""
    own = [
        ("queue", _("待派"), PATH),
        ("returns", _("退单"), f"{PATH}/returns"),
        ("disputes", _("争议"), f"{PATH}/disputes"),
        ("asked", _("延期、暂停、挂账、终止"), f"{PATH}/asked"),
    ]
    return subtabs(
        PATH,
        [
            {"label": label, "href": href, "count": counts[name], "live": f"dispatch-{name}", "current": name == current}
            for name, label, href in own
        ],
    )
