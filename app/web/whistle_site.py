"""The page of one whistle: the arrivals board, live, and what each side may do there. The street lets go, calls again, calls more; a department signs,
arrives, reports. Belongs here: addresses and forms. Not here: how a row looks (whistle_rows.py), what a verb allows (tickets/)."""

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import current_actor, fetch_whistle
from app.auth.models import Account
from app.errors import Forbidden, Invalid, NotFound, Refused
from app.web import choices_of, forms, kit, photos, qr
from app.web.form_state import FormState, Wrong
from app.web.handling_said import changed_hands
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import unit_name
from app.web.whistle_desks.acts import ACTS, SHOWN_AGAIN, Asked, arrived, pictures, refused
from app.web.whistle_rows import Board, board_of, shots_of
from app.work import session_now, work
from tickets import arrivals, summons, whistle_codes, whistle_photos, whistle_plans, whistles
from tickets import whistle_words as words
from tickets.actors import Actor
from tickets.arrivals import Arrival
from tickets.attachments import path_of
from tickets.grading import Grade
from tickets.reference import Reference, reference
from tickets.whistle_calls import Asked as Call
from tickets.whistle_codes import LIVE

pages = Blueprint("whistle", __name__)
pages.url_value_preprocessor(photos.allow)
ONE = "/whistles/<number>"


@pages.get(ONE)
def show(number: str):
    """The board; for htmx the rows alone."""
    return _page(current_actor(), number)


@pages.get(ONE + "/code")
def code(number: str):
    """The street's QR of this moment, for its own people; a fragment that asks again before it is worn out."""
    actor, session, now = current_actor(), session_now(), clock.now()
    whistle = fetch_whistle(session, actor, number)
    if actor.unit_id != whistle.street_id:
        raise Forbidden("只有街道能出示二维码")
    mark = arrivals.arrival_code(session, whistle, now)
    address = url_for("whistle.show", number=number, code=mark, _external=True)
    return render_template("whistle/code.html", whistle=whistle, code=mark, square=qr.inline(address, 6))


@pages.get(ONE + "/photos/<int(max=9223372036854775807):photo_id>")
def photo(number: str, photo_id: int):
    """One picture, for whoever reads the whistle. Raises NotFound."""
    session = session_now()
    row = whistle_photos.photo_of(session, fetch_whistle(session, current_actor(), number), photo_id)
    answer = send_file(path_of(current_app.config["SETTINGS"].uploads, row.sha256).resolve(), mimetype=row.mime)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.post(ONE + "/<act>")
def act(number: str, act: str):
    """Take one act; refused, the page comes back with what was typed and why."""
    actor, now = current_actor(), clock.now()
    verb = SITE.get(act) or ACTS.get(act)
    if verb is None:
        raise NotFound("没有这一步")
    try:
        with work() as session:
            whistle = fetch_whistle(session, actor, number, lock=True)
            done = verb(Asked(session, whistle, actor, now))
    except Refused as no:
        if no.status not in SHOWN_AGAIN or kit.is_fragment():
            raise
        return _page(actor, number, refused(act, no)), no.status
    arrived(done)
    return Response(status=204, headers={"HX-Trigger": "live"}) if kit.is_fragment() else redirect(url_for("whistle.show", number=number))


def _page(actor: Actor, number: str, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    whistle = fetch_whistle(session, actor, number)
    board, names = board_of(session, whistle, actor, now), reference(session)
    called = {row.row.unit_id for row in board.rows}
    handable = board.owed if board.mine is not None and "hand-over-step" in board.mine.acts else []
    return render_template(
        "whistle/site.html",
        board=board,
        whistle=whistle,
        words=words,
        now=now,
        wrong=wrong,
        topic=f"whistle:{whistle.id}",
        shown_code=request.args.get("code", "")[:60],
        mine=board.mine,
        said_of=_said_of,
        planned_units=[(names.units[row.row.unit_id].code, row.name) for row in board.rows if row.row.state != "excused"],
        handable=handable,
        mates=choices_of.mates(session, names, board.mine.row.unit_id, now) if handable and board.mine else [],
        planned_people=_people_of(session, names, board) if board.mine is not None and "plan" in board.mine.acts else [],
        owed_steps=[(str(step.id), step.what) for step in board.owed],
        street_reads=actor.unit_id == whistle.street_id,
        unit_codes={row.row.unit_id: names.units[row.row.unit_id].code for row in board.rows},
        street=unit_name(names, whistle.street_id),
        sounding=whistle.status in LIVE,
        more=[pair for pair in choices_of.units(names) if names.unit_codes[pair[0]].id not in called | {whistle.street_id}],
        state_of=lambda key: FormState(number, key, wrong),
        METHODS=[(each, _(word)) for each, word in words.METHOD.items()],
        unit_of=lambda unit_id: unit_name(names, unit_id),
        shots=shots_of(names, whistle, [row.row for row in board.rows], board.photos),
    )


def _said_of(event) -> str:
    """What stands under a line of the log."""
    data = event.data
    if event.kind == "score":
        return _("%(total)s 分", total=Grade(*(data[name] for name in (*whistle_codes.GRADES, "bonus"))).total) + (
            _("，") + data["reason"] if data["reason"] else ""
        )
    if event.kind in ("rate", "rate-assistant"):
        return _("%(total)s 分", total=data["score"])
    if event.kind == "set-out":
        return _("大约 %(n)s 分钟到", n=data["minutes"]) if data["minutes"] else ""
    if event.kind == "hand-over-step":
        return _("%(what)s（%(change)s）：%(why)s", what=data["what"], change=changed_hands(data), why=data["reason"])
    said = str(data.get("words") or data.get("result") or data.get("reason") or "")
    named = _("（段长：%(who)s）", who=data["in_charge_name"]) if data.get("in_charge") else ""
    return _("%(due)s 前：%(what)s", due=data["due"], what=said) + named if event.kind == "plan" else said


def _people_of(session: Session, names: Reference, board: Board) -> list[tuple[int, str]]:
    """Whom the lead may put in charge of a step: everybody of the departments that were called."""
    called = {row.row.unit_id: row.name for row in board.rows if row.row.state != "excused"}
    own = {unit: called[above] for above in called for unit in names.below(above) if unit == above or names.units[unit].kind == "section"}
    people = session.execute(sa.select(Account.id, Account.name, Account.unit_id).where(Account.unit_id.in_(own), Account.active))
    return sorted(((one.id, f"{own[one.unit_id]} · {one.name}") for one in people), key=lambda pair: pair[::-1])


def _sign(asked: Asked) -> str:
    summons.sign(*asked.on, _own(asked), *asked.by)
    return _("签收了")


def _contact(asked: Asked) -> str:
    summons.contact(*asked.on, _own(asked), forms.text("method"), *asked.by, forms.text("words", 2000))
    return _("记下了：联系过街道")


def _check_in(asked: Asked) -> str:
    remote = forms.flag("remote")
    typed = forms.text("code")
    located = not remote and not typed
    arrivals.check_in(
        *asked.on,
        _own(asked),
        Arrival(forms.text("person", 50), forms.real("lng") if located else None, forms.real("lat") if located else None, typed, remote),
        *asked.by,
    )
    return _("报到了")


def _set_out(asked: Asked) -> str:
    arrivals.set_out(*asked.on, _own(asked), forms.whole("minutes"), *asked.by)
    return _("记下了：出发了")


def _plan(asked: Asked) -> str:
    row = summons.summons_of(*asked.on, forms.text("of"))
    due = forms.day(forms.text("due"), "due")
    if due is None:
        raise Invalid(due="请写明哪天以前办好")
    whistle_plans.plan(*asked.on, row, forms.text("what", 1000), due, *asked.by, forms.whole("person"))
    return _("%(unit)s这一步写进方案了", unit=asked.unit_said(row))


def _plan_done(asked: Asked) -> str:
    whistle_plans.finish(*asked.on, whistle_plans.step_of(*asked.on, forms.whole("step") or 0), forms.text("words", 2000), *asked.by)
    return _("销了一步")


def _hand_over(asked: Asked) -> str:
    step = whistle_plans.step_of(*asked.on, forms.whole("row") or 0)
    whistle_plans.hand_over_step(*asked.on, step, forms.whole("person"), forms.text("reason", 1000), *asked.by)
    return _("换好了，两位都会收到消息")


def _object(asked: Asked) -> str:
    summons.object_to(*asked.on, _own(asked), forms.text("reason", 1000), *asked.by)
    return _("异议送到哨办了；先报到，后议")


def _outcome(asked: Asked) -> str:
    row, files = _own(asked), pictures()
    summons.submit_outcome(*asked.on, row, forms.text("result", 5000), *asked.by, len(files))
    asked.keep(files, "result", row)
    return _("结果报上去了")


def _note(asked: Asked) -> str:
    row, files = _own_or_none(asked.session, asked), pictures()
    summons.note(*asked.on, forms.text("words", 2000), *asked.by, row, len(files))
    asked.keep(files, "scene", row)
    return _("记下了")


def _release(asked: Asked) -> str:
    rows = [asked.row()] if forms.text("unit") else whistles.summonses_of(*asked.on)
    summons.release(*asked.on, rows, *asked.by, forms.text("words", 2000))
    return _("%(unit)s放行了", unit=asked.unit_said(rows[0])) if forms.text("unit") else _("全部放行了，请打分")


def _remind_all(asked: Asked) -> str:
    rows = [row for row in whistles.summonses_of(*asked.on) if row.state in whistle_codes.AWAITED | {"no-show"} and row.released_at is None]
    quiet = [row for row in rows if not summons.was_just_reminded(*asked.on, row, asked.now)]
    for row in quiet or rows:
        summons.remind(*asked.on, row, *asked.by)
    return _n("又响了一遍，叫了 %(n)s 家", len(quiet))


def _add(asked: Asked) -> str:
    row = whistles.add_summons(*asked.on, Call(forms.text("more"), forms.text("ask", 500)), *asked.by)
    return _("加叫了%(unit)s", unit=asked.unit_said(row))


def _own(asked: Asked):
    """The summons of the person's own department. Raises NotFound."""
    row = _own_or_none(asked.session, asked)
    if row is None:
        raise NotFound("这一哨没有叫您的单位")
    return row


def _own_or_none(session: Session, asked: Asked):
    return next((row for row in whistles.summonses_of(session, asked.whistle) if row.unit_id == asked.actor.unit_id), None)


SITE = {
    "sign": _sign,
    "contact": _contact,
    "check-in": _check_in,
    "object": _object,
    "outcome": _outcome,
    "note": _note,
    "release": _release,
    "remind-all": _remind_all,
    "add-summons": _add,
    "set-out": _set_out,
    "plan": _plan,
    "plan-done": _plan_done,
    "hand-over-step": _hand_over,
}
