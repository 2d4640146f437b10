"""What a refusal looks like to a person: a page in plain words, or the sign-in when nobody signed in. Machines get app/api/problems.py."""

import logging
import secrets
from urllib.parse import quote

import sqlalchemy as sa
from flask import Flask, redirect, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from app.api import problems
from app.errors import NotFound, Refused
from app.web import kit
from app.web.errors import error_page
from app.web.i18n import gettext as _

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MACHINES = ("/api/", "/open311/", "/hooks/", "/healthz", "/readyz", "/metrics")


def init_app(app: Flask) -> None:
    """One handler for each kind of trouble; the path tells who is asking."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(sa.exc.DBAPIError, database)
    app.register_error_handler(InternalServerError, broken)
    app.log_exception = lambda exc_info: None  # Flask's own line has the address; `broken` writes ours
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """No text of the database holds a NUL, and no person types one: refused once, for every form and filter. Raises NotFound for
    an address with one, else Refused."""
    if "\x00" in request.path:
        raise NotFound("没有这个地址，或者不归您看")
    asked = [*request.args.keys(), *(value for _name, value in request.args.items(multi=True))]
    if request.mimetype in FORMS:
        asked += [part for pair in request.form.items(multi=True) for part in pair]
    if any("\x00" in part for part in asked):
        raise Refused("内容里有不能显示的字符，请删去")


def asked_by_machine() -> bool:
    return request.path.startswith(MACHINES)


def refused(error: Refused) -> Response:
    """A verb or an edge said no. Nobody signed in and a page asked for: the sign-in, and back here afterwards."""
    if asked_by_machine():
        return problems.of_refusal(error)
    if error.status == 401:
        return _to_sign_in()
    return error_page(error.status, _told(error))


def http(error: HTTPException) -> Response:
    """What Flask refuses by itself: unknown address, wrong method, too large."""
    if error.response is not None:
        return error.response
    return problems.of_http(error) if asked_by_machine() else error_page(error.code or 500)


def database(error: sa.exc.DBAPIError) -> Response:
    """Two people at once, or a database that is away. Anything else is our own mistake and goes to `broken`."""
    answer = problems.of_database(error)
    if answer is None:
        raise error
    return answer if asked_by_machine() else error_page(answer.status_code)


def broken(error: InternalServerError) -> Response:
    """Our mistake: said with a number by which the maintainers find it in the log. The address stays out: codes and links of citizens stand in it."""
    number = secrets.token_hex(4)
    logging.getLogger(__name__).error(
        "request %s failed: %s %s", number, request.method, request.url_rule, exc_info=error.original_exception
    )
    return problems.of_http(error) if asked_by_machine() else error_page(500, number=number)


def _told(error: Refused) -> str:
    """The refusal's sentence, and of bad input what is wrong with each field; by the names an address has, where that was wrong."""
    fields = problems.fields_of(error)
    if not fields:
        return problems.sentence(error)
    by_name = request.method == "GET"
    return _(
        "%(what)s：%(fields)s",
        what=problems.sentence(error),
        fields=" · ".join(" ".join([*([name] if by_name else []), *said]) for name, said in fields.items()),
    )


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" else "/desk"
    address = "/sign-in?next=" + quote(back, safe="/")
    if kit.is_fragment():
        answer = error_page(401)
        answer.headers["HX-Redirect"] = "/sign-in"
        return answer
    return redirect(address)
