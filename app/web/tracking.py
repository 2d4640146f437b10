"""The citizen's own matter by its ten digits: the promise first, the story, and what they can do: urge, add, ask why, rate."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, send_file
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import ticket_by_code
from app.auth.principal import open_to_all
from app.errors import Invalid, NotFound, WrongState
from app.web import forms, kit, knocks, photos, promised, qr, reached, story
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import answering, attachments, intake, words
from tickets import public as reading
from tickets.actors import CITIZEN_ACTOR
from tickets.codes import OPEN
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("tracking", __name__)
pages.url_value_preprocessor(photos.allow)
ASKS_WHY = "请单位说明为什么没有按期答复。"
OFF_RAIL = frozenset({"refused", "emergency-transferred", "terminated"})
ENDINGS = ("refuse", "transfer-emergency", "terminate")


@dataclass(frozen=True)
class Matter:
    """The ticket and, when it was merged, the one it goes on in."""

    ticket: Ticket
    master: Ticket | None

    @property
    def whole(self) -> Ticket:
        return self.master or self.ticket


@pages.get("/track")
@open_to_all
def ask():
    """The form; with a code, on to the matter."""
    raw = request.args.get("code", "")
    code = digits_of(raw)
    if raw.strip() and len(code) != 10:
        return render_template("portal/track_form.html", code=raw, error=_("查询码是 10 位数字，您写了 %(n)s 位。", n=len(code))), 422
    return redirect(f"/t/{code}") if code else render_template("portal/track_form.html", code="", error="")


@pages.get("/t/<code>")
@open_to_all
@knocks.miss
def show(code: str):
    """The page of one matter."""
    code_here = digits_of(code)
    if code_here != code:
        return redirect(f"/t/{code_here}") if len(code_here) == 10 else _unknown(code)
    try:
        matter = _matter(session_now(), code)
    except NotFound:
        return _unknown(code)
    return _page(matter)


@pages.get("/t/<code>/receipt")
@open_to_all
@knocks.miss
def receipt(code: str):
    """What one keeps: number, code, what happens next and by when."""
    session, now = session_now(), clock.now()
    matter = _matter(session, code)
    lines = reading.story(session, matter.ticket, matter.master)
    return render_template(
        "portal/receipt.html",
        ticket=matter.ticket,
        merged=matter.master is not None,
        code=spaced(code),
        promise=promised.promise_of(session, matter.whole, lines, now),
        address=_address(f"/t/{code}"),
        qr=qr.inline(_address(f"/t/{code}")),
        photos=len([photo for line in lines for photo in line.photos]),
    )


@pages.post("/t/<code>/urges")
@open_to_all
@knocks.write
def urge(code: str):
    """Once a day, when it makes sense; `why` asks the unit to explain its lateness (JN §16)."""
    now = clock.now()
    with work() as session:
        whole = _matter(session, code, lock=True).whole
        when = reading.urging(session, whole, now)
        if not when.now:
            raise WrongState(*_not_yet(when))
        said = ASKS_WHY if forms.flag("why") and when.late else forms.text("words")[:300]
        intake.urge(session, whole, CITIZEN_ACTOR, now, said)
    kit.toast(_("催过了，单位马上看得到。"))
    return redirect(f"/t/{code}")


@pages.post("/t/<code>/supplements")
@open_to_all
@knocks.write
def supplement(code: str):
    """More words, more photos. What was typed and the photos that passed come back when something must be put right."""
    now = clock.now()
    shots = photos.taken()
    try:
        with work() as session:
            matter = _matter(session, code, lock=True)
            photos.refuse_bad(shots)
            content = forms.text("content") or (_("补了照片") if shots.good else "")
            if len(content) > 2000:
                raise Invalid(content="补充最多 2000 字，可以分几次")
            intake.supplement(session, matter.ticket, content, CITIZEN_ACTOR, now)
            photos.hang(session, matter.ticket, shots, now, matter.master)
    except Invalid as bad:
        fields = {name: [_(sentence) for sentence in said] for name, said in bad.fields.items()}
        return _page(_matter(session_now(), code), fields, forms.text("content"), photos.keep(shots)), 422
    photos.done(shots)
    kit.draft_done(f"supplement-{code}")
    kit.toast(_("收到了，已经给办事的人看。"))
    return redirect(f"/t/{code}")


@pages.post("/t/<code>/ways")
@open_to_all
@knocks.write
def ways(code: str):
    """Where they are told of this matter, and how much."""
    channel, address, less = forms.text("channel"), forms.text("email"), forms.flag("less")
    try:
        with work() as session:
            said = reached.choose(session, ticket_by_code(session, code, lock=True), channel, address, less, clock.now())
    except Invalid as bad:
        fields = {name: [_(sentence) for sentence in said] for name, said in bad.fields.items()}
        return _page(_matter(session_now(), code), fields, typed_email=address), 422
    kit.toast(said)
    return redirect(f"/t/{code}#reached")


@pages.get("/t/<code>/mail/<token>")
@open_to_all
@knocks.miss
def confirming(code: str, token: str):
    """The link of a confirmation letter: shown, not yet done, for machines open links too."""
    session = session_now()
    way, ticket = reached.promised(session, code, token, clock.now()), ticket_by_code(session, code)
    return render_template("portal/mail_way.html", tail=ticket.number[-6:], address=way.shown_to)


@pages.post("/t/<code>/mail/<token>")
@open_to_all
@knocks.write
def confirm(code: str, token: str):
    """The mailbox is theirs."""
    now = clock.now()
    with work() as session:
        reached.confirm(session, ticket_by_code(session, code, lock=True), reached.promised(session, code, token, now), now)
    kit.toast(_("好，就这样告诉您。"))
    return redirect(f"/t/{code}#reached")


@pages.get("/t/<code>/photos/<int:photo_id>")
@open_to_all
@knocks.miss
def photo(code: str, photo_id: int):
    """One picture of this matter: the citizen's own or the unit's with its reply."""
    session = session_now()
    matter = _matter(session, code)
    row = reading.photo_of(session, matter.ticket, photo_id) or (
        reading.photo_of(session, matter.master, photo_id) if matter.master else None
    )
    path = attachments.path_of(current_app.config["SETTINGS"].uploads, row.sha256) if row else None
    if path is None or not path.exists():
        abort(404)
    answer: Response = send_file(path.resolve(), mimetype=row.mime, as_attachment=True, download_name=row.name)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _matter(session: Session, code: str, lock: bool = False) -> Matter:
    """The matter of a code. Locks what a verb will change: the ticket, then its master. Raises NotFound."""
    ticket = ticket_by_code(session, code, lock=lock)
    master = reading.master_of(session, ticket)
    if lock and master is not None:
        session.refresh(master, with_for_update=True)
    return Matter(ticket, master)


def _page(matter: Matter, errors: dict | None = None, typed: str = "", kept: list | None = None, typed_email: str = "") -> str:
    session, now = session_now(), clock.now()
    ticket, whole, names = matter.ticket, matter.whole, reference(session)
    lines = reading.story(session, ticket, matter.master)
    label, step = words.PUBLIC[whole.status]
    astray = whole.status in OFF_RAIL or (whole.status == "archived" and any(line.kind in ENDINGS for line in lines))
    title = _("举报（内容已封存）") if ticket.sealed else ticket.title
    rateable = reading.is_rateable(ticket, matter.master)
    rating = reading.rated(session, ticket) if rateable else None
    token = answering.rating_token(ticket, session.info["code_key"])
    return render_template(
        "portal/track.html",
        ticket=ticket,
        title=title,
        merged=matter.master is not None,
        code=spaced(ticket.query_code),
        label=label,
        step=6 if step == 6 else step - 1,
        on_rail=not astray,
        steps=[_(word) for word in words.STEPS],
        unit=unit_name(names, whole.lead_unit_id),
        rework=whole.reworks,
        open=whole.status in OPEN,
        promise=promised.promise_of(session, whole, lines, now),
        story=story.timeline(lines, names, ticket.query_code),
        reached=reached.face(session, ticket) if whole.status in OPEN else None,
        urging=reading.urging(session, whole, now),
        rating=rating,
        rate_at=f"/rate/{token}" if rateable and rating is None else "",
        errors=errors or {},
        typed=typed,
        typed_email=typed_email,
        kept=kept or [],
        now=now,
    )


def _unknown(code: str):
    return render_template("portal/track_form.html", code=code, error=_("没有这个查询码，请核对回执或短信里的 10 位数字。")), 404


def _not_yet(when: reading.Urging) -> tuple:
    """The sentence that says from when one may urge, or why not at all; filled here, so that it is translated whole."""
    if when.since is None:
        return (_("这件现在不用催：没有单位压着它。"),)
    return (_("现在还不用催，%(moment)s 以后可以。", moment=format_moment(when.since)),)


def digits_of(raw: str) -> str:
    """The code as people type it, with blanks and dashes, in full width too."""
    return "".join(str(int(c)) for c in raw if c.isdecimal())


def spaced(code: str) -> str:
    """Ten digits as one reads them aloud: "83 2947 1056"."""
    return f"{code[:2]} {code[2:6]} {code[6:]}"


def _address(path: str) -> str:
    return current_app.config["SETTINGS"].public_url.rstrip("/") + path
