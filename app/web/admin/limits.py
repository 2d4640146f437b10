"""Limits as an administrator edits them: what holds here and since when, a change tried on paper first, then written as a new version."""

from dataclasses import dataclass
from datetime import datetime

from flask import g, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app import clock, recounting
from app.auth.people import names_of
from app.errors import Invalid, Stale
from app.web import articles, forms, kit
from app.web.admin.moves import page_of
from app.web.admin.room import change, pages
from app.web.clock_faces import said_hours
from app.web.i18n import gettext as _
from app.web.i18n import listed
from app.web.i18n import ngettext as _n
from app.web.promises import said
from app.work import session_now
from escalation import words
from escalation.business_hours import offered, takes_hours
from escalation.due import CALENDAR_DAYS, HOURS, MINUTES, SECONDS, WORKING_DAYS
from escalation.editing import GIVEN, Edit, Edited, change_limit, limit_in_force, try_limit, versions_of
from escalation.limits import DUTY, PROMISE, WINDOW, Limit
from escalation.recount_later import recountings_of
from escalation.recount_models import Recounting
from escalation.rules import as_limit, forget, limits_of, rules_for
from escalation.seed import BEGINNING
from tickets.codes import PAUSE_CODES
from tickets.reference import reference
from tickets.words import PAUSE_CODE

FIELDS = ("length", "unit", "cap", "hours", "article", "reason")
KEPT = ("length", "unit", "article", "hours_id", "version", "profile")


@dataclass(frozen=True)
class Group:
    """One table of the list."""

    title: str
    rows: list[Limit]


@pages.get("/limits")
def limit_list():
    """Every limit that holds in this installation, by whom it binds."""
    session, now = session_now(), clock.now()
    profile = words.PROFILE.get(session.info["profile"], session.info["profile"])
    return render_template(
        "admin/limits.html",
        groups=_groups(list(limits_of(session, now).values())),
        profile=_(profile),
        since=BEGINNING,
        **_sayings(session),
    )


@pages.get("/limits/<limit_code>")
def limit(limit_code: str):
    """One limit: the form, with `try=1` what the change would move, and every version there was; `part=recount` how far open clocks are."""
    if kit.is_fragment() and request.args.get("part") == "recount":
        rows = [row.id for row in versions_of(session_now(), limit_code)]
        recount = _recount(rows)
        return render_template("admin/_recount.html", recount=recount, page=f"/admin/limits/{limit_code}") if recount else ("", 204)
    return _page(limit_code, request.args)


@pages.post("/limits/<limit_code>")
def write_limit(limit_code: str):
    """The new version, for new matters only or for open clocks too, which a worker counts again; a second administrator meanwhile is told
    and keeps what was typed."""

    def do(session: Session, now):
        open_too = forms.text("scope") == "open"
        done = change_limit(
            session, limit_code, _edit(session, limit_code, request.form, now), forms.whole("seen") or 0, open_too, g.actor, now
        )
        waits = {"scope": "open", "clocks": done.waiting.total} if done.waiting else {"scope": "new"}
        return f"limit {limit_code}", _shape(done.old), _shape(done.new) | {"reason": forms.text("reason")} | waits

    def back() -> str:
        forget(session_now())
        recounting.wake(clock.now())
        return f"/admin/limits/{limit_code}"

    try:
        return change("limit", do, _("改好了，从现在起按新的算。"), back, lambda errors: _page(limit_code, request.form, errors))
    except Stale as late:
        return _page(limit_code, request.form, stale=_(late.text)), late.status


def _page(code: str, typed: MultiDict, errors: dict | None = None, stale: str = "") -> str:
    session, now = session_now(), clock.now()
    row = limit_in_force(session, code, now)
    tried, errors = _tried(session, code, typed, now) if typed.get("try") and not errors else (None, errors or {})
    moves, pager = page_of(tried.outcome.moves if tried else [], typed.get("page", ""))
    rows = versions_of(session, code)
    return render_template(
        "admin/limit.html",
        limit=row,
        typed=_typed(typed) if "length" in typed else _as_typed(row),
        errors=errors,
        stale=stale,
        tried=tried,
        moves=moves,
        pager=pager,
        recount=_recount([one.id for one in rows]),
        versions=[(one, as_limit(one)) for one in rows],
        people=names_of(session, [one.by_id for one in rows]),
        units=_units(),
        pauses=[(one, _(PAUSE_CODE[one])) for one in PAUSE_CODES] if row.kind in (PROMISE, DUTY) else [],
        can_extend=row.kind == PROMISE or row.extension is not None,
        hours=[(one.id, one.name) for one in offered(session)] if takes_hours(row) else [],
        names=reference(session),
        now=now,
        **_sayings(session),
    )


def _recount(row_ids: list[int]) -> Recounting | None:
    """The newest recounting of these versions."""
    return max(recountings_of(session_now(), row_ids).values(), key=lambda row: row.id, default=None)


def _tried(session: Session, code: str, typed: MultiDict, now: datetime) -> tuple[Edited | None, dict]:
    try:
        return try_limit(session, code, _edit(session, code, typed, now), now), {}
    except Invalid as bad:
        return None, {name: [_(sentence) for sentence in sentences] for name, sentences in bad.fields.items()}


def _edit(session: Session, code: str, typed: MultiDict, now: datetime) -> Edit:
    """What was typed, as it stands; an article left as the page said it is the one that stands. Raises Invalid for what is no number."""
    article, stands = typed.get("article", "").strip(), limit_in_force(session, code, now).article
    return Edit(
        _whole(typed, "length"),
        typed.get("unit", ""),
        _whole(typed, "cap"),
        tuple(typed.getlist("pauses")),
        stands if article == articles.said(stands) else article,
        typed.get("reason", "").strip(),
        _whole(typed, "hours"),
    )


def _whole(typed: MultiDict, name: str) -> int | None:
    raw = typed.get(name, "").strip()
    if raw and not (raw.isascii() and raw.isdigit() and len(raw) < 9):
        raise Invalid(**{name: "请填整数"})
    return int(raw) if raw else None


def _typed(typed: MultiDict) -> dict:
    return {name: typed.get(name, "") for name in FIELDS} | {"pauses": typed.getlist("pauses")}


def _as_typed(row: Limit) -> dict:
    return {
        "length": row.length,
        "unit": row.unit,
        "cap": row.extension.cap if row.extension else "",
        "hours": row.hours_id or "",
        "article": articles.said(row.article),
        "reason": "",
        "pauses": list(row.pauses),
    }


def _shape(row: Limit) -> dict:
    """What the audit row remembers of a version."""
    return {name: getattr(row, name) for name in KEPT} | {"pauses": list(row.pauses), "cap": row.extension.cap if row.extension else None}


def limit_word(code: str) -> str:
    """The limit's name in the language of the page."""
    return _(words.LIMIT.get(code, code))


def _units() -> list[tuple[str, str]]:
    return [(SECONDS, _("秒")), (MINUTES, _("分钟")), (HOURS, _("小时")), (WORKING_DAYS, _("工作日")), (CALENDAR_DAYS, _("自然日"))]


def _sayings(session: Session) -> dict:
    """How templates say a limit."""
    book = rules_for(session).book

    def extension(row: Limit) -> str:
        if row.extension is None:
            return ""
        return (
            _n("最多延 %(n)s 个工作日", row.extension.cap)
            if row.extension.unit == WORKING_DAYS
            else _n("最多延 %(n)s 天", row.extension.cap)
        )

    return {
        "length_of": lambda row: _("按承诺的日子") if row.code in GIVEN else said(row),
        "limit_word": limit_word,
        "article_of": articles.said,
        "extension_of": extension,
        "pauses_of": lambda row: listed(_(PAUSE_CODE[code]) for code in row.pauses),
        "hours_of": lambda row: said_hours(book.hours.get(row.hours_id or 0)),
        "given": GIVEN,
    }


def _groups(rows: list[Limit]) -> list[Group]:
    tests = (
        (_("答应市民的"), lambda row: row.kind == PROMISE),
        (_("单位的每一步"), lambda row: row.kind == DUTY and row.owner in ("unit", "ticket", "task")),
        (_("热线中心自己的"), lambda row: row.owner == "centre"),
        (_("过了就不能再提的"), lambda row: row.kind == WINDOW),
        (_("吹哨报到"), lambda row: row.owner == "summons"),
        (_("巡查和其他"), lambda row: True),
    )
    groups = []
    for title, test in tests:
        groups.append(Group(title, [row for row in rows if test(row)]))
        rows = [row for row in rows if not test(row)]
    return [group for group in groups if group.rows]
