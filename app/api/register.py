"""Which nouns there are: every API blueprint, registered once."""

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect

from app import places
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
    patrols,
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

NOUNS = tuple(
    noun.nouns
    for noun in (
        tickets,
        dispatches,
        returns,
        disputes,
        handling,
        extensions,
        suspensions,
        tasks,
        replies,
        follow_ups,
        additions,
        merges,
        endings,
        procedures,
        sorting,
        attachments,
        calls,
        history,
        clocks,
        escalations,
        evaluations,
        supervisions,
        dossiers,
        suggestions,
        public,
        directory,
        whistles,
        summons,
        exchange,
        reports,
        patrols,
    )
)


class Reference(Api):
    """smorest's document without its own error handlers: refusals are app/web/refusals.py's and look alike everywhere."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: the application has its handlers."""


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Register the API; its writes are exempt from CSRF only when a bearer token speaks (principal.py)."""
    throttle.init_app(app)
    app.config.update(documents.title())
    api = Reference(app, spec_kwargs=documents.OPTIONS | {"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=documents.name_of)})
    app.extensions["api"] = api
    for place in places.WORDS.values():
        api.register_converter(place, lambda converter: {"type": "string", "pattern": f"^{converter.regex}$"})
    documents.describe(api)
    for nouns in NOUNS:
        api.register_blueprint(nouns)
    app.register_blueprint(docs.pages)
    app.register_blueprint(health.pages)
    app.register_blueprint(receipts.pages)
    metrics.init_app(app)
