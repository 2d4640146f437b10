"""The addresses of /open311/v2: discovery, services, requests, their updates, tokens, each with .json and .xml at its end."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import marshmallow as ma
from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.routing import BaseConverter

from app import clock
from app.api import throttle
from app.api.fields import Body, Codes, Moment, Text, Whole
from app.api.idempotency import Answer, once, repeated
from app.api.parse import flat
from app.auth.access import ticket_by_code
from app.auth.principal import open_to_all
from app.errors import Invalid, NotFound
from app.open311 import errors, filing, keys, services
from app.open311 import requests as said
from app.open311.formats import TYPES, answer, written
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from app.work import session_now
from tickets import intake, open_matters
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("open311", __name__, url_prefix="/open311/v2")
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-23 10:00"  # when what these addresses say last changed its shape
READS = ((60, "minute"), (600, "hour"))
SPAN, MOST = timedelta(days=90), 1000
NEWS, MOST_WATCHED = timedelta(days=1), 100  # of how long without an argument; of how many matters at once
AGAIN_WITHIN = timedelta(minutes=10)
FORM = "<any(json, xml):form>"


class ServiceCode(BaseConverter):
    """A category's dotted code in a path; `.json` at its end is not part of it."""

    regex = "[0-9A-Za-z.-]{1,100}?"


class ListQuery(Body):
    """Arguments of GET requests; those of the widespread paging extension too."""

    class Meta:
        unknown = ma.EXCLUDE

    service_request_id = Text(25 * MOST, load_default="")
    service_code = Text(5000, load_default="")
    start_date = Moment(load_default=None)
    end_date = Moment(load_default=None)
    status = Codes(("open", "closed"), load_default=())
    page = Whole(1, 1000, strict=False, load_default=1)
    page_size = Whole(1, MOST, strict=False, load_default=MOST)


LIST = ListQuery()


def init_app(app: Flask) -> None:
    """Register the room, and the shape of its refusals."""
    app.url_map.converters["service"] = ServiceCode
    errors.init_app(app)
    app.register_blueprint(pages)


def is_guess(answered: Response) -> bool:
    """A key, a token or an id that does not exist counts; what exists does not."""
    return answered.status_code in (401, 403, 404)


@pages.before_request
def check_jurisdiction() -> None:
    """One city lives here: its site or its region code, or nothing. Raises NotFound for another's."""
    asked = request.values.get("jurisdiction_id", "")
    settings = current_app.config["SETTINGS"]
    if asked and asked not in (settings.region_code, settings.public_url.partition("://")[2].rstrip("/"), request.host):
        raise NotFound("jurisdiction_id 没有这个城市")


@pages.get("/discovery." + FORM)
@open_to_all
def discovery(form: str) -> Response:
    """Where what is served, and how to get a key."""
    settings = current_app.config["SETTINGS"]
    site = settings.public_url.rstrip("/")
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{site}/open311/v2",
        "changeset": CHANGED,
        "type": "test" if settings.demo_password else "production",
        "formats": ["text/xml", "application/json"],
    }
    return answer(
        form,
        "discovery",
        {
            "changeset": CHANGED,
            "contact": _(
                "%(city)s12345 热线：%(site)s", city=settings.city_name_en if current_language() == "en" else settings.city_name, site=site
            ),
            "key_service": _("请热线管理员开一个“外部系统”账号，登录后在 %(where)s 做接口令牌", where=f"{site}/account"),
            "endpoints": [endpoint],
        },
    )


@pages.get("/services." + FORM)
@open_to_all
def list_services(form: str) -> Response:
    """What one may file."""
    names = reference(session_now())
    return answer(form, "services", [services.row(names, category) for category in services.offered(names)])


@pages.get("/services/<service:code>." + FORM)
@open_to_all
def define_service(code: str, form: str) -> Response:
    """What more may be told of a matter of this kind."""
    names = reference(session_now())
    return answer(form, "service_definition", services.definition(names, services.service_of(names, code)))


@pages.get("/requests." + FORM)
@open_to_all
@throttle.at_most(READS, "open311")
@throttle.at_most(throttle.MISSES, "open311-miss", deduct_when=is_guess)
def list_requests(form: str) -> Response:
    """Matters of at most 90 days, at most 1000, newest first; the asker's own ones with their words."""
    session, now = session_now(), clock.now()
    asker, asked = keys.asker(session, now), _list_query()
    account_id = asker.account_id if asker else None
    numbers = _listed(asked["service_request_id"])
    if numbers:
        rows = open_matters.by_numbers(session, account_id, numbers[:MOST])
    else:
        rows = open_matters.page(
            session, account_id, _filters(session, asked, now), asked["page_size"], (asked["page"] - 1) * asked["page_size"]
        )
    return answer(form, "service_requests", said.shown(session, rows, account_id))


@pages.get("/requests/<number:number>." + FORM)
@open_to_all
@throttle.at_most(READS, "open311")
@throttle.at_most(throttle.MISSES, "open311-miss", deduct_when=is_guess)
def one_request(number: str, form: str) -> Response:
    """One matter, an array of one as the standard has it."""
    session = session_now()
    asker = keys.asker(session, clock.now())
    account_id = asker.account_id if asker else None
    rows = open_matters.by_numbers(session, account_id, [number])
    if not rows:
        raise NotFound("service_request_id 没有这一件，或者不公开")
    return answer(form, "service_requests", said.shown(session, rows, account_id))


@pages.get("/servicerequestupdates." + FORM)
@open_to_all
@throttle.at_most(READS, "open311")
@throttle.at_most(throttle.MISSES, "open311-miss", deduct_when=is_guess)
def list_updates(form: str) -> Response:
    """The widespread extension: what happened to the matters named, or, with a key, to all of one's own within a time (the last day)."""
    session, now = session_now(), clock.now()
    asker, asked = keys.asker(session, now), _list_query()
    account_id, numbers = asker.account_id if asker else None, _listed(asked["service_request_id"])
    if len(numbers) > MOST_WATCHED:
        raise Invalid(service_request_id=_("一次最多 %(n)s 件", n=MOST_WATCHED))
    if numbers:
        rows = open_matters.by_numbers(session, account_id, numbers)
        since, until = asked["start_date"], asked["end_date"]
    elif account_id is not None:
        since, until = _span(asked, now, NEWS)
        rows = open_matters.changed(session, account_id, since, MOST)
    else:
        raise Invalid(service_request_id=_("要给 service_request_id；带 api_key 可以不给，取自己全部的进展"))
    return answer(form, "service_request_updates", said.updates(session, rows, account_id, since, until))


@pages.get("/tokens/<digits:token>." + FORM)
@open_to_all
@throttle.at_most(throttle.LOOKS, "look")
@throttle.no_guessing
def request_of_token(token: str, form: str) -> Response:
    """A citizen's query code → the service_request_id. Filing answers with the id at once and gives no token."""
    ticket = ticket_by_code(session_now(), token)
    return answer(form, "service_requests", [{"service_request_id": ticket.number, "token": token}])


@pages.post("/requests." + FORM)
@open_to_all
@throttle.at_most(throttle.MISSES, "open311-miss", deduct_when=is_guess)
def file_request(form: str) -> Response:
    """A matter is filed; the same again within ten minutes, or with the same Idempotency-Key, is answered as the first time."""
    session, now = session_now(), clock.now()
    filer = keys.filer(session, now)
    fields = filing.given()
    matter, service = filing.matter_of(fields, reference(session))
    owner = f"open311:{filer.account_id}"

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        ticket = intake.register(session, matter, filer, now)
        return lambda: Answer(200, written(form, "service_requests", [_receipt(ticket, service.name, fields.get("account_id"))]))

    made = once(owner, do, key=repeated(session, owner, _same(), now, AGAIN_WITHIN))
    made.headers["Content-Type"] = TYPES[form]
    return made


file_request.csrf_exempt = True  # the key speaks here, no browser session does


def _receipt(ticket: Ticket, service: str, account_id: str | None) -> dict:
    site = current_app.config["SETTINGS"].public_url.rstrip("/")
    notice = _(
        "已受理。查询码 %(code)s，凭它在 %(where)s 看进度、补充、催办", code=ticket.query_code, where=f"{site}/t/{ticket.query_code}"
    )
    return {"service_request_id": ticket.number, "service_notice": notice, "account_id": account_id}


def _same() -> str:
    """A hash by which the very same filing is known again."""
    digest = hashlib.sha256(request.path.encode())
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(f"\n{len(name)} {name}={value}".encode())
    return digest.hexdigest()


def _list_query() -> dict:
    """Arguments declared several times count as one list; empty ones as none. Raises Invalid."""
    raw = {name: ",".join(value for value in request.args.getlist(name) if value.strip()) for name in request.args}
    try:
        return LIST.load({name: value for name, value in raw.items() if value})
    except ma.ValidationError as bad:
        raise Invalid(**flat(bad.messages)) from bad


def _filters(session: Session, asked: dict, now: datetime) -> open_matters.Filters:
    """Raises Invalid, NotFound for an unknown service."""
    since, until = _span(asked, now, SPAN)
    names = reference(session)
    kinds = {services.service_of(names, code).id for code in _listed(asked["service_code"])}
    return open_matters.Filters(since, until, kinds, asked["status"] == ("open",) if len(asked["status"]) == 1 else None)


def _span(asked: dict, now: datetime, unsaid: timedelta) -> tuple[datetime, datetime]:
    """At most 90 days: what is not said is counted from what is, else `unsaid` back from now. Raises Invalid."""
    since, until = asked["start_date"], asked["end_date"]
    until = until or (min(since + SPAN, now) if since else now)
    since = since or until - unsaid
    if until - since > SPAN:
        raise Invalid(end_date="start_date 到 end_date 最多 90 天")
    return since, until


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
