"""The verbs of a referral (E8): seal what the records hold against a unit's people and refer it to discipline; enter what came of it.

No event goes on the ticket: the unit reads that. Who did what is kept in the referral itself and, by the caller, in the audit log.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from escalation.blinding import Blind, blinder_of
from escalation.dossier_models import CONCLUSIONS, MISCONDUCTS, Referral
from escalation.dossiers import next_number
from escalation.meetings import facts_of
from escalation.supervision_models import Accountability
from escalation.supervision_rules import permit, said
from tickets.actors import Actor
from tickets.chains import fault_in
from tickets.history import events_of
from tickets.models import Attachment, Reply, Reveal, Ticket

ONE_NUMBER = 0x5348_0038
CITIZENS = ("citizen", "child")  # what a citizen sent is not evidence against the unit unless it is chosen
BASES = ("denied_returns", "breaches", "urges", "reworks")
PERSON_MAX = 50


def refer(
    session: Session,
    ticket: Ticket,
    misconduct: str,
    words: str,
    actor: Actor,
    now: datetime,
    person: str = "",
    evidence: Sequence[int] = (),
) -> Referral:
    """Seal the package as it stands now and refer it. `evidence`: attachment ids; none = every file of the ticket the citizen did not send.

    The caller holds the ticket locked. Raises Invalid; WrongState when no unit ever had it, the records hold nothing (nobody is referred on a
    feeling, R53, BJ §35), or the very same is with discipline already.
    """
    permit("refer", actor, ticket.lead_unit_id)
    if ticket.lead_unit_id is None:
        raise WrongState("这件工单不在单位手里")
    charge = _charge(misconduct, person, words)
    blind = blinder_of(session, ticket)
    charge["words"] = blind(charge["words"])
    _refuse_twice(session, ticket, charge)
    held = package_of(session, ticket, _evidence(session, ticket, evidence), misconduct, blind, now)
    if not (held["evidence"] or held["accountabilities"] or held["reveals"] or any(held["facts"][name] for name in BASES)):
        raise WrongState("记录里没有证据、追责、超期或无据退单，不能移送；请先上传证据")
    held |= charge | {"by": actor.name, "at": now.isoformat()}
    year, serial = next_number(session, Referral, ONE_NUMBER, now)
    row = Referral(
        **charge,
        year=year,
        serial=serial,
        ticket_id=ticket.id,
        unit_id=ticket.lead_unit_id,
        package=held,
        seal=seal_of(held),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    session.flush()
    return row


def conclude(session: Session, row: Referral, conclusion: str, words: str, actor: Actor, now: datetime) -> None:
    """What discipline answered, entered by whoever oversees: discipline itself reads and changes nothing (domain §2). Raises Invalid, WrongState."""
    permit("conclude-referral", actor, row.unit_id)
    if row.closed_at is not None:
        raise WrongState("%(number)s 已经有结果", number=row.number)
    if conclusion not in CONCLUSIONS:
        raise Invalid(conclusion="请选查实、部分查实或不属实")
    row.conclusion_words = said(words, Invalid(words="请写明纪检监察的反馈"))
    row.conclusion, row.closed_at, row.closed_by_name = conclusion, now, actor.name


def referral_by_id(session: Session, row_id: int, *, lock: bool = False) -> Referral:
    """A referral. Who may read it is the caller's. Raises NotFound."""
    row = session.get(Referral, row_id, with_for_update=lock)
    if row is None:
        raise NotFound("没有这份移送，或者不归您看")
    return row


def package_of(
    session: Session, ticket: Ticket, evidence: Sequence[Attachment], misconduct: str, blind: Blind, now: datetime
) -> dict[str, Any]:
    """Everything the package holds, as plain values without the citizen: events with their hashes, replies, files by digest, blame, facts;
    for a leak also who looked at the identity."""
    events = events_of(session, ticket.id)
    fault = fault_in(ticket, events)
    replies = session.scalars(sa.select(Reply).where(Reply.ticket_id == ticket.id, Reply.state != "draft").order_by(Reply.id))
    blamed = session.scalars(sa.select(Accountability).where(Accountability.ticket_id == ticket.id).order_by(Accountability.id))
    looked = session.scalars(sa.select(Reveal).where(Reveal.ticket_id == ticket.id).order_by(Reveal.id)) if misconduct == "leak" else ()
    return {
        "ticket": {
            "number": ticket.number,
            "title": blind(ticket.title),
            "content": blind(ticket.content),
            "appeal_type": ticket.appeal_type,
            "status": ticket.status,
            "received_at": ticket.received_at.isoformat(),
            "unit_id": ticket.lead_unit_id,
            "sealed": ticket.sealed,
        },
        "chain": {"steps": len(events), "head": ticket.head_hash, "whole": fault is None, "fault": fault.what if fault else ""},
        "events": [
            _plain(one, blind, ("seq", "kind", "unit_id", "hash")) | {"who": one.actor_name, "words": blind(words_of(one.data))}
            for one in events
        ],
        "replies": [_plain(one, blind, ("id", "state", "result", "unit_id"), ("content", "measures", "person")) for one in replies],
        "evidence": [_plain(one, blind, ("id", "kind", "mime", "size", "sha256"), ("name",)) for one in evidence],
        "accountabilities": [_plain(one, blind, ("fault", "person"), ("words",)) | {"by": one.by_name} for one in blamed],
        "reveals": [_plain(one, blind, ("account_id",), ("reason",)) for one in looked],
        "facts": facts_of(session, ticket, now),
    }


def _plain(row, blind: Blind, kept: tuple[str, ...], blinded: tuple[str, ...] = ()) -> dict[str, Any]:
    """A row as plain values with its instant: some fields as they are, those with people's words without the citizen."""
    values = {name: getattr(row, name) for name in kept} | {name: blind(getattr(row, name)) for name in blinded}
    return values | {"at": row.at.isoformat()}


def seal_of(package: dict[str, Any]) -> str:
    """SHA-256 over the package's canonical JSON (sorted keys)."""
    return hashlib.sha256(orjson.dumps(package, option=orjson.OPT_SORT_KEYS)).hexdigest()


def seal_holds(row: Referral) -> bool:
    """Whether the package is still what was sealed."""
    return seal_of(row.package) == row.seal


def words_of(data: dict) -> str:
    """What was said with an event, whichever word it is kept under."""
    return next((str(data[key]) for key in ("words", "reason", "statement", "content", "basis", "plan", "note") if data.get(key)), "")


def _charge(misconduct: str, person: str, words: str) -> dict[str, str]:
    """What is charged, against whom, in which words, trimmed. Raises Invalid."""
    if misconduct not in MISCONDUCTS:
        raise Invalid(misconduct="请选是拒不办理、弄虚作假、泄露信息还是态度恶劣")
    stated = said(words, Invalid(words="请写明事实：谁、什么时候、做了什么"))
    if len(person.strip()) > PERSON_MAX:
        raise Invalid(person="太长了，请压缩")
    return {"misconduct": misconduct, "person": person.strip(), "words": stated}


def _refuse_twice(session: Session, ticket: Ticket, charge: dict[str, str]) -> None:
    """One fact is referred once while discipline has it: the ticket's lock makes the second of two wait for the first."""
    same = session.scalar(
        sa.select(Referral).filter_by(ticket_id=ticket.id, unit_id=ticket.lead_unit_id, closed_at=None, **charge).limit(1)
    )
    if same is not None:
        raise WrongState("%(number)s 已经移送了同一件事，等纪检监察的结果", number=same.number)


def _evidence(session: Session, ticket: Ticket, chosen: Sequence[int]) -> list[Attachment]:
    """The files that go along. Raises Invalid for one that does not hang on this ticket."""
    files = list(session.scalars(sa.select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)))
    if not chosen:
        return [one for one in files if one.purpose not in CITIZENS]
    if not set(chosen) <= {one.id for one in files}:
        raise Invalid(evidence="附件不在这件工单上，请重新选")
    return [one for one in files if one.id in set(chosen)]
