"""The supervision desk's blueprint, its tabs, and the acts of its dialogs as a table: name → what is read from the form and which verb it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from app import referring
from app.auth.models import Account
from app.web import forms, said
from app.web.i18n import gettext as _
from app.web.moments import moment_given
from app.web.subtabs import subtabs
from escalation import dossiers, ledger, meetings, supervision
from escalation import words as time_words
from escalation.dossier_models import CONCLUSIONS, MISCONDUCTS, Dossier, Referral
from escalation.models import LedgerEntry
from escalation.supervision_models import CLASSES, FAULTS, MEETINGS, MODES, REASONS, Supervision
from tickets.actors import Actor
from tickets.models import Ticket
from tickets.text import whole_number

pages = Blueprint("supervision", __name__, url_prefix="/desk/supervision")
pages.context_processor(said.context)
PATH = "/desk/supervision"


@dataclass(frozen=True)
class Asked:
    """One act about to be done: on a locked ticket, and on the entry, order, dossier or referral it concerns."""

    session: Session
    ticket: Ticket
    actor: Actor
    now: datetime
    entry: LedgerEntry | None = None
    order: Supervision | None = None
    dossier: Dossier | None = None
    referral: Referral | None = None

    @property
    def on(self) -> tuple[Session, Ticket]:
        return self.session, self.ticket


def tabs(current: str, counts: dict[str, int] | None = None) -> list[dict]:
    """The desk's own tabs, then the person's other desks. `current`: now, ledger, orders or highest."""
    kept = dict(counts or {})
    own = [
        ("now", _("现在"), PATH),
        ("ledger", _("台账"), url_for("supervision.ledger_list")),
        ("orders", _("督办单"), url_for("supervision.order_list")),
        ("highest", _("上会和移送"), url_for("supervision.highest")),
    ]
    kept |= {"highest": kept["E7"] + kept["E8"]} if "E7" in kept else {}
    return subtabs(PATH, [{"label": label, "href": href, "count": kept.get(name), "current": name == current} for name, label, href in own])


def choices() -> dict[str, list[tuple[str, str]]]:
    """What the dialogs offer: (code, word)."""

    def said_of(codes, table):
        return [(code, _(table[code])) for code in codes]

    return {
        "reasons": said_of(REASONS, time_words.SUPERVISION_REASON),
        "classes": said_of(CLASSES, time_words.WRITE_OFF_CLASS),
        "faults": said_of(FAULTS, time_words.FAULT),
        "modes": [
            (mode, _("%(standing)s，%(mode)s", standing=_(time_words.STANDING[standing]), mode=_(time_words.MODE[mode])))
            for mode, standing in zip(MODES, time_words.STANDING, strict=True)
        ],
        "meetings": said_of(MEETINGS, time_words.MEETING),
    }


def highest_choices() -> dict[str, list[tuple[str, str]]]:
    """What the dialogs of dossiers and referrals offer: (code, word)."""
    return {
        "misconducts": [(code, _(time_words.MISCONDUCT[code])) for code in MISCONDUCTS],
        "conclusions": [(code, _(time_words.CONCLUSION[code])) for code in CONCLUSIONS],
    }


def _issue(asked: Asked) -> str:
    entries = (asked.entry,) if asked.entry is not None else ()
    order = supervision.issue(*asked.on, forms.text("reason"), forms.text("words"), asked.actor, asked.now, entries)
    return _("已开督办 %(number)s，3 个工作日", number=order.number)


def _urge(asked: Asked) -> str:
    ledger.urge(*asked.on, forms.text("words"), asked.actor, asked.now)
    return _("已催办，时间记在牌上")


def _meet(asked: Asked) -> str:
    kind = forms.text("kind") or "interview"
    meetings.record_meeting(
        *asked.on, kind, moment_given("held_at"), forms.text("place"), forms.text("people"), forms.text("words"), asked.actor, asked.now
    )
    return _("约谈记下了") if kind == "interview" else _("现场办公记下了")


def _explain(asked: Asked) -> str:
    ledger.explain(*asked.on, asked.entry, forms.text("words"), asked.actor, asked.now)
    return _("说明送到督办员了；牌要答复了才摘")


def _rule(asked: Asked) -> str:
    accept = forms.text("ruling") == "accept"
    ledger.rule(*asked.on, asked.entry, accept, forms.text("words"), asked.actor, asked.now)
    return _("说明采纳了，牌还在") if accept else _("没有采纳，单位要重新说明")


def _write_off_entry(asked: Asked) -> str:
    ledger.write_off(*asked.on, asked.entry, forms.text("evidence"), asked.actor, asked.now)
    return _("销账了；超期的记录留着")


def _acknowledge(asked: Asked) -> str:
    supervision.acknowledge(*asked.on, asked.order, forms.text("plan"), asked.actor, asked.now)
    return _("回执送到督办员了")


def _inspect(asked: Asked) -> str:
    supervision.inspect(*asked.on, asked.order, forms.text("mode"), forms.text("finding"), asked.actor, asked.now)
    return _("督查记下了")


def _coordinate(asked: Asked) -> str:
    person = forms.text("person")
    who = asked.session.scalar(sa.select(Account.id).where(Account.name == person, Account.unit_id == asked.order.unit_id))
    row = supervision.coordinate(
        *asked.on, asked.order, person, forms.text("post"), moment_given("due"), asked.actor, asked.now, forms.text("words"), who
    )
    return _("落实到 %(who)s 了", who=row.person)


def _list(asked: Asked) -> str:
    supervision.list_publicly(*asked.on, asked.order, forms.day(forms.text("until"), "until"), forms.text("words"), asked.actor, asked.now)
    return _("挂牌了")


def _write_off(asked: Asked) -> str:
    supervision.write_off(
        *asked.on, asked.order, forms.text("written_off_as"), forms.text("evidence"), asked.actor, asked.now, forms.whole("attachment")
    )
    return _("%(number)s 销号了", number=asked.order.number)


def _blame(asked: Asked) -> str:
    meetings.hold_to_account(*asked.on, forms.text("fault"), forms.text("words"), asked.actor, asked.now, forms.text("person"))
    return _("追责记下了，连同当天的退单和超期")


def _raise(asked: Asked) -> str:
    row = dossiers.raise_dossier(*asked.on, forms.text("question"), forms.text("obstacle"), asked.actor, asked.now)
    return _("%(number)s 等领导签报", number=row.number)


def _submit(asked: Asked) -> str:
    dossiers.submit(*asked.on, asked.dossier, forms.text("opinion"), asked.actor, asked.now)
    return _("%(number)s 已报政府办公厅", number=asked.dossier.number)


def _decide(asked: Asked) -> str:
    row = dossiers.decide(
        *asked.on,
        asked.dossier,
        forms.text("meeting"),
        forms.day(forms.text("held_on"), "held_on"),
        forms.text("decision"),
        forms.text("person"),
        forms.text("post"),
        moment_given("due"),
        asked.actor,
        asked.now,
    )
    return _("会议决定记下了，落实到 %(who)s", who=row.person)


def _withdraw(asked: Asked) -> str:
    dossiers.withdraw(*asked.on, asked.dossier, forms.text("why"), asked.actor, asked.now)
    return _("%(number)s 撤回了", number=asked.dossier.number)


def _refer(asked: Asked) -> str:
    chosen = [found for one in forms.many("evidence") if (found := whole_number(one)) is not None]
    row = referring.refer(*asked.on, forms.text("misconduct"), forms.text("words"), asked.actor, asked.now, forms.text("person"), chosen)
    return _("%(number)s 封存好了，已移送", number=row.number)


def _conclude(asked: Asked) -> str:
    referring.conclude(asked.session, asked.referral, forms.text("conclusion"), forms.text("words"), asked.actor, asked.now)
    return _("%(number)s 的结果记下了", number=asked.referral.number)


# what each act is about: the ticket alone, one entry of the ledger, or one order
ON_TICKET: dict[str, Callable[[Asked], str]] = {
    "issue": _issue,
    "urge": _urge,
    "meet": _meet,
    "blame": _blame,
    "raise-dossier": _raise,
    "refer": _refer,
}
ON_ENTRY: dict[str, Callable[[Asked], str]] = {"explain": _explain, "rule": _rule, "write-off-entry": _write_off_entry}
ON_ORDER: dict[str, Callable[[Asked], str]] = {
    "acknowledge": _acknowledge,
    "inspect": _inspect,
    "coordinate": _coordinate,
    "list": _list,
    "write-off": _write_off,
}
ON_DOSSIER: dict[str, Callable[[Asked], str]] = {"submit-dossier": _submit, "decide-dossier": _decide, "withdraw-dossier": _withdraw}
ON_REFERRAL: dict[str, Callable[[Asked], str]] = {"conclude-referral": _conclude}
