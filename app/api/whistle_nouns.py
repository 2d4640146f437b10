"""What every call under /whistles/N shares: one locked whistle, If-Match checked, one verb, one unit of work, the whistle as the answer."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from flask import Response, url_for
from sqlalchemy.orm import Session

from app.api import etag, whistle_present
from app.api.actions import WHISTLE
from app.api.idempotency import Answer, once
from app.api.nouns import Nouns, key_owner, made, marked, refuse_early
from app.api.whistle_shapes import WhistleShape
from app.auth.access import current_actor, fetch_whistle

ONE = "/whistles/<number:whistle>"
UNIT = "/summons/<number:unit>"
TAGGED = {"ETag": {"schema": {"type": "string"}}}


def act(nouns: Nouns, rule: str, takes, *actions: str, status: int = 200):
    """Decorates `verb(session, whistle, said, actor, now, **ids)`; `actions`: the acts of the whistle table behind it."""
    named = tuple(WHISTLE + action for action in actions)

    def decorate(verb: Callable) -> Callable:
        @nouns.route(ONE + rule, methods=["POST"])
        @refuse_early(named)
        @nouns.arguments(takes)
        @nouns.response(status, WhistleShape, headers=TAGGED)
        @marked(ticket=True, one=True, actions=named)
        @wraps(verb)
        def view(given: dict, whistle: str, **ids) -> Response:
            actor = current_actor()

            def do(session: Session, now: datetime) -> Callable[[], Answer]:
                row = fetch_whistle(session, actor, whistle, lock=True)
                etag.refuse_stale(row)
                verb(session, row, given, actor, now, **ids)
                return answer_with(session, row, actor, now, status)

            return once(key_owner(), do)

        return view

    return decorate


def answer_with(session: Session, row, actor, now: datetime, status: int) -> Callable[[], Answer]:
    """The whistle as it stands when the reactions have written their rows."""
    where = url_for("api-whistles.one_whistle", whistle=row.number) if status == 201 else ""
    return lambda: made(whistle_present.whistle(session, row, actor, now), row.version, status, where)
