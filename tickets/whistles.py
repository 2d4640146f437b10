"""The street's side and the whistle office's: blow, revise, sign off, ratify, triage, send back, withdraw, call one more (domain §6).

Departments answer in summons.py and arrivals.py; letting go and grading are grading.py's. Every verb wants the whistle locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, WrongState
from tickets import areas
from tickets import whistle_codes as codes
from tickets.actors import Actor
from tickets.dispatch import live_unit
from tickets.events import GENESIS
from tickets.models import Ticket
from tickets.organisations import Unit
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import Approval, Summons, Whistle, WhistleTicket
from tickets.whistle_workflow import move, permit

ONE_NUMBER = 0x5348_0014  # advisory lock: numbers of a day are given one after another
MOST_UNITS = 40


@dataclass(frozen=True)
class Asked:
    """One department and what is asked of it."""

    unit: str
    ask: str
    lead: bool = False


@dataclass(frozen=True)
class Call:
    """What a street says when it blows. `tickets`: numbers; `meet_at`: when they shall be there, none = at once or within the limit."""

    kind: str
    problem: str
    own_measures: str
    summons: tuple[Asked, ...]
    tickets: tuple[str, ...] = ()
    address: str = ""
    lng: float | None = None
    lat: float | None = None
    meet_at: datetime | None = None
    source: str = ""
    remote_allowed: bool = False


def blow(session: Session, call: Call, actor: Actor, now: datetime) -> Whistle:
    """A new whistle of the actor's own street (R60). An emergency sounds at once; the head's other whistles carry the head's signature
    already, a liaison's wait for it (防止"随意吹哨").

    Raises Forbidden outside a street, Invalid naming what is missing: problem, own measures, place, units, or a ticket of another area.
    """
    street = session.get(Unit, actor.unit_id) if actor.unit_id else None
    if street is None or street.kind != "street":
        raise Forbidden("只有街道能吹哨")
    _check(call, now)
    if call.lng is not None and not areas.holds(session, street.region_code, call.lng, call.lat):
        raise Invalid(place="这个点不在本街道，请在地图上重新点")
    tickets = _own_tickets(session, street, call.tickets)
    units = _units(session, street, call.summons)
    source = call.source or ("ticket" if tickets else "patrol")
    whistle = Whistle(
        number=_number(session, now),
        kind=call.kind,
        status="",
        version=0,
        head_hash=GENESIS,
        touched_at=now,
        round=1,
        street_id=street.id,
        region_code=street.region_code,
        address=call.address.strip(),
        lng=call.lng,
        lat=call.lat,
        meet_at=call.meet_at,
        problem=call.problem.strip(),
        own_measures=call.own_measures.strip(),
        source=source,
        remote_allowed=call.remote_allowed,
        started_by_id=actor.account_id,
        started_by_name=actor.name,
        created_at=now,
        sent_back=0,
    )
    before, after = move(whistle, "blow", actor)
    session.add(whistle)
    session.flush()
    session.add_all(WhistleTicket(whistle_id=whistle.id, ticket_id=ticket.id) for ticket in tickets)
    session.add_all(
        Summons(whistle_id=whistle.id, unit_id=unit.id, ask=asked.ask.strip(), lead=asked.lead, state="called") for unit, asked in units
    )
    session.flush()
    record(
        session,
        WhistleHappened(
            whistle,
            "blow",
            actor,
            now,
            {
                "kind": whistle.kind,
                "problem": whistle.problem,
                "own_measures": whistle.own_measures,
                "tickets": [ticket.number for ticket in tickets],
                "summons": [{"unit": unit.code, "ask": asked.ask.strip(), "lead": asked.lead} for unit, asked in units],
            },
            before,
            after,
        ),
    )
    if whistle.kind == codes.EMERGENCY:
        _sound(session, whistle, "sound-at-once", actor, now)
    elif actor.has("head"):
        approve(session, whistle, True, "", actor, now)
    return whistle


def revise(session: Session, whistle: Whistle, problem: str, own_measures: str, actor: Actor, now: datetime) -> None:
    """Before it sounds, most often after it was sent back: what is the matter and what was tried. Signatures given before are void."""
    permit(whistle, "revise", actor)
    _said(problem=problem, own_measures=own_measures)
    whistle.problem, whistle.own_measures = problem.strip(), own_measures.strip()
    session.execute(
        sa.delete(Approval).where(Approval.whistle_id == whistle.id, Approval.stage == _stage(whistle), Approval.kind == "approve")
    )
    _note(session, whistle, "revise", actor, now, {"problem": whistle.problem, "own_measures": whistle.own_measures})


def approve(session: Session, whistle: Whistle, agree: bool, words: str, actor: Actor, now: datetime) -> None:
    """The street's head reviews before it sounds; a TOUGH one takes two different heads (party secretary and director, GL); an emergency
    that sounds already is ratified, once, or taken back while nobody has come.

    Raises Invalid for a no without a reason, WrongState for the same signature twice.
    """
    if whistle.status not in ("draft", "approved", "withdrawn"):
        _ratify(session, whistle, agree, words, actor, now)
        return
    permit(whistle, "approve", actor)
    if not agree:
        _turn_down(session, whistle, "reject", words, actor, now)
        return
    if actor.account_id in _signed(session, whistle):
        raise WrongState("您已经签过了；攻坚哨要书记和主任两人都签")
    session.add(
        Approval(
            whistle_id=whistle.id,
            stage=_stage(whistle),
            kind="approve",
            by_id=actor.account_id,
            by_name=actor.name,
            at=now,
            words=words.strip(),
        )
    )
    session.flush()
    count = len(_signed(session, whistle))
    whole = count >= codes.APPROVALS_NEEDED.get(whistle.kind, 1)
    action = "approve" if whole else "co-sign"
    before, after = move(whistle, action, actor)
    if whole:
        whistle.approved_at = now
    record(session, WhistleHappened(whistle, action, actor, now, {"words": words.strip(), "signatures": count}, before, after))


def _ratify(session: Session, whistle: Whistle, agree: bool, words: str, actor: Actor, now: datetime) -> None:
    permit(whistle, "ratify", actor)
    if whistle.kind != codes.EMERGENCY:
        raise WrongState("只有应急哨先吹后补批")
    if whistle.ratified_at is not None:
        raise WrongState("已经补批过了")
    if not agree:
        withdraw(session, whistle, words, actor, now)
        return
    whistle.ratified_at = now
    session.add(
        Approval(
            whistle_id=whistle.id,
            stage=_stage(whistle),
            kind="ratify",
            by_id=actor.account_id,
            by_name=actor.name,
            at=now,
            words=words.strip(),
        )
    )
    _note(session, whistle, "ratify", actor, now, {"words": words.strip()})


def triage(session: Session, whistle: Whistle, lead: str, assisting: Sequence[str], words: str, actor: Actor, now: datetime) -> None:
    """The whistle office fixes exactly one lead (R40) and the assisting departments by the duty list, and the whistle sounds.

    Who was not asked for gets the problem as its task; who is left out is not called. Changing what the street asked for wants a reason.
    Raises Invalid naming `lead`, `assisting` or `reason`.
    """
    permit(whistle, "triage", actor)
    wanted = [live_unit(session, lead, "lead"), *(live_unit(session, code, "assisting") for code in dict.fromkeys(assisting))]
    if len({unit.id for unit in wanted}) < len(wanted):
        raise Invalid(assisting="牵头单位不能同时是协同单位")
    if whistle.street_id in {unit.id for unit in wanted}:
        raise Invalid(assisting="街道不用叫自己")
    rows = {row.unit_id: row for row in summonses_of(session, whistle)}
    asked_lead = next((row.unit_id for row in rows.values() if row.lead), None)
    changed = asked_lead != wanted[0].id or {unit.id for unit in wanted} != set(rows)
    if changed and not words.strip():
        raise Invalid(reason="改了街道叫的单位，请写明依据")
    for row in rows.values():
        row.lead = False
    session.flush()
    for unit_id in set(rows) - {unit.id for unit in wanted}:
        session.delete(rows[unit_id])
    for unit in wanted:
        row = rows.get(unit.id) or Summons(whistle_id=whistle.id, unit_id=unit.id, ask=whistle.problem, state="called")
        row.lead = unit is wanted[0]
        session.add(row)
    session.flush()
    whistle.triaged_at = now
    session.add(
        Approval(
            whistle_id=whistle.id,
            stage=_stage(whistle),
            kind="triage",
            by_id=actor.account_id,
            by_name=actor.name,
            at=now,
            words=words.strip(),
        )
    )
    _sound(
        session,
        whistle,
        "triage",
        actor,
        now,
        {"lead": wanted[0].code, "assisting": [unit.code for unit in wanted[1:]], "words": words.strip()},
    )


def send_back(session: Session, whistle: Whistle, words: str, actor: Actor, now: datetime) -> None:
    """The whistle office does not sound it: the street has not used its own powers, or one department would do (YX). Raises Invalid."""
    permit(whistle, "send-back", actor)
    _said(reason=words)
    stage = _stage(whistle)
    before, after = move(whistle, "send-back", actor)
    whistle.approved_at, whistle.sent_back = None, whistle.sent_back + 1
    session.add(
        Approval(
            whistle_id=whistle.id, stage=stage, kind="send-back", by_id=actor.account_id, by_name=actor.name, at=now, words=words.strip()
        )
    )
    record(session, WhistleHappened(whistle, "send-back", actor, now, {"words": words.strip()}, before, after))


def withdraw(session: Session, whistle: Whistle, words: str, actor: Actor, now: datetime) -> None:
    """The street takes it back before anybody has come, and says why. Raises Invalid, WrongState."""
    _turn_down(session, whistle, "withdraw", words, actor, now)


def add_summons(session: Session, whistle: Whistle, asked: Asked, actor: Actor, now: datetime) -> Summons:
    """加叫一家: one more department while the whistle sounds; its own limits begin now. Raises Invalid, WrongState."""
    permit(whistle, "add-summons", actor)
    unit = live_unit(session, asked.unit, "unit")
    _said(ask=asked.ask)
    rows = summonses_of(session, whistle)
    if unit.id == whistle.street_id or unit.id in {row.unit_id for row in rows}:
        raise WrongState("这个单位已经叫过了")
    if len(rows) >= MOST_UNITS:
        raise WrongState("一哨最多叫 40 家")
    row = Summons(whistle_id=whistle.id, unit_id=unit.id, ask=asked.ask.strip(), lead=False, state="called", called_at=now)
    session.add(row)
    session.flush()
    _note(session, whistle, "add-summons", actor, now, {"unit": unit.code, "unit_id": unit.id, "ask": row.ask}, row)
    return row


def summonses_of(session: Session, whistle: Whistle) -> list[Summons]:
    """All departments called, the lead first. The whistle is the lock over them."""
    wanted = sa.select(Summons).where(Summons.whistle_id == whistle.id).order_by(Summons.lead.desc(), Summons.id)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def _sound(session: Session, whistle: Whistle, action: str, actor: Actor, now: datetime, data: dict | None = None) -> None:
    """Every department is called in the same instant; from now their clocks run."""
    before, after = move(whistle, action, actor)
    whistle.sounded_at = now
    rows = summonses_of(session, whistle)
    for row in rows:
        row.called_at = now
    record(session, WhistleHappened(whistle, action, actor, now, (data or {}) | {"unit_ids": [row.unit_id for row in rows]}, before, after))


def _turn_down(session: Session, whistle: Whistle, action: str, words: str, actor: Actor, now: datetime) -> None:
    permit(whistle, action, actor)
    _said(reason=words)
    before, after = move(whistle, action, actor)
    whistle.withdrawn_at = now
    units = [row.unit_id for row in summonses_of(session, whistle)] if whistle.sounded_at else []
    record(session, WhistleHappened(whistle, action, actor, now, {"words": words.strip(), "unit_ids": units}, before, after))


def _stage(whistle: Whistle) -> int:
    return whistle.sent_back + 1


def _signed(session: Session, whistle: Whistle) -> set[int]:
    """Who has signed this draft."""
    return set(
        session.scalars(
            sa.select(Approval.by_id).where(
                Approval.whistle_id == whistle.id, Approval.stage == _stage(whistle), Approval.kind == "approve"
            )
        )
    )


def _note(session: Session, whistle: Whistle, kind: str, actor: Actor, now: datetime, data: dict, summons: Summons | None = None) -> None:
    record(session, WhistleHappened(whistle, kind, actor, now, data, whistle.status, whistle.status, summons))


def _check(call: Call, now: datetime) -> None:
    if call.kind not in codes.KINDS:
        raise Invalid(kind="请选一种哨")
    _said(problem=call.problem, own_measures=call.own_measures, place=call.address)
    if call.source and call.source not in codes.SOURCES:
        raise Invalid(source="来源不认识")
    if (call.lng is None) != (call.lat is None):
        raise Invalid(place="经度和纬度要一起给")
    if call.kind == codes.EMERGENCY and call.remote_allowed:
        raise Invalid(remote_allowed="应急哨必须到场")
    if call.kind == codes.EMERGENCY and call.meet_at is not None:
        raise Invalid(meet_at="应急哨就是现在，不用约时间")
    if call.meet_at is not None and call.meet_at <= now:
        raise Invalid(meet_at="约定的时间要在以后")


WANTED = {
    "problem": "请写明出了什么事",
    "own_measures": "请写明街道自己先做了什么",
    "place": "请写明集合点",
    "reason": "请写明理由",
    "ask": "请写明要它做什么",
}


def _said(**fields: str) -> None:
    """Nothing of this may be blank. Raises Invalid naming every field that is."""
    blank = {name: WANTED[name] for name, value in fields.items() if not value.strip()}
    if blank:
        raise Invalid(**blank)


def _own_tickets(session: Session, street: Unit, numbers: Iterable[str]) -> list[Ticket]:
    """The linked matters, all of the street's own area (R60 辖区). A sealed report cannot be called about openly."""
    wanted = list(dict.fromkeys(numbers))
    found = {row.number: row for row in session.scalars(sa.select(Ticket).where(Ticket.number.in_(wanted)))} if wanted else {}
    for number in wanted:
        row = found.get(number)
        here = (
            row is not None
            and not row.sealed
            and (row.lead_unit_id == street.id or (row.region_code or "").startswith(street.region_code or "-"))
        )
        if not here:
            raise Invalid(tickets="没有这件工单，或者它不在本街道")
    return [found[number] for number in wanted]


def _units(session: Session, street: Unit, summons: Sequence[Asked]) -> list[tuple[Unit, Asked]]:
    """Each department once, each with its task, exactly one of them the lead: the one named, else the first (R40)."""
    if not summons:
        raise Invalid(summons="请至少叫一个单位")
    if len(summons) > MOST_UNITS:
        raise Invalid(summons="一哨最多叫 40 家")
    if len({asked.unit for asked in summons}) < len(summons):
        raise Invalid(summons="同一个单位只叫一次")
    if sum(asked.lead for asked in summons) > 1:
        raise Invalid(summons="牵头单位只能有一个")
    if any(not asked.ask.strip() for asked in summons):
        raise Invalid(summons="请写明每个单位要做什么")
    lead = next((asked for asked in summons if asked.lead), summons[0])
    units = [(live_unit(session, asked.unit, "summons"), Asked(asked.unit, asked.ask, asked is lead)) for asked in summons]
    if any(unit.id == street.id for unit, _ in units):
        raise Invalid(summons="街道不用叫自己")
    return units


def _number(session: Session, now: datetime) -> str:
    """SH + day + a count of that day, as people say it: SH20260930-007."""
    day = f"SH{local(now):%Y%m%d}-"
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_NUMBER)))
    count = session.scalar(sa.select(sa.func.count()).select_from(Whistle).where(sa.func.starts_with(Whistle.number, day))) or 0
    return f"{day}{count + 1:03d}"
