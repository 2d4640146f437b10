"""The appellant's identity: sealed at intake, searched by keyed hash, shown masked, revealed with a reason that becomes a row (domain §11)."""

from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid
from app.vault import Vault
from tickets.actors import AGENT, AUDITOR, DISCIPLINE, DISPATCHER, FOLLOW_UP, HANDLER, HEAD, LEADER, SUPERVISOR, Actor
from tickets.codes import APPELLANT_KINDS
from tickets.events import Event, record
from tickets.models import Identity, Reveal, Ticket
from tickets.text import mask_name, mask_phone

CENTRE_REVEALERS = (AGENT, DISPATCHER, AUDITOR, FOLLOW_UP, SUPERVISOR, LEADER, DISCIPLINE)
HIDDEN = {"name": "", "phone": "", "kind": "hidden"}


@dataclass(frozen=True)
class Appellant:
    """Who raises the matter, in clear. `credit_code` is a firm's; all but `kind` may be empty: anonymous is allowed (domain §8)."""

    name: str = ""
    phone: str = ""
    kind: str = "person"
    gender: str = ""
    phone2: str = ""
    credit_code: str = ""
    industry: str = ""


def clean_phone(raw: str) -> str:
    """Digits only, +86 dropped. Raises Invalid when it cannot be a telephone number."""
    digits = "".join(c for c in raw if c.isdigit())
    if raw.strip().startswith("+86") or (digits.startswith("86") and len(digits) == 13):
        digits = digits[2:]
    if digits and not 5 <= len(digits) <= 15:
        raise Invalid(phone="电话位数不对：手机号是 11 位，座机请带区号")
    if digits.startswith("1") and not digits.startswith("12") and len(digits) != 11 and len(digits) > 6:
        raise Invalid(phone="手机号是 11 位，请再核对一下")
    return digits


def identity_row(ticket_id: int, appellant: Appellant, vault: Vault) -> Identity:
    """The sealed row for a new ticket. Raises Invalid on an impossible phone or kind."""
    if appellant.kind not in APPELLANT_KINDS:
        raise Invalid(appellant="诉求人类型不认识")
    phone = clean_phone(appellant.phone)
    return Identity(
        ticket_id=ticket_id,
        kind=appellant.kind,
        sealed=vault.seal(orjson.dumps(asdict(appellant) | {"phone": phone}).decode()),
        masked_name=mask_name(appellant.name),
        masked_phone=mask_phone(phone),
        contactable=bool(phone),
        phone_trace=vault.trace(phone) if phone else None,
        tail_trace=vault.trace("tail:" + phone[-4:]) if len(phone) >= 7 else None,
    )


def shown(ticket: Ticket, identity: Identity | None, actor: Actor) -> dict:
    """What this person may see without a reason: the masked form, or nothing for a unit when it is confidential or sealed."""
    if identity is None or (actor.of_unit and not actor.of_centre and (ticket.confidential or ticket.sealed)):
        return dict(HIDDEN)
    return {"name": identity.masked_name, "phone": identity.masked_phone, "kind": identity.kind}


def may_reveal(ticket: Ticket, actor: Actor) -> bool:
    """Centre staff; the lead unit's handler and head too, unless the matter is confidential or sealed (domain §2, §11.1)."""
    if actor.account_id in ticket.recused:
        return False
    if actor.has(*CENTRE_REVEALERS):
        return True
    return actor.has(HANDLER, HEAD) and actor.unit_id == ticket.lead_unit_id and not (ticket.confidential or ticket.sealed)


def reveal(session: Session, ticket: Ticket, reason: str, actor: Actor, now: datetime) -> dict:
    """The identity in clear, and a row that says who looked and why. Raises Forbidden, or Invalid without a reason."""
    if not may_reveal(ticket, actor):
        raise Forbidden("这件工单的身份您不能看")
    if len(reason.strip()) < 2:
        raise Invalid(reason="请写明为什么要看，例如“首次联系”")
    session.add(Reveal(ticket_id=ticket.id, account_id=actor.account_id, reason=reason.strip(), at=now))
    record(session, Event(ticket, "reveal", actor, now, {"reason": reason.strip()}, ticket.status, ticket.status))
    identity = session.get(Identity, ticket.id)
    vault: Vault = session.info["vault"]
    return orjson.loads(vault.open(identity.sealed)) if identity else asdict(Appellant(kind="anonymous"))


def tickets_of_phone(session: Session, phone: str) -> sa.Select:
    """The ids of all tickets raised with this number: found by keyed hash, nothing is decrypted."""
    vault: Vault = session.info["vault"]
    digits = "".join(c for c in phone if c.isdigit())
    trace = vault.trace("tail:" + digits) if len(digits) <= 4 else vault.trace(clean_phone(phone))
    column = Identity.tail_trace if len(digits) <= 4 else Identity.phone_trace
    return sa.select(Identity.ticket_id).where(column == trace)
