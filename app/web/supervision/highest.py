"""上会和移送: what goes to the standing meeting (E7) and to discipline (E8), who was held to account (R53), as lists and as papers. Every paper that is opened is a row of the audit log."""

from datetime import datetime

from flask import Response, current_app, render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock, referring
from app.auth.access import current_actor, fetch_ticket, require
from app.auth.oversight import OVERSEEING, referrals_of
from app.reports.document import Document
from app.web.form_state import FormState, Wrong
from app.web.seen import Seen
from app.web.supervision import acting
from app.web.supervision.room import choices, highest_choices, pages, tabs
from app.web.ticket_view import watermark
from app.work import session_now, work
from escalation import dossier_queries as queries
from escalation import supervision_queries
from escalation import words as time_words
from escalation.dossiers import may_be_raised
from tickets.actors import LEADER, SUPERVISOR, Actor
from tickets.attachments import attachments_of
from tickets.models import Ticket
from tickets.reference import reference

PAGE = 25


@pages.get("/highest")
def highest():
    """The lists, what waits first: `live state misconduct ticket after` in the address; `?t=NUMBER&do=refer|raise-dossier|blame` opens a form."""
    return _lists(require(*OVERSEEING))


@pages.post("/highest/acts/<name>")
def act_highest(name: str):
    """Raise, submit, decide, withdraw; refer, conclude; hold to account."""
    actor = require(SUPERVISOR, LEADER)
    return acting.act(name, lambda wrong: _lists(actor, wrong), url_for("supervision.highest"))


@pages.get("/dossiers/<int:row_id>")
def dossier_paper(row_id: int):
    """The dossier on A4, to be printed; its PDF is `dossier_file`."""
    actor, now = current_actor(), clock.now()
    with work() as session:
        raised = queries.dossier_by_id(session, referrals_of(actor), row_id)
        document = referring.dossier_paper(session, raised, actor, now)
        return _printed(
            session, document, url_for("supervision.dossier_file", row_id=row_id), raised.dossier.number, raised.ticket, actor, now
        )


@pages.get("/dossiers/<int:row_id>/file")
def dossier_file(row_id: int):
    """The dossier as a PDF."""
    actor = current_actor()
    with work() as session:
        raised = queries.dossier_by_id(session, referrals_of(actor), row_id)
        return _file(referring.export_dossier(session, raised, actor, clock.now()), referring.PDF, f"{raised.dossier.number}.pdf")


@pages.get("/referrals/<int:row_id>")
def referral_paper(row_id: int):
    """The referral as it was sealed, on A4; the whole set with its evidence is `referral_file`."""
    actor, now = current_actor(), clock.now()
    with work() as session:
        one = queries.referral_in(session, referrals_of(actor), row_id)
        document = referring.referral_paper(session, one, actor, now)
        return _printed(session, document, url_for("supervision.referral_file", row_id=row_id), one.referral.number, one.ticket, actor, now)


@pages.get("/referrals/<int:row_id>/file")
def referral_file(row_id: int):
    """The sealed set as a ZIP."""
    actor = current_actor()
    with work() as session:
        one = queries.referral_in(session, referrals_of(actor), row_id)
        data = referring.export_referral(session, one, current_app.config["SETTINGS"].uploads, actor, clock.now())
        return _file(data, referring.ZIP, f"{one.referral.number}.zip")


def _printed(session: Session, document: Document, file: str, number: str, ticket: Ticket, actor: Actor, now: datetime) -> str:
    """The paper as a page, on record as seen."""
    page = render_template("supervision/document.html", document=document, file=file, mark=watermark(actor, now))
    referring.exported(session, number, "text/html", page.encode(), ticket, actor, now)
    return page


def _lists(actor: Actor, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    scope, args = referrals_of(actor), request.args
    found, following = queries.dossiers_page(
        session, scope, ticket=args.get("ticket", ""), live=args.get("live") == "1", cursor=args.get("after", ""), limit=PAGE
    )
    referred, further = queries.referrals_page(
        session, scope, ticket=args.get("ticket", ""), live=args.get("live") == "1", cursor=args.get("past", ""), limit=PAGE
    )
    blamed, still = supervision_queries.blamed_page(
        session, scope, ticket=args.get("ticket", ""), cursor=args.get("before", ""), limit=PAGE
    )
    chosen = wrong.values.get("ticket", "") if wrong else args.get("t", "")
    files, raisable = [], False
    if chosen:
        ticket = fetch_ticket(session, actor, chosen)
        raisable = may_be_raised(session, ticket, now)
        files = [(one.id, one.name) for one in attachments_of(session, ticket.id)]
    return render_template(
        "supervision/highest.html",
        **choices(),
        **highest_choices(),
        tabs=tabs("highest", queries.highest(session, scope)),
        dossiers=[(row, Seen(row.ticket, actor)) for row in found],
        referrals=[(row, Seen(row.ticket, actor)) for row in referred],
        blamed=blamed,
        next=following,
        further=further,
        still=still,
        names=reference(session),
        now=now,
        time_words=time_words,
        may=actor.has(SUPERVISOR, LEADER),
        leads=actor.has(LEADER),
        chosen=chosen,
        files=files,
        raisable=raisable,
        wrong=wrong,
        state_of=lambda key: FormState("highest", key, wrong, args.get("do", "") if chosen else ""),
    )


def _file(data: bytes, mimetype: str, name: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
