"""Which nouns there are: every API blueprint, registered once."""

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import BaseConverter, IntegerConverter

from app.api import (
    additions,
    attachments,
    calls,
    clocks,
    directory,
    dispatches,
    disputes,
    docs,
    documents,
    dossiers,
    endings,
    escalations,
    evaluations,
    exchange,
    extensions,
    follow_ups,
    handling,
    health,
    history,
    merges,
    metrics,
    procedures,
    public,
    receipts,
    replies,
    reports,
    returns,
    sorting,
    suggestions,
    summons,
    supervisions,
    suspensions,
    tasks,
    throttle,
    tickets,
    whistles,
)
from app.api.fields import LARGEST_ID

NOUNS = tuple(noun.nouns for noun in (
    tickets, dispatches, returns, disputes, handling, extensions, suspensions, tasks, replies, follow_ups, additions, merges, endings, procedures, sorting,
    attachments, calls, history, clocks, escalations, evaluations, supervisions, dossiers, suggestions, public, directory, whistles, summons, exchange, reports,
))


class Number(BaseConverter):
    """A ticket number in a path; anything else is no address at all."""

    regex = "[0-9A-Za-z-]{1,40}"


class Digits(Number):
    """A query code in a path."""

    regex = "[0-9]{1,20}"


class Token(Number):
    """A one-time link's secret part."""

    regex = "[0-9A-Za-z._-]{1,100}"


class RowId(IntegerConverter):
    """The id of a row in a path: what no id can be is no address. A table of billions says its own `max`."""

    def __init__(self, url_map, *args, **options):
        super().__init__(url_map, *args, **{"max": LARGEST_ID} | options)


PLACES = {"number": Number, "digits": Digits, "token": Token}


class Reference(Api):
    """smorest's document without its own error handlers: refusals are app/web/refusals.py's and look alike everywhere."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: the application has its handlers."""


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Register the API; its writes are exempt from CSRF only when a bearer token speaks (principal.py)."""
    throttle.init_app(app)
    app.url_map.converters |= PLACES | {"int": RowId}
    app.config.update(documents.title())
    api = Reference(app, spec_kwargs=documents.OPTIONS | {"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=documents.name_of)})
    app.extensions["api"] = api
    for place in PLACES.values():
        api.register_converter(place, lambda converter: {"type": "string", "pattern": f"^{converter.regex}$"})
    documents.describe(api)
    for nouns in NOUNS:
        api.register_blueprint(nouns)
    app.register_blueprint(docs.pages)
    app.register_blueprint(health.pages)
    app.register_blueprint(receipts.pages)
    metrics.init_app(app)
