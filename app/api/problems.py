"""Error → `application/problem+json`: {type, title, status, detail, code, errors}. The one table from what went wrong to what is said.

Belongs here: the shape and the language of a refusal. Not here: which rule refused (app/errors.py and the verbs).
"""

import orjson
import sqlalchemy as sa
from flask import Response
from psycopg import errors as pg
from werkzeug.exceptions import HTTPException

from app.api import throttle, words
from app.errors import Invalid, Refused
from app.web.i18n import current_language
from app.web.i18n import gettext as _

MIME = "application/problem+json"
BASE = "urn:shaoxiang:problem:"
CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "timeout",
    409: "wrong-state",
    412: "stale",
    413: "too-large",
    414: "too-large",
    415: "invalid",
    422: "invalid",
    429: "too-many",
    431: "too-large",
    500: "internal",
    503: "unavailable",
}
RACES = (pg.UniqueViolation, pg.ExclusionViolation)
LOST = (pg.DeadlockDetected, pg.LockNotAvailable, pg.SerializationFailure)
RETRY_SECONDS = 5


def problem(status: int, detail: str, code: str = "", errors: dict[str, list[str]] | None = None) -> Response:
    """One problem document, its sentences in the language of the request."""
    code = code or CODES.get(status, "error")
    body = {"type": BASE + code, "title": _(words.TITLES.get(status, words.TITLES[400])), "status": status, "detail": detail, "code": code}
    if errors is not None:
        body["errors"] = errors
    answer = Response(orjson.dumps(body), status=status, mimetype=MIME)
    answer.headers["Content-Language"] = "en" if current_language() == "en" else "zh-CN"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def of_refusal(refused: Refused) -> Response:
    """A verb or an edge said no: its own status, code and sentence."""
    answer = problem(refused.status, sentence(refused), refused.code, fields_of(refused))
    if refused.status == 429 and "seconds" in refused.values:
        answer.headers["Retry-After"] = str(refused.values["seconds"])
    if refused.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="12345"'
    return answer


def fields_of(refused: Refused) -> dict[str, list[str]] | None:
    """Bad input's fields and what is wrong with each, in the language of the request; None for other refusals."""
    return {name: [_(sentence) for sentence in said] for name, said in refused.fields.items()} if isinstance(refused, Invalid) else None


def sentence(refused: Refused) -> str:
    """What is said, in the language of the request; words among its values (a status) are translated too."""
    return _(refused.text, **{name: _(value) if isinstance(value, str) else value for name, value in refused.values.items()})


def of_http(error: HTTPException) -> Response:
    """What Flask itself refuses: unknown address, wrong method, too large."""
    status = error.code or 500
    answer = problem(status, _(words.SAID.get(status, words.SAID[400])))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    if status == 429:
        answer.headers["Retry-After"] = str(throttle.retry_after())
    return answer


def of_database(error: sa.exc.DBAPIError) -> Response | None:
    """Two people at once, or a database that is away. None for anything else: that is our own mistake and must be seen."""
    cause = error.orig
    if isinstance(cause, RACES):
        return problem(409, _(words.ALREADY))
    if isinstance(cause, LOST):
        return problem(409, _(words.AT_ONCE))
    if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
        answer = problem(503, _(words.SAID[503]))
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    return None
