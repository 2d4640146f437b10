"""谁在岗: absences put down, delegations, the duty roster, who holds what. Its rules are tickets/posts.py's and roster.py's (R70–R72)."""

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require
from app.auth.audit import audit
from app.auth.models import Account
from app.clock import local
from app.errors import Invalid, Refused
from app.web import forms, kit
from app.web.duty import absences_of, delegations_of, duties
from app.web.form_state import FormState, Wrong
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.moments import moment_given
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import posts, roster, words
from tickets.actors import HEAD, LEADER, LIAISON, SUPERVISOR, UNIT_ROLES, Actor
from tickets.organisations import Post, Unit
from tickets.reference import reference

pages = Blueprint("duty", __name__, url_prefix="/desk/duty")
READERS = (*sorted(UNIT_ROLES), LEADER, SUPERVISOR)


@pages.get("")
def show():
    """The posts of one's unit; for a leader, of every unit one supervises."""
    return _page(open_form=request.args.get("do", ""))


@pages.post("/absences")
def absent():
    """Put oneself down as away: B acts by itself from then on."""
    actor, now = require(*READERS), clock.now()
    try:
        starts, ends = moment_given("starts_at") or now, moment_given("ends_at")
        if ends is None or ends <= now:
            raise Invalid(ends_at="请填回来的时间，要在现在之后")
        reason = forms.text("reason")
        if reason not in words.ABSENCE:
            raise Invalid(reason="请选一个事由")
        with work() as session:
            row = posts.set_absence(session, actor.account_id, starts, ends, reason, actor, forms.text("note"))
            audit(
                session,
                actor.account_id,
                actor.name,
                "set-absence",
                actor.name,
                now,
                starts=starts.isoformat(),
                ends=ends.isoformat(),
                reason=row.reason,
            )
            _tell(session, actor)
    except Invalid as no:
        return _page(wrong=_wrong("absence", no)), no.status
    kit.toast(_("记好了：%(until)s 前由 B 岗顶上", until=format_moment(ends)))
    return redirect(_back())


@pages.post("/absences/<int:absence_id>/end")
def back(absence_id: int) -> Response:
    """Back earlier than said."""
    actor, now = require(*READERS), clock.now()
    with work() as session:
        row = posts.end_absence(session, absence_id, actor, now)
        audit(
            session,
            actor.account_id,
            actor.name,
            "end-absence",
            actor.name,
            now,
            starts=row.starts_at.isoformat(),
            ends=row.ends_at.isoformat(),
        )
        _tell(session, actor)
    kit.toast(_("欢迎回来，单子又归你接"))
    return redirect(_back())


@pages.post("/delegations")
def delegate():
    """The supervising leader names somebody to hold a post for a while; who granted it stays on record."""
    actor, now = require(*READERS), clock.now()
    try:
        starts, ends = moment_given("starts_at") or now, moment_given("ends_at")
        if ends is None:
            raise Invalid(ends_at="请填到什么时候")
        with work() as session:
            post = session.get(Post, forms.whole("post") or 0)
            if post is None:
                raise Invalid(post="请选一个岗位")
            person = session.scalar(sa.select(Account).where(Account.username == forms.text("delegate").lower(), Account.active))
            if person is None:
                raise Invalid(delegate="没有这个登录名")
            posts.delegate(session, post, person.id, starts, ends, forms.text("reason"), actor)
            audit(
                session,
                actor.account_id,
                actor.name,
                "delegate",
                person.username,
                now,
                post=post.id,
                unit=post.unit_id,
                starts=starts.isoformat(),
                ends=ends.isoformat(),
                reason=forms.text("reason"),
            )
            session.info["topics"].add(f"unit:{post.unit_id}")
            current_app.extensions.get("duties", {}).pop(post.unit_id, None)
            said = _("%(who)s 顶岗到 %(until)s", who=person.name, until=format_moment(ends))
    except Refused as no:
        if no.status not in (403, 422):
            raise
        return _page(wrong=_wrong("delegation", no)), no.status
    kit.toast(said)
    return redirect(url_for("duty.show"))


@pages.post("/delegations/<int:delegation_id>/revoke")
def revoke(delegation_id: int) -> Response:
    """Take it back; only who granted it, or a city leader."""
    actor, now = require(*READERS), clock.now()
    with work() as session:
        row = posts.revoke(session, delegation_id, actor, now)
        unit_id = session.get(Post, row.post_id).unit_id
        session.info["topics"].add(f"unit:{unit_id}")
        current_app.extensions.get("duties", {}).pop(unit_id, None)
        audit(session, actor.account_id, actor.name, "revoke-delegation", str(row.delegate_id), now, post=row.post_id)
    kit.toast(_("授权收回了"))
    return redirect(url_for("duty.show"))


@pages.post("/shifts")
def put_on():
    """Put somebody of one's unit on the duty roster, one or several shifts running."""
    actor, now = require(*READERS), clock.now()
    try:
        with work() as session:
            made = roster.put_on(
                session, actor.unit_id, forms.whole("person") or 0, _day("first"), forms.whole("days") or 0, forms.text("shift"), actor, now
            )
            audit(
                session,
                actor.account_id,
                actor.name,
                "put-on-duty",
                str(made[0].account_id),
                now,
                starts=made[0].starts_at.isoformat(),
                ends=made[-1].ends_at.isoformat(),
                shifts=len(made),
            )
            _tell(session, actor)
    except Invalid as no:
        return _page(wrong=_wrong("shift", no)), no.status
    kit.toast(_("排好了 %(n)s 班", n=len(made)))
    return redirect(url_for("duty.show"))


@pages.post("/shifts/<int:shift_id>/end")
def take_off(shift_id: int) -> Response:
    """Off the roster again."""
    actor, now = require(*READERS), clock.now()
    with work() as session:
        row = roster.take_off(session, shift_id, actor, now)
        audit(
            session,
            actor.account_id,
            actor.name,
            "take-off-duty",
            str(row.account_id),
            now,
            starts=row.starts_at.isoformat(),
            ends=row.ends_at.isoformat(),
        )
        _tell(session, actor)
    kit.toast(_("撤下来了"))
    return redirect(url_for("duty.show"))


def supervised(session: Session, actor: Actor) -> list[int]:
    """The units this person may name stand-ins for: all for a city leader, else those one is the superior of."""
    query = sa.select(Unit.id).where(Unit.live)
    return list(session.scalars(query if actor.has(LEADER) else query.where(Unit.superior_id == actor.account_id)))


def _page(open_form: str = "", wrong: Wrong | None = None) -> str:
    actor, session, now = require(*READERS), session_now(), clock.now()
    names, mine = reference(session), supervised(session, actor)
    wide = actor.has(LEADER, SUPERVISOR)
    units = sorted(
        {unit.id for unit in names.units.values() if unit.live} if wide else {*mine, *([actor.unit_id] if actor.unit_id else [])},
        key=lambda unit_id: names.units[unit_id].path,
    )
    found = duties(session, units, now)
    shifts = roster.shifts_of(session, units, now)
    mates = (
        set(session.scalars(sa.select(Account.id).where(Account.unit_id == actor.unit_id, Account.active)))
        if actor.has(HEAD, LIAISON)
        else set()
    )
    people = dict(
        session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(mates | {row.account_id for row in shifts}))).all()
    )
    my_b = next((duty.b for rows in found.values() for duty in rows if duty.a_id == actor.account_id and duty.b), "")
    return render_template(
        "unit/duty.html",
        units=[(unit_id, unit_name(names, unit_id), found.get(unit_id, [])) for unit_id in units if found.get(unit_id)],
        absences=absences_of(session, units, now),
        delegations=delegations_of(session, units, now),
        words=words,
        now=now,
        me_id=actor.account_id,
        my_b=my_b,
        unit=lambda unit_id: unit_name(names, unit_id),
        may_delegate=mine,
        is_leader=actor.has(LEADER),
        posts=[
            (duty.post_id, f"{unit_name(names, unit_id)} {_(words.ROLE[duty.role])}") for unit_id in mine for duty in found.get(unit_id, [])
        ],
        shifts=[(row, people.get(row.account_id, "")) for row in shifts],
        shift_words=[(key, _(said)) for key, said in words.SHIFT.items()],
        may_roster=actor.unit_id if actor.has(HEAD, LIAISON) else None,
        mates=sorted((account, name) for account, name in people.items() if account in mates) if actor.has(HEAD, LIAISON) else [],
        today=local(now).date().isoformat(),
        state_of=lambda key: FormState("duty", key, wrong, open_form),
    )


def _day(name: str) -> date:
    day = forms.day(forms.text(name), name)
    if day is None:
        raise Invalid(**{name: "请选一天"})
    return day


def _wrong(key: str, no: Refused) -> Wrong:
    return Wrong(key, no.status, _(no.text, **no.values), request.form.to_dict(), no.fields if isinstance(no, Invalid) else {})


def _tell(session: Session, actor: Actor) -> None:
    """The colleagues' desks learn who is on duty now."""
    session.info["topics"].add(f"unit:{actor.unit_id}")
    current_app.extensions.get("duties", {}).pop(actor.unit_id, None)


def _back() -> str:
    return url_for("unit.show") if forms.text("back") == "unit" else url_for("duty.show")
