"""The OpenAPI document and the page that reads it, both open to all and whole without a network."""

from functools import lru_cache

import orjson
from flask import Blueprint, Response, current_app, render_template

from app.auth.principal import open_to_all

pages = Blueprint("api-reader", __name__)


@pages.get("/api/v1/openapi.json")
@open_to_all
def document() -> Response:
    """The whole API as OpenAPI 3.1."""
    return Response(_text(current_app._get_current_object()), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@pages.get("/api/docs")
@open_to_all
def reader() -> str:
    """The same to read and try."""
    return render_template("api/docs.html")


@lru_cache(maxsize=4)
def _text(app) -> bytes:
    return orjson.dumps(app.extensions["api"].spec.to_dict(), option=orjson.OPT_INDENT_2)
