"""The operator desk's blueprint and its tabs: one screen per call, the calls one took, what may be answered at once."""

from flask import Blueprint

from app.web import said
from app.web.i18n import gettext as _
from app.web.subtabs import subtabs

pages = Blueprint("operator", __name__, url_prefix="/desk/intake")
PATH = "/desk/intake"
pages.context_processor(said.context)


def tabs(current: str) -> list[dict]:
    """The desk's own tabs and the person's other desks. `current`: call, mine, knowledge, missed or specials."""
    own = [
        ("call", _("受理台"), PATH),
        ("mine", _("我登记的"), f"{PATH}/mine"),
        ("knowledge", _("查知识"), f"{PATH}/knowledge"),
        ("missed", _("漏接回拨"), f"{PATH}/missed"),
        ("specials", _("专题"), "/desk/specials"),
    ]
    return subtabs(PATH, [{"label": label, "href": href, "current": name == current} for name, label, href in own])
