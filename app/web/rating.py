"""The citizen's word on the answer, by a one-time link per ticket and round. Nothing is preselected, nobody of the rated unit may touch it."""

from datetime import datetime

from flask import Blueprint, Response, current_app, g, redirect, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.principal import open_to_all
from app.errors import Forbidden, Invalid, WrongState
from app.web import forms, knocks, qr
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import answering, whistle_ratings, words
from tickets import public as reading
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("rating", __name__)
FACES = ((5, "mood-happy"), (4, "mood-smile"), (3, "mood-neutral"), (2, "mood-sad"), (1, "mood-cry"))
COMPLAINTS = {
    "unsolved": later("问题没解决"),
    "slow": later("太慢"),
    "no-contact": later("没人联系我"),
    "untrue": later("说的不是实情"),
    "attitude": later("态度不好"),
}
LIMIT = 1000


@pages.get("/rate/<token>")
@open_to_all
@knocks.miss
def show(token: str):
    """The five faces; once rated, the thanks and what follows."""
    session = session_now()
    ticket, _turn = answering.ticket_of_token(session, token, session.info["code_key"])
    _refuse_own_unit(session, ticket)
    return _page(session, ticket, token)


@pages.post("/rate/<token>")
@open_to_all
@knocks.write
def rate(token: str):
    """Once per round. What was typed stays when something is missing."""
    now = clock.now()
    try:
        with work() as session:
            ticket, _turn = answering.ticket_of_token(session, token, session.info["code_key"])
            _refuse_own_unit(session, ticket)
            answering.rate(session, ticket, _score(), now, solved=_solved(), words=_said(), channel="web")
            _rate_whistle(session, ticket, now)
    except Invalid as bad:
        session = session_now()
        ticket, _turn = answering.ticket_of_token(session, token, session.info["code_key"])
        return _page(session, ticket, token, {name: [_(one) for one in said] for name, said in bad.fields.items()}), 422
    return redirect(f"/rate/{token}")


@pages.get("/rate/<token>/qr.svg")
@open_to_all
@knocks.miss
def picture(token: str):
    """The link as a QR code, for the notice of acceptance (R11) and the counter."""
    session = session_now()
    answering.ticket_of_token(session, token, session.info["code_key"])
    address = current_app.config["SETTINGS"].public_url.rstrip("/") + f"/rate/{token}"
    return Response(qr.picture(address), mimetype="image/svg+xml")


def _whistle(session: Session, ticket: Ticket):
    """The whistle whose joint work this citizen may rate too (BJS §44); nobody who works for a unit."""
    return whistle_ratings.rateable(session, ticket) if g.actor is None or not g.actor.of_unit else None


def _rate_whistle(session: Session, ticket: Ticket, now: datetime) -> None:
    """If the citizen said something about it."""
    whistle, score = _whistle(session, ticket), forms.whole("whistle")
    if whistle is not None and score is not None:
        whistle_ratings.rate(session, whistle, ticket, score, now)


def _page(session: Session, ticket: Ticket, token: str, errors: dict | None = None) -> str:
    master = reading.master_of(session, ticket)
    whole = master or ticket
    rating = reading.rated(session, ticket)
    if rating is None and not reading.is_rateable(ticket, master) and whole.status != "replied":
        raise WrongState("还没有答复，答复之后再请您评价")
    before = reading.rectified_before(session, ticket)
    reply = reading.latest_reply(session, whole)
    answer = reply.content if reply else _direct_answer(session, ticket)
    typed = (
        {
            "score": forms.text("score"),
            "solved": forms.text("solved"),
            "why": forms.many("why"),
            "words": forms.text("words"),
            "whistle": forms.text("whistle"),
        }
        if request.method == "POST"
        else {}
    )
    faces = [
        {"code": str(score), "icon": icon, "word": _(words.SCORE[score]), "side": _("1 个工作日内联系您") if score <= 2 else ""}
        for score, icon in FACES
    ]
    whistle = _whistle(session, ticket) if rating is None else None
    return render_template(
        "portal/rate.html",
        levels=[(face["code"], face["word"]) for face in faces],
        whistle=whistle,
        street=unit_name(reference(session), whistle.street_id) if whistle else "",
        ticket=ticket,
        token=token,
        faces=faces,
        complaints=[(code, _(word)) for code, word in COMPLAINTS.items()],
        unit=unit_name(reference(session), whole.lead_unit_id) or _("12345 热线中心"),
        answer=answer,
        answered_at=whole.replied_at,
        rating=rating,
        before=before[0] if before else None,
        measures=before[1] if before else "",
        before_word=_(words.SCORE[before[0].score]) if before else "",
        score_word=_(words.SCORE[rating.score]) if rating else "",
        typed=typed,
        errors=errors or {},
    )


def _direct_answer(session: Session, ticket: Ticket) -> str:
    return next((line.data.get("answer", "") for line in reversed(reading.story(session, ticket)) if line.kind == "answer-directly"), "")


def _refuse_own_unit(session: Session, ticket: Ticket) -> None:
    """Whoever works for the rated unit, or for one above or below it, does not rate in the citizen's place (domain §7)."""
    whole = reading.master_of(session, ticket) or ticket
    if (
        g.actor is not None
        and whole.lead_unit_id is not None
        and (g.actor.unit_id == whole.lead_unit_id or whole.lead_unit_id in g.actor.unit_ids)
    ):
        raise Forbidden("办这件事的单位不能替市民评价。请退出登录，由市民自己来评")


def _score() -> int:
    """Raises Invalid until one of the five is chosen."""
    raw = forms.text("score")
    if raw not in {str(score) for score, _icon in FACES}:
        raise Invalid(score="请从五档里选一档")
    return int(raw)


def _solved() -> bool | None:
    return {"yes": True, "no": False}.get(forms.text("solved"))


def _said() -> str:
    """What was ticked, in words, before what was typed: one text, as the rating row keeps it."""
    ticked = [COMPLAINTS[code] for code in forms.many("why") if code in COMPLAINTS]
    typed = forms.text("words")
    if len(typed) > LIMIT - 60:
        raise Invalid(words="最多写 900 字，请缩短一点")
    return "\n".join(part for part in ("、".join(ticked), typed) if part)
