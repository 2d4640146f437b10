"""POSTs of the supervision room: do it and go back, or show the page again with the dialog open, what was typed and why it was refused."""

from collections.abc import Callable

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import current_actor, fetch_ticket
from app.auth.oversight import fetch_dossier, fetch_entry, fetch_order, fetch_referral
from app.errors import Invalid, NotFound, Refused, WrongState
from app.web import forms, kit
from app.web.form_state import Wrong
from app.web.i18n import gettext as _
from app.web.supervision.room import ON_DOSSIER, ON_ENTRY, ON_ORDER, ON_REFERRAL, ON_TICKET, Asked
from app.work import work
from escalation.ledger import entry_of
from tickets.text import whole_number

SHOWN_AGAIN = (409, 412, 413, 422)


def act(name: str, again: Callable[[Wrong], str], back: str) -> Response | tuple[str, int]:
    """Take the act `name` on what the form names (ticket, entry, order, dossier or referral); then to `back`. `again` draws the page it was refused on.

    Raises NotFound for an act or a thing there is none of; Forbidden as the verb does.
    """
    actor, now = current_actor(), clock.now()
    try:
        with work() as session:
            if name in ON_TICKET and not forms.text("ticket"):
                raise WrongState("先选一件工单；哨不开督办，也不催办")
            if name in ON_TICKET:
                ticket = fetch_ticket(session, actor, forms.text("ticket"), lock=True)
                entry = entry_of(session, ticket, _id("entry")) if forms.text("entry") else None
                done = ON_TICKET[name](Asked(session, ticket, actor, now, entry=entry))
            elif name in ON_ENTRY:
                ticket, entry = fetch_entry(session, actor, _id("entry"))
                done = ON_ENTRY[name](Asked(session, ticket, actor, now, entry=entry))
            elif name in ON_ORDER:
                ticket, order = fetch_order(session, actor, _id("order"))
                done = ON_ORDER[name](Asked(session, ticket, actor, now, order=order))
            elif name in ON_DOSSIER:
                ticket, dossier = fetch_dossier(session, actor, _id("dossier"))
                done = ON_DOSSIER[name](Asked(session, ticket, actor, now, dossier=dossier))
            elif name in ON_REFERRAL:
                ticket, referral = fetch_referral(session, actor, _id("referral"))
                done = ON_REFERRAL[name](Asked(session, ticket, actor, now, referral=referral))
            else:
                raise NotFound("没有这一步")
    except Refused as no:
        if no.status not in SHOWN_AGAIN:
            raise
        return again(wrong_of(name, no)), no.status
    kit.toast(done)
    kit.draft_done(f"supervision:{name}")
    return redirect(back)


def wrong_of(name: str, no: Refused) -> Wrong:
    """The refusal as the dialog shows it."""
    fields = no.fields if isinstance(no, Invalid) else {}
    return Wrong(
        name,
        no.status,
        _(no.text, **no.values) if no.values else _(no.text),
        {key: value for key, value in request.form.items() if key != "csrf_token"},
        fields,
    )


def home() -> str:
    """Where a supervisor goes after an act: the list it was done from."""
    back = forms.text("back")
    return (
        back
        if back
        in (
            url_for("supervision.show"),
            url_for("supervision.ledger_list"),
            url_for("supervision.order_list"),
            url_for("supervision.highest"),
        )
        else url_for("supervision.show")
    )


def _id(name: str) -> int:
    found = whole_number(forms.text(name))
    if found is None:
        raise NotFound("没有这一条，或者不归您看")
    return found
