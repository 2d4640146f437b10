"""Every refusal under /open311/ in the standard's words: an array of code and description, 404 for what is not there, 403 for the key, else 400.

What went wrong is app/api/problems.py's table; here its answer is only said again in the other shape, in the notation that was asked for.
"""

from flask import Flask, Response, request

from app.api import problems
from app.open311.formats import TYPES, written

PREFIX = "/open311/"
STATUSES = {401: 403, 406: 400, 408: 400, 409: 400, 412: 400, 415: 400, 422: 400}
NAMES = {
    "content": "description",
    "category": "service_code",
    "region": "attribute[region]",
    "appeal_type": "attribute[appeal_type]",
    "lng": "long",
}


def init_app(app: Flask) -> None:
    """Say problems of this room in its own shape."""
    app.after_request(in_this_shape)


def in_this_shape(answer: Response) -> Response:
    """Only what problems.py made and only under our prefix."""
    if not request.path.startswith(PREFIX) or answer.mimetype != problems.MIME:
        return answer
    problem, form = answer.get_json(), asked_form()
    answer.status_code = STATUSES.get(answer.status_code, answer.status_code)
    fields = [f"{NAMES.get(name, name)}: {sentence}" for name, sentences in (problem.get("errors") or {}).items() for sentence in sentences]
    said = [{"code": answer.status_code, "description": words} for words in fields or [problem["detail"]]]
    answer.set_data(written(form, "errors", said))
    answer.headers["Content-Type"] = TYPES[form]
    answer.headers.pop("WWW-Authenticate", None)
    return answer


def asked_form() -> str:
    """By the end of the address; XML, the notation every client knows, where it has none."""
    return "json" if request.path.endswith(".json") else "xml"
