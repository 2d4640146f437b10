"""The street's side and the whistle office's: blow, revise, sign off, ratify, triage, send back, withdraw, call one more (domain §6).

What a street may call for is whistle_calls.py's; departments answer in summons.py and arrivals.py; grading is grading.py's.
Every verb wants the whistle locked.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, WrongState
from tickets import whistle_codes as codes
from tickets.actors import Actor
from tickets.chains import GENESIS
from tickets.dispatch import live_unit
from tickets.organisations import Unit
from tickets.whistle_calls import MOST_UNITS, Asked, Call, check, departments_of, own_tickets, said
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import Approval, Summons, Whistle, WhistleTicket
from tickets.whistle_workflow import move, permit

ONE_NUMBER = 0x5348_0014  # advisory lock: numbers of a day are given one after another


def blow(session: Session, call: Call, actor: Actor, now: datetime) -> Whistle:
    """A new whistle of the actor's own street (R60). An emergency sounds at once; the head's other whistles carry the head's signature
    already, a liaison's wait for it (防止"随意吹哨").

    Raises Forbidden outside a street, Invalid naming what is missing: problem, own measures, place, units, or a ticket of another area.
    """
    street = session.get(Unit, actor.unit_id) if actor.unit_id else None
    if street is None or street.kind != "street":
        raise Forbidden("只有街道能吹哨")
    check(session, street, call, now)
    tickets = own_tickets(session, street, call.tickets)
    departments = departments_of(session, street, call.summons)
    whistle = _draft(session, street, call, actor, now)
    before, after = move(whistle, "blow", actor)
    session.add(whistle)
    session.flush()
    session.add_all(WhistleTicket(whistle_id=whistle.id, ticket_id=ticket.id) for ticket in tickets)
    session.add_all(
        Summons(whistle_id=whistle.id, unit_id=unit.id, ask=asked.ask, lead=asked.lead, state="called") for unit, asked in departments
    )
    session.flush()
    told = {
        "kind": whistle.kind,
        "problem": whistle.problem,
        "own_measures": whistle.own_measures,
        "tickets": [ticket.number for ticket in tickets],
        "summons": [asdict(asked) for _, asked in departments],
    }
    record(session, WhistleHappened(whistle, "blow", actor, now, told, before, after))
    if whistle.kind == codes.EMERGENCY:
        _sound(session, whistle, "sound-at-once", actor, now)
    elif actor.has("head"):
        approve(session, whistle, True, "", actor, now)
    return whistle


def _draft(session: Session, street: Unit, call: Call, actor: Actor, now: datetime) -> Whistle:
    """The new whistle's row under a number of its own, not yet added."""
    return Whistle(
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
        source=call.source or ("ticket" if call.tickets else "patrol"),
        remote_allowed=call.remote_allowed,
        started_by_id=actor.account_id,
        started_by_name=actor.name,
        created_at=now,
        sent_back=0,
    )


def revise(session: Session, whistle: Whistle, problem: str, own_measures: str, actor: Actor, now: datetime) -> None:
    """Before it sounds, most often after it was sent back: what is the matter and what was tried. Signatures given before are void."""
    permit(whistle, "revise", actor)
    said(problem=problem, own_measures=own_measures)
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
    _sign(session, whistle, "approve", words, actor, now)
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
    _sign(session, whistle, "ratify", words, actor, now)
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
    if len(wanted) > MOST_UNITS:
        raise Invalid(assisting="一哨最多叫 40 家")
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
    _sign(session, whistle, "triage", words, actor, now)
    told = {"lead": wanted[0].code, "assisting": [unit.code for unit in wanted[1:]], "words": words.strip()}
    _sound(session, whistle, "triage", actor, now, told)


def send_back(session: Session, whistle: Whistle, words: str, actor: Actor, now: datetime) -> None:
    """The whistle office does not sound it: the street has not used its own powers, or one department would do (YX). Raises Invalid."""
    permit(whistle, "send-back", actor)
    said(reason=words)
    _sign(session, whistle, "send-back", words, actor, now)
    before, after = move(whistle, "send-back", actor)
    whistle.approved_at, whistle.sent_back = None, whistle.sent_back + 1
    record(session, WhistleHappened(whistle, "send-back", actor, now, {"words": words.strip()}, before, after))


def withdraw(session: Session, whistle: Whistle, words: str, actor: Actor, now: datetime) -> None:
    """The street takes it back before anybody has come, and says why. Raises Invalid, WrongState."""
    _turn_down(session, whistle, "withdraw", words, actor, now)


def add_summons(session: Session, whistle: Whistle, asked: Asked, actor: Actor, now: datetime) -> Summons:
    """加叫一家: one more department while the whistle sounds; its own limits begin now. Raises Invalid, WrongState."""
    permit(whistle, "add-summons", actor)
    unit = live_unit(session, asked.unit, "unit")
    said(ask=asked.ask)
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
    said(reason=words)
    before, after = move(whistle, action, actor)
    whistle.withdrawn_at = now
    units = [row.unit_id for row in summonses_of(session, whistle)] if whistle.sounded_at else []
    record(session, WhistleHappened(whistle, action, actor, now, {"words": words.strip(), "unit_ids": units}, before, after))


def _stage(whistle: Whistle) -> int:
    return whistle.sent_back + 1


def _sign(session: Session, whistle: Whistle, kind: str, words: str, actor: Actor, now: datetime) -> None:
    """What this person decided on this draft, kept for good."""
    session.add(
        Approval(
            whistle_id=whistle.id,
            stage=_stage(whistle),
            kind=kind,
            by_id=actor.account_id,
            by_name=actor.name,
            at=now,
            words=words.strip(),
        )
    )


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


def _number(session: Session, now: datetime) -> str:
    """SH + day + a count of that day, as people say it: SH20260930-007."""
    day = f"SH{local(now):%Y%m%d}-"
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_NUMBER)))
    count = session.scalar(sa.select(sa.func.count()).select_from(Whistle).where(sa.func.starts_with(Whistle.number, day))) or 0
    return f"{day}{count + 1:03d}"
