"""The blueprint every noun is made from, and `act`: one POST under /tickets/N that runs one verb on one locked ticket, once."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

import orjson
from flask import Response, g
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from app.api import documents, etag, present, throttle, words
from app.api.actions import ACTIONS
from app.api.idempotency import Answer, once
from app.api.parse import Parser
from app.api.shapes import TicketShape
from app.auth.access import current_actor, fetch_ticket
from app.errors import Forbidden
from tickets.actors import Actor

TICKET = "/tickets/<number:number>"
ID = "/<int(max=9223372036854775807):row_id>"


class Nouns(Blueprint):
    """A smorest blueprint under /api/v1 that reads with our parser and documents what all calls share."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, about: str, counted: bool = True):
        super().__init__(f"api-{name}", __name__, url_prefix="/api/v1", description=about)
        self.tag = name
        self._prepare_doc_cbks.append(documents.common)
        if counted:
            self.before_request(throttle.count_call)

    def arguments(self, schema, **options):
        """smorest's, with the schema made once: webargs would make a class anew for every call."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    def add_url_rule(self, rule, endpoint=None, view_func=None, provide_automatic_options=None, *, tags=None, **options):
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, tags=tags or [self.tag], **options)


def marked(**marks):
    """Notes for the document: open (no token), ticket (a write on one), one (404 possible), tagged (ETag), actions, roles."""

    def decorate(view):
        view._apidoc = getattr(view, "_apidoc", {}) | {"marks": marks | {"name": view.__name__}}
        view.csrf_exempt = bool(marks.get("open"))  # nobody's browser session speaks there, so there is nothing to forge
        return view

    return decorate


def said(body, status: int = 200, headers: dict | None = None) -> Response:
    """A JSON answer to a read."""
    answer = Response(orjson.dumps(body), status=status, mimetype="application/json", headers=headers)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Authorization", "Cookie", "Accept-Language"))
    return answer


def made(body, version: int, status: int = 200, location: str = "") -> Answer:
    """The answer to a write on a ticket: what stands now, and its version."""
    headers = {"ETag": etag.mark(version)} | ({"Location": location} if location else {})
    return Answer(status, orjson.dumps(body).decode(), headers)


def allowed(actions: tuple[str, ...]) -> Actor:
    """Who is asking, if their post may take one of these actions at all; whether on this ticket, the verb says. Raises Forbidden."""
    actor = current_actor()
    if actions and not any(actor.has(*ACTIONS[action].roles) for action in actions):
        raise Forbidden(words.NOT_YOURS)
    return actor


def key_owner() -> str:
    """Whose idempotency keys these are."""
    return f"account:{g.account.id}"


def act(
    nouns: Nouns,
    rule: str,
    takes,
    *actions: str,
    shape=TicketShape,
    shows: Callable = present.ticket,
    status: int = 200,
    secret: bool = False,
    before: Callable | None = None,
):
    """Decorates `verb(session, ticket, said, actor, now, **ids)`, called with the ticket locked and If-Match checked, in one unit of work.

    `takes`: the body's schema. `actions`: the workflow actions behind it; whose post has none of them is refused at once.
    `shows(session, made, actor, now)`: what is answered, given what the verb returned or else the ticket. `secret`: see once().
    `before(session, actor, number, said)`: locks what must be locked earlier than the ticket.
    """

    def decorate(verb: Callable) -> Callable:
        @nouns.route(TICKET + rule, methods=["POST"])
        @refuse_early(actions)
        @nouns.arguments(takes)
        @nouns.response(status, shape)
        @marked(ticket=True, one=True, actions=actions)
        @wraps(verb)
        def view(given: dict, number: str, **ids: int) -> Response:
            actor = current_actor()

            def do(session: Session, now: datetime) -> Callable[[], Answer]:
                if before is not None:
                    before(session, actor, number, given)
                ticket = fetch_ticket(session, actor, number, lock=True)
                etag.refuse_stale(ticket)
                result = verb(session, ticket, given, actor, now, **ids)
                return lambda: made(shows(session, ticket if result is None else result, actor, now), ticket.version, status)

            return once(key_owner(), do, secret)

        return view

    return decorate


def refuse_early(actions: tuple[str, ...]):
    """A post that has nothing to do with the action is refused before its body is read."""

    def decorate(view):
        @wraps(view)
        def wrapper(*args, **kwargs):
            allowed(actions)
            return view(*args, **kwargs)

        return wrapper

    return decorate
