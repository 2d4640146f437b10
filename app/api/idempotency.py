"""Every create once: the same key and body get the same answer again, also when both come at the same moment.

The key's row is written first, inside the verb's own transaction: a second caller waits on it and then reads the answer.
If the verb refuses, the row is gone with everything else, and the same key may try again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.api import words
from app.auth.models import IdempotencyKey
from app.errors import Invalid, Mismatch
from app.work import settle, work

HEADER = "Idempotency-Key"
_KEYS = IdempotencyKey.__table__
_CLAIM = (
    insert(_KEYS)
    .values({name: sa.bindparam(name) for name in ("owner", "key", "request_hash", "created_at")})
    .on_conflict_do_nothing()
    .returning(_KEYS.c.created_at)
)
_KEEP = (
    sa.update(_KEYS)
    .where(_KEYS.c.owner == sa.bindparam("of"), _KEYS.c.key == sa.bindparam("at"))
    .values(status=sa.bindparam("status"), answer=sa.bindparam("answer", type_=_KEYS.c.answer.type))
)


@dataclass(frozen=True)
class Answer:
    """What a write says: a status, JSON text, and headers (Location, ETag)."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, replayed: bool = False) -> Response:
        answer = Response(self.body, status=self.status, mimetype="application/json", headers=self.headers)
        answer.headers["Cache-Control"] = "no-store"
        if replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer


def once(owner: str, do: Callable[[Session, datetime], Callable[[], Answer]], secret: bool = False, key: str | None = None) -> Response:
    """Run `do` in one unit of work; what it returns makes the answer when the reactions have written their rows.

    `owner`: whose keys they are. `secret`: the answer holds a person's identity and is kept sealed. `key`: for callers who sent none.
    Raises Mismatch when the key came with another request, Invalid for an impossible key.
    """
    key = request.headers.get(HEADER, key)
    if key is not None and not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise Invalid(**{HEADER: words.BAD_KEY})
    now = clock.now()
    with work() as session:
        if key is not None and not _claimed(session, owner, key, now):
            return _kept(session, owner, key, secret).response(replayed=True)
        finish = do(session, now)
        settle(session)
        answer = finish()
        if key is not None:
            _keep(session, owner, key, answer, secret)
    return answer.response()


def forget(owner: str) -> None:
    """What was done for this request came to nothing after its commit: the same key may try again."""
    with work() as session:
        session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == request.headers.get(HEADER)))


def repeated(session: Session, owner: str, same: str, now: datetime, within: timedelta) -> str:
    """A key for a call that brought none and hashes to `same`: the one it had when it came `within` ago, else a new one."""
    turn = int(now.timestamp() // within.total_seconds())
    this, before = f"same:{same}:{turn}", f"same:{same}:{turn - 1}"
    row = session.get(IdempotencyKey, (owner, before))
    return before if row is not None and row.created_at > now - within else this


def _claimed(session: Session, owner: str, key: str, now: datetime) -> bool:
    """True when this call is the first; waits for another that holds the same key."""
    return session.execute(_CLAIM, {"owner": owner, "key": key, "request_hash": _asked(), "created_at": now}).first() is not None


def _kept(session: Session, owner: str, key: str, secret: bool) -> Answer:
    row = session.get(IdempotencyKey, (owner, key))
    if row.request_hash != _asked():
        raise Mismatch("这个 Idempotency-Key 已经用在另一个请求上，请换一个")
    body = session.info["vault"].open(bytes.fromhex(row.answer["sealed"])) if secret else row.answer["body"]
    return Answer(row.status, body, row.answer["headers"])


def _keep(session: Session, owner: str, key: str, answer: Answer, secret: bool) -> None:
    kept = {"sealed": session.info["vault"].seal(answer.body).hex()} if secret else {"body": answer.body}
    session.execute(_KEEP, {"of": owner, "at": key, "status": answer.status, "answer": kept | {"headers": answer.headers}})


def _asked() -> str:
    """A hash of method, path and body; JSON is taken by its meaning, files by their bytes."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    if request.is_json:
        digest.update(orjson.dumps(orjson.loads(request.get_data(cache=True) or b"{}"), option=orjson.OPT_SORT_KEYS))
    else:
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{name}={value}\n".encode())
        for name, file in sorted(request.files.items(multi=True)):
            digest.update(f"{name}:{file.filename}\n".encode() + hashlib.sha256(file.read()).digest())
            file.seek(0)
    return digest.hexdigest()
