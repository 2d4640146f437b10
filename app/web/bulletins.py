"""简报、小结、报送热点、建议: people write, the figures fill themselves; issued they stand for good and are counted."""

from datetime import date, datetime
from io import BytesIO

from flask import Blueprint, current_app, g, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require
from app.errors import Invalid, NotFound, Refused
from app.reports import bulletins as laid_out
from app.reports import upright, word
from app.web import forms, kit, said
from app.web.form_state import FormState, Wrong
from app.web.i18n import format_moment, later
from app.web.i18n import gettext as _
from app.web.listing import place_of
from app.web.report_parts import period_of
from app.work import session_now, work
from escalation import bulletins
from escalation.bulletin_models import KINDS, Bulletin

pages = Blueprint("bulletins", __name__, url_prefix="/desk/bulletins")
pages.context_processor(said.context)
FILES = {"pdf": (upright.as_pdf, "application/pdf"), "docx": (word.as_docx, word.MIME)}
FIELDS = ("kind", "title", "text", "since", "until")
PAGE = 25


@pages.get("")
def show():
    """Every paper, newest first; `?kind=` narrows."""
    require(*bulletins.WRITERS)
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        raise Invalid(kind="请选是哪一种")
    found = bulletins.newest(session_now(), kind, place_of(request.args.get("after", "")), PAGE)
    return render_template(
        "bulletin/list.html",
        rows=[(row, laid_out.number_of(row, _city())) for row in found],
        kind=kind,
        kinds=_kinds(),
        next=f"{found[-1].updated_at.isoformat()}/{found[-1].id}" if len(found) == PAGE else "",
    )


@pages.get("/new")
def new():
    """A new draft of `?kind`, of the days `?from&to`, begun with the house's outline."""
    actor, now = require(*bulletins.WRITERS), clock.now()
    kind = request.args.get("kind", KINDS[0])
    if kind not in KINDS:
        raise Invalid(kind="请选是哪一种")
    since, until = period_of(request.args, now)
    draft = Bulletin(
        kind=kind, state="draft", title="", text=laid_out.template_of(kind), since=since, until=until, version=0, written_by_name=actor.name
    )
    return _editor(draft, now)


@pages.post("/new")
def add() -> Response | tuple[str, int]:
    """Keep the new draft."""
    actor, now = require(*bulletins.WRITERS), clock.now()
    try:
        with work() as session:
            kind, title, text, since, until = _typed()
            row_id = bulletins.write(
                session, kind, title, text, since, until, actor, now, laid_out.figures_for(session, since, until, now)
            ).id
    except Refused as no:
        return _again(Bulletin(state="draft", version=0, written_by_name=actor.name), no, now)
    kit.toast(_("存好了"))
    return redirect(url_for("bulletins.one", row_id=row_id))


@pages.get("/<int:row_id>")
def one(row_id: int):
    """A draft to mend, or an issued one to read."""
    require(*bulletins.WRITERS)
    row, now = bulletins.bulletin(session_now(), row_id), clock.now()
    if row.state == "draft":
        return _editor(row, now)
    return render_template(
        "bulletin/read.html", row=row, document=_document(session_now(), row, now), number=laid_out.number_of(row, _city())
    )


@pages.post("/<int:row_id>")
def change(row_id: int) -> Response | tuple[str, int]:
    """`act`: save, issue (as it stands in the form), or drop."""
    actor, now, act = require(*bulletins.WRITERS), clock.now(), forms.text("act") or "save"
    try:
        with work() as session:
            row = bulletins.bulletin(session, row_id, lock=True)
            if act == "drop":
                bulletins.drop(session, row, forms.version(), actor)
            else:
                kind, title, text, since, until = _typed()
                figures = laid_out.figures_for(session, since, until, now)
                bulletins.rewrite(row, forms.version(), kind, title, text, since, until, actor, now, figures)
                if act == "issue":
                    bulletins.issue(session, row, row.version, actor, now, figures)
    except Refused as no:
        return _again(bulletins.bulletin(session_now(), row_id), no, now)
    kit.toast({"issue": _("签发了"), "drop": _("丢掉了")}.get(act, _("存好了")))
    return redirect(url_for("bulletins.show") if act == "drop" else url_for("bulletins.one", row_id=row_id))


@pages.get("/<int:row_id>/files/<kind>")
def file(row_id: int, kind: str) -> Response:
    """As PDF or Word, with its figures in."""
    require(*bulletins.WRITERS)
    if kind not in FILES:
        raise NotFound("没有这种格式")
    row, now = bulletins.bulletin(session_now(), row_id), clock.now()
    write, mime = FILES[kind]
    name = f"{row.kind}-{row.year}-{row.serial}.{kind}" if row.serial else f"{row.kind}-draft-{row.id}.{kind}"
    return send_file(BytesIO(write(_document(session_now(), row, now))), mimetype=mime, as_attachment=True, download_name=name, max_age=0)


def _editor(row: Bulletin, now: datetime, wrong: Wrong | None = None) -> str:
    """The form, its figures beside it, and how it reads with them in."""
    session = session_now()
    form = FormState(f"bulletin-{row.id or 'new'}", "bulletin", wrong)
    since, until = _day(form.value("since")) or row.since, _day(form.value("until")) or row.until
    figures = laid_out.figures_for(session, since, until, now) if since and until and since <= until else {}
    return render_template(
        "bulletin/edit.html",
        row=row,
        form=form,
        wrong=wrong,
        figures=figures,
        kinds=_kinds(),
        since=since,
        until=until,
        may_issue=g.actor.has(*bulletins.ISSUERS),
        document=None if wrong or row.id is None else _document(session, row, now),
    )


def _again(row: Bulletin, no: Refused, now: datetime) -> tuple[str, int]:
    """The form as it was typed, with what is wrong."""
    if no.status not in (409, 412, 422) or row.state != "draft":
        raise no
    fields = {name: [_(sentence) for sentence in told] for name, told in no.fields.items()} if isinstance(no, Invalid) else {}
    return _editor(
        row, now, Wrong("bulletin", no.status, _(no.text, **no.values), {name: forms.text(name) for name in FIELDS}, fields)
    ), no.status


def _typed() -> tuple[str, str, str, date, date]:
    since, until = forms.days(request.form, "since", "until")
    missing = {name: later("请选一天") for name, day in (("since", since), ("until", until)) if day is None}
    if since is None or until is None:
        raise Invalid(**missing)
    if until < since:
        raise Invalid(until="结束那天要不早于开始那天")
    return forms.text("kind"), forms.text("title"), forms.text("text"), since, until


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None


def _document(session: Session, row: Bulletin, now: datetime):
    figures = row.figures if row.figures is not None else laid_out.figures_for(session, row.since, row.until, now)
    return laid_out.document_of(row, figures, _city(), _("%(name)s %(at)s 打印", name=g.actor.name, at=format_moment(now)))


def _kinds() -> list[tuple[str, str]]:
    return [(kind, _(laid_out.KIND[kind])) for kind in KINDS]


def _city() -> str:
    return current_app.config["SETTINGS"].city_name
