"""A citizen hands a matter in: one form, kept while it is put right, made into one ticket however often it is sent."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, current_app, redirect, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import ticket_by_code
from app.auth.principal import open_to_all
from app.errors import Filled, Invalid, NotFound, Refused
from app.web import forms, kit, knocks, naming, once, photos
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.work import session_now, work
from tickets import intake, nearby, risk, words
from tickets.actors import CITIZEN_ACTOR, SYSTEM_ACTOR
from tickets.codes import APPEAL_TYPES, OPEN, URGENCIES
from tickets.identity import Appellant, clean_phone
from tickets.intake import Matter
from tickets.models import Ticket
from tickets.reference import Reference, reference

pages = Blueprint("filing", __name__)
pages.url_value_preprocessor(photos.allow)
DRAFT = "file"
LONGEST = 2000
JOIN_SECONDS = 86400
ANOTHER = later("刚才那件已经收到了，查询码 %(code)s，要补充请到它的进度页。这要是另一件事，请再交一次")
KINDS = {"person": later("我自己或家人"), "firm": later("企业、个体户"), "organisation": later("单位、社团")}
LABELS = {
    "content": later("出了什么事"),
    "appeal_type": later("您想要"),
    "photos": later("照片"),
    "address": later("地址"),
    "name": later("称呼"),
    "phone": later("手机号"),
    "consent": later("个人信息"),
    "region": later("街道"),
}
WANTS = {
    "help": later("帮我解决"),
    "complaint": later("投诉"),
    "report": later("举报违法"),
    "consult": later("问一问"),
    "suggestion": later("提建议"),
    "praise": later("表扬"),
    "other": later("别的"),
}


@dataclass(frozen=True)
class Typed:
    """What stands in the form: given back as it was when something must be put right."""

    content: str = ""
    appeal_type: str = "help"
    category: str = ""
    region: str = ""
    address: str = ""
    lng: str = ""
    lat: str = ""
    kind: str = "person"
    name: str = ""
    phone: str = ""
    credit_code: str = ""
    wishes: tuple[str, ...] = ()
    consent: bool = False
    previous: str = ""
    join: str = ""


@pages.get("/file")
@open_to_all
def ask():
    """The empty form; `previous` is the code of a closed matter this one follows."""
    return _form(Typed(previous=request.args.get("previous", "")[:10]))


@pages.post("/file")
@open_to_all
@knocks.filing
def hand_in():
    """Check everything at once, then one ticket, its photos and, when asked, the joining: all or nothing."""
    typed, shots, now = _typed(), photos.taken(), clock.now()
    if forms.text("website"):
        return _form(typed, {"content": [_("这份表像是机器自动填的，没有收。您若是本人，请打 12345。")]}), 422
    try:
        _check(typed, shots)
        code = _made(typed, shots, now)
    except (Invalid, NotFound) as bad:
        return _form(typed, _errors(bad), photos.keep(shots)), 422
    photos.done(shots)
    once.renew(DRAFT)
    kit.draft_done(DRAFT)
    return redirect(f"/t/{code}/receipt")


@pages.post("/file/nearby")
@open_to_all
@knocks.glance
def near():
    """What others have said of the same place, and a warning when it sounds like danger. Never their words: kind, distance, progress."""
    typed, session = _typed(), session_now()
    danger = risk.signals(typed.content)
    try:
        lng, lat = forms.real("lng"), forms.real("lat")
    except Invalid:
        lng = lat = None
    found = (
        []
        if typed.appeal_type == "report"
        else nearby.look(session, typed.content[:LONGEST], clock.now(), address=typed.address, lng=lng, lat=lat)
    )
    return render_template("portal/_nearby.html", danger=danger, near=[_told(session, one) for one in found], chosen=_joined(typed.join))


@pages.get("/file/held/<token>")
@open_to_all
@knocks.miss
def held(token: str):
    """The preview of a photo that waits for its form to be put right."""
    data = photos.held_picture(token)
    if data is None:
        raise NotFound("这张照片没有留住，请再选一次")
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _typed() -> Typed:
    form = {
        name: forms.text(name)
        for name in (
            "content",
            "appeal_type",
            "category",
            "region",
            "address",
            "lng",
            "lat",
            "kind",
            "name",
            "phone",
            "credit_code",
            "previous",
            "join",
        )
    }
    return Typed(**form, wishes=forms.many("wishes"), consent=forms.flag("consent"))


def _check(typed: Typed, shots: photos.Shots) -> None:
    """Every mistake at once, each with its remedy. Raises Invalid."""
    bad: dict[str, str | list[str]] = {}
    if len(typed.content) < 4:
        bad["content"] = "请写下发生了什么，一两句就行"
    if len(typed.content) > LONGEST:
        bad["content"] = "最多 2000 字，写不下的可以交了再补充"
    if typed.appeal_type not in APPEAL_TYPES:
        bad["appeal_type"] = "请选一样；说不准就选“帮我解决”"
    if typed.kind not in KINDS:
        bad["kind"] = "请选一样"
    if typed.kind != "person" and not typed.name:
        bad["name"] = "请写单位名称"
    try:
        clean_phone(typed.phone)
    except Invalid as wrong:
        bad["phone"] = wrong.fields["phone"]
    if not typed.consent:
        bad["consent"] = "请看一下个人信息怎么用，再打个勾"
    if shots.bad:
        bad["photos"] = shots.bad
    if bad:
        raise Invalid(**bad)


def _made(typed: Typed, shots: photos.Shots, now: datetime) -> str:
    """The query code of what this form made, now or the first time it was sent. Raises Invalid."""
    used = forms.text("once")[:40] or once.token(DRAFT)
    asked = {"content": typed.content, "address": typed.address, "phone": typed.phone}
    if code := once.just_made(DRAFT, asked, now):
        return code
    with work() as session:
        earlier = once.claim(session, None, used, asked, now)
        if earlier is not None:
            if not earlier.same:
                once.renew(DRAFT)
                raise Invalid(content=Filled(ANOTHER, code=earlier.number))
            return earlier.number
        ticket = intake.register(session, _matter(session, typed), CITIZEN_ACTOR, now)
        session.flush()
        photos.hang(session, ticket, shots, now)
        _join(session, ticket, typed.join, now)
        once.keep(session, None, used, ticket.query_code)
        code = ticket.query_code
    once.remember(DRAFT, asked, code, now)
    return code


def _matter(session: Session, typed: Typed) -> Matter:
    anonymous = typed.kind == "person" and not typed.name and not typed.phone
    firm = typed.credit_code if typed.kind != "person" else ""
    return Matter(
        channel="web",
        appeal_type=typed.appeal_type,
        content=typed.content,
        category=typed.category,
        region=typed.region,
        address=typed.address[:200],
        lng=forms.real("lng"),
        lat=forms.real("lat"),
        confidential="confidential" in typed.wishes,
        reply_wanted="no-reply" not in typed.wishes,
        appellant=Appellant(kind="anonymous" if anonymous else typed.kind, name=typed.name[:60], phone=typed.phone, credit_code=firm[:18]),
        previous=_previous(session, typed.previous),
    )


def _previous(session: Session, code: str) -> str:
    """The number of the closed matter this one follows; an open one is followed by a supplement instead."""
    if not code:
        return ""
    ticket = ticket_by_code(session, code)
    if ticket.status in OPEN or ticket.status == "merged":
        raise Invalid(content="那件还在办，请到它的进度页补充，不用另说一件")
    return ticket.number


def _join(session: Session, ticket: Ticket, token: str, now: datetime) -> None:
    """Add this voice to the matter the citizen pointed at; when that one has ended meanwhile, or this one is more urgent, it stands alone."""
    master_id = None if ticket.sealed else _joined(token)
    master = nearby.to_join(session, master_id, now) if master_id else None
    if master is not None and URGENCIES.index(ticket.urgency) <= URGENCIES.index(master.urgency):
        intake.merge(session, ticket, master, SYSTEM_ACTOR, now)


def _joined(token: str) -> int | None:
    """The matter behind a "me too", as this server signed it within a day."""
    try:
        return _signer().loads(token, max_age=JOIN_SECONDS) if token else None
    except BadData:
        return None


def _told(session: Session, one: nearby.Near) -> dict:
    """Another citizen's matter without their words."""
    names = reference(session)
    category = one.ticket.category_id or next(iter(nearby.kinds_of(session, one.ticket.title + one.ticket.content)), None)
    kind = naming.name_of(names.categories.get(category)) or _(words.APPEAL_TYPE[one.ticket.appeal_type])
    metres = None if one.metres is None else max(50, round(one.metres / 50) * 50)
    return {
        "id": one.ticket.id,
        "token": _signer().dumps(one.ticket.id),
        "kind": kind,
        "metres": metres,
        "at": one.ticket.received_at,
        "label": _(words.PUBLIC[one.ticket.status][0]),
        "due": one.ticket.due_at,
        "provisional": one.ticket.due_provisional,
    }


def _form(typed: Typed, errors: dict | None = None, kept: list[str] | None = None) -> str:
    names = reference(session_now())
    return render_template(
        "portal/file.html",
        typed=typed,
        errors=errors or {},
        kept=kept or [],
        once=once.token(DRAFT),
        regions=_regions(names),
        draft=DRAFT,
        wants=[(code, _(word)) for code, word in WANTS.items()],
        kinds=[(code, _(word)) for code, word in KINDS.items()],
        labels={name: _(word) for name, word in LABELS.items()},
        longest=LONGEST,
    )


def _regions(names: Reference) -> list[tuple[str, str]]:
    """Streets under their districts' names, then the districts for who does not know the street."""
    streets = [
        (region.code, f"{naming.region_name(names, region.parent_code)} · {naming.name_of(region)}")
        for region in names.regions.values()
        if region.parent_code
    ]
    districts = [
        (region.code, _("%(district)s，说不清哪条街道", district=naming.name_of(region)))
        for region in names.regions.values()
        if not region.parent_code
    ]
    return sorted(streets) + sorted(districts)


def _errors(bad: Refused) -> dict[str, list[str]]:
    if not isinstance(bad, Invalid):
        return {"content": [_(bad.text, **bad.values)]}
    return {name: [_(sentence) for sentence in said] for name, said in bad.fields.items()}


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="join")
