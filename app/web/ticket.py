"""The ticket page for every role: the address, the print, the files. What is shown is ticket_view.py's, what is done ticket_acts.py's."""

from flask import Blueprint, current_app, render_template, request, send_file
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import current_actor, fetch_ticket
from app.errors import NotFound
from app.web.seen import Seen
from app.web.ticket_view import paper_context, ticket_context
from app.work import session_now
from tickets.attachments import path_of
from tickets.models import Attachment

pages = Blueprint("ticket", __name__)


@pages.get("/tickets/<number>")
def show(number: str):
    """The page; `?do=notes` opens a form at once; for htmx the work area alone."""
    now, actor, session = clock.now(), current_actor(), session_now()
    ticket = fetch_ticket(session, actor, number)
    return render_template("ticket/page.html", **ticket_context(session, ticket, actor, now, open_form=request.args.get("do", "")))


@pages.get("/tickets/<number>/paper")
def paper(number: str):
    """The same on A4, with the reader's name on it and no identity in clear."""
    now, actor, session = clock.now(), current_actor(), session_now()
    return render_template("ticket/paper.html", **paper_context(session, fetch_ticket(session, actor, number), actor, now))


@pages.get("/tickets/<number>/attachments/<int(max=9223372036854775807):attachment_id>")
def attachment(number: str, attachment_id: int) -> Response:
    """One file, always as an attachment, never sniffed. A sealed report's own pictures are not a unit's business. Raises NotFound."""
    session, actor = session_now(), current_actor()
    ticket = fetch_ticket(session, actor, number)
    row = session.get(Attachment, attachment_id)
    if row is None or row.ticket_id != ticket.id or (Seen(ticket, actor).is_slip and row.purpose == "citizen"):
        raise NotFound("没有这个附件，或者不归您看")
    path = path_of(current_app.config["SETTINGS"].uploads.resolve(), row.sha256)
    if not path.is_file():
        raise NotFound("附件的文件不见了，请告诉维护人员")
    answer = send_file(path, mimetype=row.mime, as_attachment=True, download_name=row.name, conditional=True, max_age=0)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
