"""Photos that come with a citizen's form: checked one by one, named when refused, and held a while so that a form put right need not
send them again. What a picture may be is tickets/attachments.py's."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app, request
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from app.errors import Invalid, TooLarge
from app.web.i18n import gettext as _
from tickets import attachments
from tickets.actors import CITIZEN_ACTOR
from tickets.attachments import Checked
from tickets.models import Ticket

MOST = 6
HELD_SECONDS = 1800
PREFIX = "photo:"


@dataclass
class Shots:
    """What came: pictures that passed as (token of the held copy or "", name, picture), and a sentence for each that did not."""

    good: list[tuple[str, str, Checked]] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def allow(_endpoint: str | None, _values: dict | None) -> None:
    """Let a form carry six photos of the size one may have: a blueprint's url_value_preprocessor, so before anything reads the form."""
    request.max_content_length = (MOST + 1) * _limit()


def taken() -> Shots:
    """The pictures of this form: those held from the last attempt, then the new ones, six at most."""
    shots = Shots()
    for token in request.form.getlist("kept")[:MOST]:
        data = _held(token)
        if data is not None:
            shots.good.append((token, _("照片"), attachments.check(data, _limit())))
    for sent in request.files.getlist("photos"):
        if not sent.filename:
            continue
        if len(shots.good) >= MOST:
            shots.bad.append(_("最多 %(n)s 张，“%(name)s”没有加上", n=MOST, name=sent.filename))
            continue
        _take(shots, sent)
    return shots


def refuse_bad(shots: Shots) -> None:
    """Raises Invalid naming every picture that did not pass."""
    if shots.bad:
        raise Invalid(photos=shots.bad)


def hang(session: Session, ticket: Ticket, shots: Shots, now: datetime, master: Ticket | None = None) -> None:
    """Keep the pictures on the ticket as the citizen's, and on the one it was merged into as another citizen's, where the unit sees them."""
    folder = current_app.config["SETTINGS"].uploads
    for _token, name, checked in shots.good:
        attachments.attach(session, ticket, name, checked, folder, "citizen", CITIZEN_ACTOR, now)
        if master is not None:
            attachments.attach(session, master, f"photo.{checked.suffix}", checked, folder, "child", CITIZEN_ACTOR, now)


def keep(shots: Shots) -> list[str]:
    """Hold the good pictures for half an hour and give their tokens for the form; without Redis nothing is held."""
    redis, tokens = current_app.extensions["redis"], []
    for held, _name, checked in shots.good:
        token = held or secrets.token_urlsafe(16)
        try:
            redis.set(PREFIX + token, checked.data, ex=HELD_SECONDS)
        except RedisError:
            continue
        tokens.append(token)
    return tokens


def done(shots: Shots) -> None:
    """They hang on a ticket: the held copies may go."""
    drop([token for token, _name, _checked in shots.good if token])


def drop(tokens: Sequence[str]) -> None:
    """Held copies nobody needs any more."""
    if tokens:
        try:
            current_app.extensions["redis"].delete(*(PREFIX + token[:64] for token in tokens))
        except RedisError:
            return  # they expire by themselves


def held_picture(token: str) -> bytes | None:
    """The bytes of a held picture, for its preview."""
    return _held(token)


def _take(shots: Shots, sent) -> None:
    try:
        sent.seek(0)  # a refused form is read again, to hold what came with it
        checked = attachments.check(sent.read(), _limit())
        if checked.kind != "photo":
            raise Invalid(file="这里只收照片（JPG、PNG、WEBP）")
        shots.good.append(("", sent.filename, checked))
    except TooLarge as big:
        shots.bad.append(_("“%(name)s”：%(why)s", name=sent.filename, why=_(big.text, **big.values)))
    except Invalid as bad:
        why = " ".join(_(one) for said in bad.fields.values() for one in said)
        shots.bad.append(_("“%(name)s”：%(why)s", name=sent.filename, why=why))


def _held(token: str) -> bytes | None:
    try:
        return current_app.extensions["redis"].get(PREFIX + token[:64])
    except RedisError:
        return None


def _limit() -> int:
    return current_app.config["SETTINGS"].upload_limit_mb * 1024 * 1024
