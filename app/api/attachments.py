"""POST and GET /tickets/N/attachments: files are checked, re-encoded and served as attachments, never shown inline as what they claim to be."""

from flask import Response, current_app, request, send_file
from flask_smorest.fields import Upload

from app.api import etag, rows, words
from app.api.fields import Body, Code
from app.api.idempotency import once
from app.api.lists import listed
from app.api.nouns import ID, TICKET, Nouns, key_owner, made, marked
from app.api.present import is_slip
from app.api.rows import AttachmentShape
from app.auth.access import current_actor, fetch_ticket
from app.errors import Forbidden, Invalid, NotFound
from app.work import session_now
from tickets import attachments
from tickets.actors import AGENT, AUDITOR, DISPATCHER, HANDLER, HEAD, INTEGRATION, LIAISON, Actor
from tickets.models import Attachment, Ticket

nouns = Nouns("attachments", "照片、录音、文件")
MAY_ADD = (AGENT, DISPATCHER, AUDITOR, LIAISON, HANDLER, HEAD, INTEGRATION)


class FileBody(Body):
    file = Upload(required=True, error_messages={"required": words.NO_FORM, "invalid": words.NO_FORM, "null": words.NO_FORM})


class PurposeBody(Body):
    purpose = Code(attachments.PURPOSES, load_default="evidence")


@nouns.route(TICKET + "/attachments", methods=["POST"])
@nouns.arguments(FileBody, location="files")
@nouns.arguments(PurposeBody, location="form")
@nouns.response(201, AttachmentShape)
@marked(ticket=True, one=True, roles=MAY_ADD)
def add_attachment(files: dict, given: dict, number: str) -> Response:
    """上传一个文件：照片会重新编码，去掉位置和设备信息"""
    actor = current_actor()
    if not actor.has(*MAY_ADD):
        raise Forbidden(words.NOT_YOURS)
    settings = current_app.config["SETTINGS"]
    checked = attachments.check(files["file"].read(), settings.upload_limit_mb * 1024 * 1024)
    files["file"].seek(0)

    def do(session, now):
        ticket = fetch_ticket(session, actor, number, lock=True)
        etag.refuse_stale(ticket)
        if actor.of_unit and not actor.of_centre and given["purpose"] == "citizen":
            raise Invalid(purpose="单位的文件不能记作市民提供")
        row = attachments.attach(session, ticket, files["file"].filename or "", checked, settings.uploads, given["purpose"], actor, now)
        return lambda: made(rows.attachment(session, row, actor, now), ticket.version, 201, f"{request.path}/{row.id}")

    return once(key_owner(), do)


@listed(nouns, "/attachments", AttachmentShape)
def list_attachments(session, ticket, actor, now):
    """这一件的文件"""
    return [
        rows.attachment(session, row, actor, now) for row in attachments.attachments_of(session, ticket.id) if _may_open(ticket, row, actor)
    ]


@nouns.route(TICKET + "/attachments" + ID)
@nouns.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@marked(one=True)
def one_attachment(number: str, row_id: int) -> Response:
    """一个文件"""
    session, actor = session_now(), current_actor()
    ticket = fetch_ticket(session, actor, number)
    row = session.get(Attachment, row_id)
    path = attachments.path_of(current_app.config["SETTINGS"].uploads, row.sha256) if row else None
    if row is None or row.ticket_id != ticket.id or not _may_open(ticket, row, actor) or not path.exists():
        raise NotFound("没有这个文件")
    answer = send_file(path.resolve(), mimetype=row.mime, as_attachment=True, download_name=row.name)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def checked_pictures(sent: list[bytes], name: str) -> list[attachments.Checked]:
    """Photos of a body, sniffed and re-encoded before the ticket is locked. Raises Invalid naming the field."""
    limit = current_app.config["SETTINGS"].upload_limit_mb * 1024 * 1024
    try:
        return [attachments.check(data, limit) for data in sent]
    except Invalid as bad:
        raise Invalid(**{name: bad.fields.get("file", [bad.text])}) from bad


def keep_pictures(session, ticket: Ticket, pictures: list[attachments.Checked], purpose: str, actor: Actor, now) -> None:
    """Hang them on the ticket, numbered."""
    for count, picture in enumerate(pictures, start=1):
        attachments.attach(
            session, ticket, f"{purpose}-{count}.{picture.suffix}", picture, current_app.config["SETTINGS"].uploads, purpose, actor, now
        )


def _may_open(ticket: Ticket, row: Attachment, actor: Actor) -> bool:
    """A citizen's photo may show who reports: a unit gets none of a sealed report, and no recorded voice of a confidential one."""
    unit_eyes = actor.of_unit and not actor.of_centre
    if not unit_eyes or row.purpose != "citizen":
        return True
    return not is_slip(ticket, actor) and not (ticket.confidential and row.kind == "audio")
