"""POSTs of the whistle desks: the name of an act → what is read from the form and which verb it calls; refused, the page is drawn again as typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import current_actor, fetch_whistle
from app.errors import Invalid, NotFound, Refused
from app.web import forms, kit, photos
from app.web.form_state import Wrong
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.whistle_desks.faces import waited
from app.work import work
from tickets import grading, summons, whistle_photos, whistle_plans, whistles
from tickets import whistle_words as words
from tickets.actors import Actor
from tickets.attachments import Checked
from tickets.grading import Grade
from tickets.reference import reference
from tickets.whistle_codes import GRADES
from tickets.whistle_models import Score, Summons, Whistle

SHOWN_AGAIN = (409, 412, 413, 422)


@dataclass(frozen=True)
class Asked:
    """One act about to be done on a locked whistle."""

    session: Session
    whistle: Whistle
    actor: Actor
    now: datetime

    @property
    def on(self) -> tuple[Session, Whistle]:
        return self.session, self.whistle

    @property
    def by(self) -> tuple[Actor, datetime]:
        return self.actor, self.now

    def row(self) -> Summons:
        """The department the form names. Raises NotFound."""
        return summons.summons_of(self.session, self.whistle, forms.text("unit"))

    def score(self) -> Score:
        """The grade the form names. Raises NotFound."""
        return grading.score_of(self.session, self.whistle, forms.whole("score") or 0)

    def keep(self, files: Sequence[Checked], purpose: str, row: Summons | None) -> None:
        """The pictures that came with the act, on the whistle."""
        whistle_photos.add(self.session, self.whistle, files, purpose, current_app.config["SETTINGS"].uploads, self.actor, self.now, row)

    def unit_said(self, row: Summons) -> str:
        return unit_name(reference(self.session), row.unit_id)


def act(name: str, number: str, table: tuple[str, ...], again: Callable[[Wrong], str], back: str) -> Response | tuple[str, int]:
    """Take the act `name`, one of `table`, on whistle `number`; then to `back`. `again` draws the page it was refused on. Raises NotFound, Forbidden."""
    actor, now = current_actor(), clock.now()
    if name not in table:
        raise NotFound("没有这一步")
    try:
        with work() as session:
            whistle = fetch_whistle(session, actor, number, lock=True, version=forms.version())
            done = ACTS[name](Asked(session, whistle, actor, now))
    except Refused as no:
        if no.status not in SHOWN_AGAIN:
            raise
        return again(refused(name, no)), no.status
    arrived(done)
    return redirect(back)


def refused(name: str, no: Refused) -> Wrong:
    """What the page needs to show the form of this act again: everything typed, the pictures held, what was wrong."""
    typed = {key: value for key, value in request.form.items() if key != "csrf_token"}
    many = {key: request.form.getlist(key) for key in request.form} | {"kept": photos.keep(photos.taken())}
    said = _(no.text, **no.values) if no.values else _(no.text)
    return Wrong(key_of(name), no.status, said, typed, no.fields if isinstance(no, Invalid) else {}, many=many)


def arrived(done: str) -> None:
    """The act was taken: say so; pictures held from a try before are not needed any more."""
    kit.toast(done)
    photos.drop(request.form.getlist("kept"))


def pictures() -> list[Checked]:
    """The pictures of this form. Raises Invalid naming those that are none."""
    shots = photos.taken()
    photos.refuse_bad(shots)
    return [checked for _token, _name, checked in shots.good]


def key_of(name: str) -> str:
    """The form of an act; on a page with a form a department, or a row of a list, its own."""
    part = forms.text("unit") or forms.text("row")
    return f"{name}-{part}" if part else name


def context() -> dict:
    """What the templates of these desks use: `grades` as (field, word, lowest), `options_of(low, high)`, `board_of(whistle)`, `blow`, `waited`."""
    grades = [(name, _(words.GRADE[name]), 0 if name == "bonus" else 1) for name in (*GRADES, "bonus")]
    return {
        "board_of": lambda one: url_for("whistle.show", number=one.number),
        "blow": url_for("blowing.start"),
        "waited": waited,
        "grades": grades,
        "options_of": lambda low, high: [(str(n), str(n)) for n in range(low, high + 1)],
    }


def _triage(asked: Asked) -> str:
    lead = forms.text("lead")
    more = forms.text("more")
    assisting = tuple(code for code in (*forms.many("assisting"), *([more] if more else [])) if code != lead)
    whistles.triage(*asked.on, lead, assisting, forms.text("reason", 1000), *asked.by)
    return _("%(number)s 吹响了，%(n)s 家的钟开始走", number=asked.whistle.number, n=1 + len(assisting))


def _send_back(asked: Asked) -> str:
    whistles.send_back(*asked.on, forms.text("reason", 1000), *asked.by)
    return _("退回街道了")


def _decide_objection(asked: Asked) -> str:
    row, accept = asked.row(), forms.text("decision") == "accept"
    if accept and forms.text("lead"):
        summons.change_lead(*asked.on, summons.summons_of(*asked.on, forms.text("lead")), forms.text("reason", 1000), *asked.by)
        asked.session.refresh(row)
    summons.decide_objection(*asked.on, row, accept, forms.text("reason", 1000), *asked.by)
    return (
        _("异议成立，%(unit)s不用来", unit=asked.unit_said(row))
        if row.state == "excused"
        else _("决定了，%(unit)s照旧", unit=asked.unit_said(row))
    )


def _remind(asked: Asked) -> str:
    row = asked.row()
    summons.remind(*asked.on, row, *asked.by, forms.text("words", 1000))
    return _("又向%(unit)s响了一遍", unit=asked.unit_said(row))


def _approve(asked: Asked) -> str:
    whistles.approve(*asked.on, True, forms.text("words", 1000), *asked.by)
    said = {"draft": _("签了，还差一位"), "approved": _("签了，等哨办分派")}
    return said.get(asked.whistle.status, _("补批了"))


def _reject(asked: Asked) -> str:
    whistles.approve(*asked.on, False, forms.text("reason", 1000), *asked.by)
    return _("没有同意，撤了")


def _withdraw(asked: Asked) -> str:
    whistles.withdraw(*asked.on, forms.text("reason", 1000), *asked.by)
    return _("撤回了")


def _revise(asked: Asked) -> str:
    whistles.revise(*asked.on, forms.text("problem", 2000), forms.text("own_measures", 2000), *asked.by)
    return _("改好了，等街道领导签发")


def _grade() -> Grade:
    return Grade(*(value or 0 for value in forms.each(forms.whole, "speed", "handling", "result", "bonus")))


def _score(asked: Asked) -> str:
    row, files = asked.row(), pictures()
    made = grading.score(*asked.on, row, _grade(), forms.text("reason", 1000), forms.text("evidence", 1000), *asked.by, len(files))
    asked.keep(files, "evidence", row)
    total = Grade(made.speed, made.handling, made.result, made.bonus).total
    return _("给%(unit)s打了 %(total)s 分，不能改", unit=asked.unit_said(row), total=total)


def _appeal(asked: Asked) -> str:
    grading.appeal(*asked.on, asked.score(), forms.text("reason", 1000), *asked.by)
    return _("申诉送到哨办了；原分照样看得到")


def _decide_appeal(asked: Asked) -> str:
    grade = _grade() if forms.text("decision") == "accept" else None
    grading.decide_appeal(*asked.on, asked.score(), grade, forms.text("reason", 1000), *asked.by)
    return _("改了分，原分在旁边") if grade else _("维持原分")


def _rate_assistant(asked: Asked) -> str:
    row = asked.row()
    grading.rate_assistant(*asked.on, row, forms.whole("points") or 0, forms.text("reason", 1000), *asked.by)
    return _("给%(unit)s打了 %(total)s 分，不能改", unit=asked.unit_said(row), total=row.lead_score)


def _look_again(asked: Asked) -> str:
    """What did not hold is blown for anew in the same breath."""
    held = forms.text("held")
    if held not in ("yes", "no"):
        raise Invalid(held="请选一样")
    whistle_plans.look_again(*asked.on, held == "yes", forms.text("words", 1000), *asked.by)
    if held == "yes":
        return _("记下了：还是好的")
    made = grading.reopen(*asked.on, forms.text("words", 1000), *asked.by)
    return _("重新吹响了，第 %(n)s 轮", n=made.round)


def _reopen(asked: Asked) -> str:
    made = grading.reopen(*asked.on, forms.text("reason", 1000), *asked.by)
    return _("重新吹响了，第 %(n)s 轮", n=made.round)


ACTS: dict[str, Callable[[Asked], str]] = {
    "triage": _triage,
    "send-back": _send_back,
    "decide-objection": _decide_objection,
    "remind": _remind,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
    "revise": _revise,
    "score": _score,
    "appeal": _appeal,
    "decide-appeal": _decide_appeal,
    "rate-assistant": _rate_assistant,
    "reopen": _reopen,
    "look-again": _look_again,
}
