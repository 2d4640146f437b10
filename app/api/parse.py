"""Reads what a call carries (JSON body, query, form) for the schemas; whatever is wrong with it becomes one Invalid with its fields."""

from typing import Any, ClassVar

import orjson
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from app.api import words
from app.errors import Invalid, TooLarge

SMALL_BODY = 64 * 1024


class Parser(FlaskParser):
    """webargs, speaking our errors. An absent body is an empty object, so that calls without required fields need none."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar = {"json": None, "query": RAISE, "form": RAISE, "files": RAISE}

    def load_json(self, req, schema):
        if not req.content_length and not req.headers.get("Transfer-Encoding"):
            return {}
        if not req.is_json:
            raise Invalid(body=words.NO_JSON)
        limit = getattr(schema, "largest", SMALL_BODY)
        if limit is not None and (req.content_length or 0) > limit:
            raise TooLarge(words.SAID[413])
        try:
            data = orjson.loads(req.get_data(cache=True))
        except orjson.JSONDecodeError as bad:
            raise Invalid(body=words.BROKEN_JSON) from bad
        return data

    def load_querystring(self, req, schema):
        """The query without `lang`, which every address takes (app/web/i18n.py)."""
        given = (
            req.args if "lang" not in req.args else MultiDict((name, value) for name, value in req.args.items(multi=True) if name != "lang")
        )
        return self._makeproxy(given, schema)

    def handle_error(self, error, req, schema, *, error_status_code, error_headers):
        raise Invalid(**flat(next(iter(error.messages.values())))) from error


def flat(messages: Any, above: str = "") -> dict[str, list[str]]:
    """{"place": {"lng": [said]}} → {"place.lng": [said]}; what belongs to no field stands under "body"."""
    found: dict[str, list[str]] = {}
    for name, said in messages.items():
        place = f"{above}.{name}" if above and name != "_schema" else above or (name if name != "_schema" else "body")
        if isinstance(said, dict):
            found |= flat(said, str(place))
        else:
            found.setdefault(str(place), []).extend(said)
    return found
