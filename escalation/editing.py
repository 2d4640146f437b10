"""An administrator edits a limit: what may be written, what it would move, and the new version. Earlier versions are ended, never rewritten.

The change is this installation's own: under another profile than "default" it becomes a row of that profile, the preset stays as it came.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, Stale, WrongState
from escalation.business_hours import takes_hours
from escalation.due import CALENDAR_DAYS, DAY_UNITS, HOURS, MINUTES, SECONDS, UNITS, WORKING_DAYS
from escalation.limits import DUTY, PROMISE, Book, Extension, Limit
from escalation.models import Clock, LimitRow
from escalation.recount_models import Recounting
from escalation.recounting import Change, Outcome, Paper, count_touched, foresee
from escalation.rules import Rules, as_columns, as_limit, load, load_book
from tickets.actors import Actor
from tickets.codes import PAUSE_CODES
from tickets.handling import LONGEST_EXTENSION

LONGEST = {SECONDS: 3600, MINUTES: 1440, HOURS: 720, WORKING_DAYS: 250, CALENDAR_DAYS: 730}
GIVEN = frozenset({"ledger-promise"})  # counted to a date given each time: it has no length of its own
ARTICLE_MAX, REASON_MAX = 300, 500


@dataclass(frozen=True)
class Edit:
    """What an administrator wrote. `cap`: most days of extension, None when it cannot be extended; `hours_id`: None = round the clock."""

    length: int | None
    unit: str
    cap: int | None
    pauses: tuple[str, ...]
    article: str
    reason: str
    hours_id: int | None = None


@dataclass(frozen=True)
class Edited:
    """A limit before and after, and what would become of open clocks; once saved, `waiting` is how far those have been counted again."""

    old: Limit
    new: Limit
    outcome: Outcome
    waiting: Recounting | None = None


def limit_in_force(session: Session, code: str, now: datetime) -> Limit:
    """This installation's limit as the database has it now, not as a process remembers it. Raises NotFound."""
    return _in_force(load_book(session), _profile(session), code, now)


def versions_of(session: Session, code: str) -> list[LimitRow]:
    """Every version that ever held here, newest first."""
    wanted = sa.select(LimitRow).where(LimitRow.code == code, LimitRow.profile.in_(("default", _profile(session))))
    return list(session.scalars(wanted.order_by(LimitRow.effective_from.desc(), LimitRow.id.desc())))


def proposed(old: Limit, edit: Edit, known_hours: Container[int]) -> Limit:
    """The limit as it would read. Raises Invalid naming every field that cannot stand, WrongState for a limit without a length."""
    if old.code in GIVEN:
        raise WrongState("这一项按每件承诺的日子算，没有自己的期限可改")
    if wrong := _wrong(old, edit, known_hours):
        raise Invalid(**wrong)
    assert edit.length is not None  # noqa: S101 - _wrong_length has seen to it
    extension = None
    if edit.cap:
        first = Extension(edit.cap, CALENDAR_DAYS if edit.unit == CALENDAR_DAYS else WORKING_DAYS)
        extension = replace(old.extension, cap=edit.cap) if old.extension else first
    new = replace(
        old,
        length=edit.length,
        unit=edit.unit,
        pauses=tuple(code for code in PAUSE_CODES if code in edit.pauses),
        extension=extension,
        hours_id=edit.hours_id,
        article=edit.article.strip(),
    )
    if new == old:
        raise Invalid(length="和现在的一样，没有要改的")
    return new


def try_limit(session: Session, code: str, edit: Edit, now: datetime) -> Edited:
    """What saving the edit for open clocks too would do at `now`. Reads only. Raises as `change_limit`."""
    rules = load(session)
    old = _in_force(rules.book, _profile(session), code, now)
    new = replace(proposed(old, edit, rules.book.hours), id=0)
    return Edited(old, new, foresee(session, _change(rules, _profile(session), new, edit.reason), now))


def change_limit(session: Session, code: str, edit: Edit, seen: int, open_too: bool, actor: Actor, now: datetime) -> Edited:
    """End the version in force and put another in its place from `now` on, for new matters or, with `open_too`, for open clocks as well:
    those are counted again behind the request, in batches (recount_later.py); until its turn has come a clock keeps what it was promised.

    `seen`: the row id the administrator looked at. Two at once take turns; the second is told. Raises Stale, Invalid, NotFound, WrongState.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("limits", 0))))
    profile = _profile(session)
    book = load_book(session)
    old = _in_force(book, profile, code, now)
    if old.id != seen:
        raise Stale("这一项刚被别人改过，请看过现在的再改")
    new = proposed(old, edit, book.hours)
    row = _write_version(session, profile, old, new, edit.reason, actor, now)
    waiting = None
    if open_too:
        change = change_to(load(session), profile, row.id, edit.reason)
        waiting = Recounting(
            limit_id=row.id,
            reason=edit.reason.strip(),
            asked_at=now,
            by_id=actor.account_id,
            by_name=actor.name,
            total=count_touched(session, change),
        )
        session.add(waiting)
        session.flush()
    return Edited(old, as_limit(row), Outcome(), waiting)


def change_to(rules: Rules, profile: str, limit_id: int, reason: str) -> Change:
    """What counting open clocks by this stored version means."""
    return _change(rules, profile, rules.book.by_id[limit_id], reason)


def _change(rules: Rules, profile: str, new: Limit, reason: str) -> Change:
    """Open clocks of any version of the limit that follow its length and still have time."""
    earlier = {row.id: row for row in rules.book.rows if row.code == new.code and row.profile in ("default", profile)}

    def version_for(clock: Paper, now: datetime) -> Limit | None:
        had = earlier[clock.limit_id]
        own_length = (clock.length, clock.unit) != (had.length, had.unit)
        lost_extension = clock.extended_by > 0 and new.extension is None
        over = clock.due_at <= (clock.paused_at or now)
        return None if own_length or lost_extension or over else new

    return Change("limit", rules, Clock.limit_id.in_(sorted(earlier)), version_for, reason)


def _write_version(session: Session, profile: str, old: Limit, new: Limit, reason: str, actor: Actor, now: datetime) -> LimitRow:
    if old.profile == profile:
        session.execute(sa.update(LimitRow).where(LimitRow.id == old.id).values(effective_to=now))
    last = session.scalar(sa.select(sa.func.max(LimitRow.version)).where(LimitRow.profile == profile, LimitRow.code == old.code)) or 0
    row = LimitRow(
        **as_columns(replace(new, profile=profile)), version=last + 1, effective_from=now, by_id=actor.account_id, reason=reason.strip()
    )
    session.add(row)
    session.flush()
    return row


def _in_force(book: Book, profile: str, code: str, now: datetime) -> Limit:
    found = book.of_profile(profile, now).get(code)
    if found is None:
        raise NotFound("没有这个期限")
    return found


def _profile(session: Session) -> str:
    return session.info.get("profile", "default")


def _wrong(old: Limit, edit: Edit, known_hours: Container[int]) -> dict[str, str]:
    """Field → what to mend, for every field that cannot stand."""
    bad = {}
    if edit.unit not in UNITS:
        bad["unit"] = "请选单位"
    elif edit.length is None or not (edit.unit != CALENDAR_DAYS) <= edit.length <= LONGEST[edit.unit]:
        bad["length"] = "请填整数：最多 3600 秒、1440 分钟、720 小时、250 个工作日或 730 天；只有按天算的可以是 0，就是当日"
    if edit.cap is not None:
        if edit.unit not in DAY_UNITS:
            bad["cap"] = "按秒、分钟、小时算的期限不能延期"
        elif old.kind != PROMISE and old.extension is None:
            bad["cap"] = "这一项不能延期"
        elif not 1 <= edit.cap <= _longest_extension(old):
            bad["cap"] = "延期最多 10 个工作日；企业诉求 15，普通信访 30。不能延期就空着"
    if not set(edit.pauses) <= set(PAUSE_CODES):
        bad["pauses"] = "没有这种暂停情形"
    elif edit.pauses and old.kind not in (PROMISE, DUTY):
        bad["pauses"] = "这一项不能暂停"
    if edit.hours_id is not None and (edit.hours_id not in known_hours or not takes_hours(replace(old, unit=edit.unit))):
        bad["hours"] = "这一项要全天候算，不能按工作时间"
    if not edit.article.strip() or len(edit.article) > ARTICLE_MAX:
        bad["article"] = "请写明依据：哪份文件、哪一条，300 字以内"
    if not edit.reason.strip() or len(edit.reason) > REASON_MAX:
        bad["reason"] = "请写明为什么改，500 字以内"
    return bad


def _longest_extension(limit: Limit) -> int:
    """What the law lets a unit ask for on the tracks the limit is for; never less than the limit has."""
    tracks = [track for each in limit.applies for track in each.tracks]
    return max([10, limit.extension.cap if limit.extension else 0, *(LONGEST_EXTENSION.get(track, 10) for track in tracks)])
