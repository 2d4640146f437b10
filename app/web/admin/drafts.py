"""Many drafts of the boundary list at once: every ticked one by its own verb, whole or not at all, a refusal named beside its title."""

from datetime import datetime

from flask import g, redirect
from sqlalchemy.orm import Session

from app import clock
from app.auth.audit import audit, difference
from app.errors import Invalid, NotFound, Refused
from app.web import forms, kit
from app.web.admin.boundaries import SHOWN, listed
from app.web.admin.room import pages
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.work import session_now, work
from tickets import boundaries
from tickets.boundaries import BoundaryDraft
from tickets.reference import forget
from tickets.text import whole_number

OWN = ("submit", "discard")  # what one does with one's own drafts


@pages.post("/boundaries/drafts")
def act_on_drafts():
    """Hand in or throw away one's own, publish or send back what another administrator handed in."""
    said = {
        "submit": lambda n: _n("%(n)s 条送审了，请另一位管理员来看。", n),
        "discard": lambda n: _n("%(n)s 条草稿删掉了。", n),
        "approve": lambda n: _n("%(n)s 条公布了，市民在“几家一起管的事”里看得到。", n),
        "reject": lambda n: _n("%(n)s 条退回去了。", n),
    }
    act, words, now = forms.text("act"), forms.text("words"), clock.now()
    picked = [number for raw in (forms.many("pick") or forms.many("mine"))[:SHOWN] if (number := whole_number(raw, 9))]
    if not picked:
        return listed(errors={"mine" if act in OWN else "pick": [_("请先勾选要办的草稿")]}), 422
    if act not in said:
        raise NotFound("没有这个操作")
    if act == "reject" and not words:
        return listed(errors={"words": [_("请写明哪里要改")]}, picked=picked), 422
    with work() as session:
        results = [_one(session, number, act, words, now) for number in picked]
    refused = [(title, why) for title, why in results if why]
    forget(session_now())
    if len(refused) < len(results):
        kit.toast(said[act](len(results) - len(refused)))
    return listed(refused=refused) if refused else redirect("/admin/boundaries")


def _one(session: Session, draft_id: int, act: str, words: str, now: datetime) -> tuple[str, str]:
    """Its title, and why it was not done."""
    title = str(draft_id)
    try:
        with session.begin_nested():
            row = boundaries.draft_of(session, draft_id)
            title = row.title
            action, before, after = _do(session, row, act, words, now)
            audit(session, g.actor.account_id, g.actor.name, action, f"boundary draft {draft_id}", now, **difference(before, after))
    except Invalid as bad:
        return title, " ".join(_(one) for said in bad.fields.values() for one in said)
    except Refused as no:
        return title, _(no.text, **no.values)
    return title, ""


def _do(session: Session, row: BoundaryDraft, act: str, words: str, now: datetime) -> tuple[str, dict, dict]:
    """The word of the audit log, what was, what is."""
    if act == "submit":
        boundaries.submit(row, g.actor)
        return "boundary-submit", {"state": "draft"}, {"state": row.state}
    if act == "discard":
        before = boundaries.shape(row)
        boundaries.discard(session, row, g.actor)
        return "boundary-discard", before, {}
    line = boundaries.review(session, row, act == "approve", words, g.actor, now)
    after = {"state": row.state, "words": row.words, "version": line.version if line else None}
    return "boundary-publish" if line else "boundary-reject", {"state": "review"}, after
