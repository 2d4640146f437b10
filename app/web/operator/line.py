"""The operator's line: presence, the call that rings on the screen and fills the form, and what one does with it by F keys. A piece of the call screen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import orjson
import sqlalchemy as sa
from flask import current_app, redirect, render_template, url_for
from sqlalchemy.orm import Session

from app import clock
from app.api.problems import sentence
from app.auth.access import fetch_ticket, require
from app.clock import local
from app.errors import Invalid, Refused
from app.phone import calls, lines, placing, queries, seats
from app.phone.models import AWAY, READY, Call
from app.phone.queries import MyLine
from app.phone.telephony import TelephonyFailed
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.operator.desk import pages
from app.web.operator.side import Caller, caller_of
from app.work import session_now, work
from tickets import experts
from tickets.actors import AGENT, Actor
from tickets.identity import tickets_of_phone
from tickets.models import Identity, Ticket
from tickets.reference import Reference, reference
from tickets.specials import Special
from tickets.text import whole_number


@dataclass(frozen=True)
class Popped:
    """What the screen is told of the call on the line: the number, who it seems to be, how they are addressed; the special topic whose experts it
    waited for and the category its matters are of."""

    number: str
    who: Caller | None
    name: str
    topic: str = ""
    category: str = ""


@pages.get("/line")
def line():
    """The strip anew; live."""
    return _piece(require(AGENT))


@pages.post("/line/<act>")
def line_act(act: str):
    """F2, F8 and presence. A refusal is said in a toast: nothing that was typed is at stake."""
    actor = require(AGENT)
    try:
        if act not in ACTS:
            raise Refused("没有这一步")
        ACTS[act](_number("call"), actor, clock.now())
    except seats.NoTelephone:
        return _to(url_for("telephone.mine"))
    except Refused as no:
        kit.toast(" ".join(_(one) for said in getattr(no, "fields", {}).values() for one in said) or sentence(no), seconds=12)
    return _piece(actor) if kit.is_fragment() else redirect(url_for("operator.call"))


def line_values(session: Session, actor: Actor) -> dict:
    """What line.html needs: {} where there is no telephone system. One statement, more only for experts and while somebody is on the line."""
    if lines.telephony(current_app.config["SETTINGS"]) is None:
        return {"mine": None, "popped": None}
    mine, now = queries.my_line(session, actor), clock.now()
    return {
        "mine": mine,
        "popped": popped(session, actor, mine),
        "serves": [name_of(row) for row in open_topics(session, now) if row.id in mine.serves] if mine.serves else [],
        "seat_topic": seats.topic_of(actor.account_id or 0),
        "now": now,
    }


def open_topics(session: Session, now: datetime) -> list[Special]:
    """The special topics that are open today."""
    return experts.open_on(session, local(now).date())


def popped(session: Session, actor: Actor, mine: MyLine) -> Popped | None:
    """Who is on the line; None for nobody."""
    if mine.call is None:
        return None
    number, special = calls.number_of(session, mine.call), session.get(Special, mine.call.special_id) if mine.call.special_id else None
    known = (caller_of(session, actor, number), _addressed(session, number)) if number else (None, "")
    return Popped(number, *known, name_of(special), special.categories[0] if special else "")


def filled(values: dict, mine: MyLine | None, popped: Popped | None) -> dict:
    """An empty form takes the call on the line: its id, number, name, and the category of its topic's matters."""
    if mine is None or mine.call is None or popped is None or values["phone"] or values["content"] or mine.call.state == "offered":
        return values
    return values | {
        "call": str(mine.call.id),
        "phone": popped.number,
        "name": popped.name,
        "category": values["category"] or popped.category,
    }


def of_form(session: Session, typed: dict, actor: Actor) -> Call | None:
    """The call this form came with, if it is this operator's: locked."""
    call_id = whole_number(typed["call"])
    if call_id is None:
        return None
    call = calls.fetch(session, call_id, lock=True)
    return call if call.agent_id == actor.account_id else None


def hang_on(session: Session, call: Call | None, number: str, typed: dict, actor: Actor, now: datetime) -> str:
    """The call hangs on the ticket just saved. Returns the emergency line that is to be brought in after the commit, or ""."""
    if call is None:
        return ""
    calls.hang_on(session, call, fetch_ticket(session, actor, number, lock=True), actor, now)
    if typed["do"] == "emergency" and call.state == "talking" and not typed["append"]:
        calls.bring_in(session, call, typed["line"], actor)
        return str(typed["line"])
    return ""


def after_save(call_id: int, line: str, now: datetime) -> None:
    """After the commit: three-way with the emergency line; a recording that came first is fetched."""
    if not line:
        return
    try:
        placing.bring_in(call_id, line)
    except TelephonyFailed as no:
        kit.toast(_("影子单留好了，可是没转成：%(why)s", why=_(no.text)), seconds=30)
    else:
        kit.toast(_("%(line)s 进来了，三方通话。您可以先挂，他们接着说。", line=line), seconds=12)


def _addressed(session: Session, number: str) -> str:
    """As "陈女士": the surname and how one says it, of the latest matter of this number; never the whole name of a person."""
    sealed = session.scalar(
        sa.select(Identity.sealed)
        .join(Ticket, Ticket.id == Identity.ticket_id)
        .where(
            Identity.ticket_id.in_(tickets_of_phone(session, number)),
            sa.not_(Ticket.sealed),
            sa.not_(Ticket.confidential),
            Identity.masked_name != "",
        )
        .order_by(Identity.ticket_id.desc())
        .limit(1)
    )
    if sealed is None:
        return ""
    known = orjson.loads(session.info["vault"].open(sealed))
    if known["kind"] != "person":
        return str(known["name"])
    titles = {"female": _("女士"), "male": _("先生")}
    return known["name"][:1] + titles.get(known.get("gender", ""), _("先生/女士"))


def _number(name: str) -> int:
    return whole_number(forms.text(name)) or 0


def _present(state: str) -> Callable[[int, Actor, datetime], None]:
    def act(_call: int, actor: Actor, now: datetime) -> None:
        with work() as session:
            seats.set_state(session, state, actor, now)
            seats.match(session, now)

    return act


def _piece(actor: Actor) -> str:
    session = session_now()
    return render_template("operator/line.html", **line_values(session, actor), names=reference(session))


def _to(address: str):
    answer = redirect(address)
    if kit.is_fragment():
        answer = current_app.response_class(status=204, headers={"HX-Redirect": address})
    return answer


def _transfer(call: int, actor: Actor, now: datetime) -> None:
    """To the experts of a topic, to the telephone of a unit, or to a number."""
    if topic := forms.text("topic"):
        if forms.text("unit") or forms.text("number"):
            raise Invalid(topic="转专题就不选单位、不填号码")
        placing.hand_over(call or _on_line(actor), topic, actor, now)
        kit.toast(_("转到专家的队列了，来电人在等；您可以接下一个。"), seconds=12)
        return
    unit = reference(session_now()).unit_codes.get(forms.text("unit"))
    number, named = (unit.phone, unit.short_name) if unit else (forms.text("number"), "")
    placing.transfer(call or _on_line(actor), number, named, actor)
    kit.toast(_("%(line)s 进来了，三方通话。您可以先挂，他们接着说。", line=named or _("对方")), seconds=12)


def _on_line(actor: Actor) -> int:
    """The call an operator has; 0 for none."""
    mine = queries.my_line(session_now(), actor)
    return mine.call.id if mine.call else 0


def reachable(names: Reference) -> list[tuple[str, str]]:
    """Units with a telephone: code and words."""
    return [(unit.code, f"{name_of(unit)} {unit.phone}") for unit in names.units.values() if unit.phone]


ACTS = {
    "transfer": _transfer,
    "hold": placing.hold,
    "resume": partial(placing.hold, on=False),
    "ready": _present(READY),
    "away": _present(AWAY),
    "answer": placing.answer,
    "decline": placing.decline,
    "hang-up": placing.hang_up,
}
