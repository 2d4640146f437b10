"""Who hears of a whistle, the moment it happens: A and B of every department called together, who is named for a step, the heads who must sign, the
office that decides, the district leader who coordinates a TOUGH one. A reaction: runs in the verb's transaction, two statements a group of people told."""

from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import telling
from app.auth.models import Account
from app.web import i18n
from escalation.calendar import end_of
from notifiers import outbox, staff
from notifiers.message import INBOX, NOW, Message
from tickets.actors import DISPATCHER, HEAD
from tickets.organisations import Post
from tickets.reference import reference
from tickets.whistle_codes import EMERGENCY, TOUGH
from tickets.whistle_events import WhistleHappened
from tickets.whistle_models import Summons
from tickets.whistle_words import KIND

# event → (template, who: the summoned units, the street, its heads, the whistle office, the district above it, who hands over and who takes over)
# of everybody told
UNITS_CALLED = ("whistle-called", "units")
TOLD = {
    **dict.fromkeys(("triage", "reopen"), (UNITS_CALLED, ("whistle-to-coordinate", "district"))),
    "add-summons": (UNITS_CALLED,),
    "sound-at-once": (UNITS_CALLED, ("whistle-to-ratify", "heads")),
    "remind": (("whistle-reminded", "unit"),),
    "plan": (("whistle-planned", "unit"),),
    "hand-over-step": (("whistle-handed-over", "both"),),
    "withdraw": (("whistle-withdrawn", "units"),),
    "release": (("whistle-released", "unit"),),
    "score": (("whistle-scored", "unit"),),
    **dict.fromkeys(("uphold-objection", "decide-objection", "decide-appeal"), (("whistle-decided", "unit"),)),
    **dict.fromkeys(("blow", "co-sign"), (("whistle-to-sign", "heads"),)),
    "approve": (("whistle-to-triage", "office"), ("whistle-begun", "district")),
    **dict.fromkeys(("object", "appeal"), (("whistle-to-decide", "office"),)),
    "change-lead": (("whistle-leads", "unit"),),
    "send-back": (("whistle-sent-back", "street"),),
    "reject": (("whistle-unsigned", "street"),),
    "no-show": (("whistle-absent", "street"),),
}


def react(session: Session, event: WhistleHappened, channels: Collection[str] = ()) -> None:
    """Put the messages of this event, one a person however often it is asked; out of the house too, by `channels` it has."""
    for template, who in TOLD.get(event.kind, ()):
        if not _needless(event, who):
            _tell(session, event, template, _people(session, event, who), channels)


def _tell(session: Session, event: WhistleHappened, template: str, people: dict[int, Summons | None], channels: Collection[str]) -> None:
    values = _values(session, event)
    messages = [
        Message(
            f"whistle:{event.whistle.id}:{event.whistle.version}:{event.kind}:{account}",
            INBOX,
            template,
            values | _asked(event, unit),
            NOW,
            account_id=account,
            subjects=(f"whistle:{event.whistle.id}",),
        )
        for account, unit in sorted(people.items())
    ]
    outbox.put(session, [*messages, *staff.outside(session, messages, channels, event.at)], event.at)
    session.info.setdefault("topics", set()).update(telling.topic_of(account) for account in people)


def _needless(event: WhistleHappened, who: str) -> bool:
    """A whistle taken back before it sounded was told to nobody; the head's own carries the signature (and asks the next by its co-sign);
    only a TOUGH one is the district leader's to coordinate (domain §6, GL)."""
    whistle = event.whistle
    if who == "district":
        return whistle.kind != TOUGH
    if event.kind in ("blow", "sound-at-once") and who == "heads":
        return event.actor.has(HEAD) or (event.kind == "blow" and whistle.kind == EMERGENCY)
    return event.kind == "withdraw" and whistle.sounded_at is None


def _values(session: Session, event: WhistleHappened) -> dict:
    whistle, names = event.whistle, reference(session).units
    street, unit = names[whistle.street_id], names.get(event.data.get("unit_id"))
    kind = KIND[whistle.kind]
    return {
        "number": whistle.number,
        "kind": {"zh": kind, "en": i18n.catalogue().get(kind, (kind,))[0]},
        "problem": whistle.problem[:60],
        "place": whistle.address,
        "street": {"zh": street.short_name, "en": street.name_en or street.short_name},
        "unit": {"zh": unit.short_name, "en": unit.name_en or unit.short_name} if unit else "",
        "words": str(event.data.get("words") or event.data.get("reason") or "")[:80],
        **telling.changed_hands(event.data),
    }


def _asked(event: WhistleHappened, summons: Summons | None) -> dict:
    """What is asked of the reader's own department, and by when it is to be there."""
    if event.kind in ("plan", "hand-over-step"):
        what = event.data.get("what") or event.data["words"]
        return {"ask": what[:60], "due": {"due": end_of(date.fromisoformat(event.data["due"])).isoformat()}}
    if summons is None:
        return {"ask": "", "due": {"at": event.at.isoformat()}}
    due = summons.check_in_due_at
    return {"ask": summons.ask[:60], "due": {"due": due.isoformat()} if due else {"at": event.at.isoformat()}}


def _people(session: Session, event: WhistleHappened, who: str) -> dict[int, Summons | None]:
    """Account → the summons of their department, if the message is about one."""
    if who == "both":
        return dict.fromkeys((one for one in (event.data["former"], event.data["in_charge"]) if one), event.summons)
    if who == "office":
        return dict.fromkeys(_with_role(session, DISPATCHER))
    if who == "district":
        above = _district_of(session, event.whistle.street_id)
        return dict.fromkeys(_with_role(session, HEAD, above) if above else ())
    if who == "heads":
        return dict.fromkeys(account for account in _with_role(session, HEAD, event.whistle.street_id) if account != event.actor.account_id)
    if who == "street":
        return dict.fromkeys(_holders(session, {event.whistle.street_id}))
    wanted = [event.summons] if event.summons is not None else _called(session, event)
    units = {row.unit_id: row for row in wanted}
    named = {event.data["in_charge"]: event.summons} if event.data.get("in_charge") else {}
    return named | {account: units[unit] for account, unit in _holders(session, units).items()}


def _district_of(session: Session, street_id: int) -> int | None:
    """The district above the street, None in a city that has no districts."""
    units = reference(session).units
    above = units.get(units[street_id].parent_id)
    while above is not None and above.kind != "district":
        above = units.get(above.parent_id)
    return above.id if above else None


def _called(session: Session, event: WhistleHappened) -> Iterable[Summons]:
    return session.scalars(sa.select(Summons).where(Summons.whistle_id == event.whistle.id, Summons.state != "excused"))


def _holders(session: Session, unit_ids: Collection[int]) -> dict[int, int]:
    """Everybody who holds a post there, A and B alike (domain §9.7: short clocks alert both together): account → unit."""
    found = {}
    for unit, first, second in session.execute(
        sa.select(Post.unit_id, Post.holder_a_id, Post.holder_b_id).where(Post.unit_id.in_(unit_ids))
    ):
        found[first] = unit
        if second is not None:
            found[second] = unit
    return found


def _with_role(session: Session, role: str, unit_id: int | None = None) -> list[int]:
    wanted = sa.select(Account.id).where(Account.active, Account.roles.contains([role]))
    return list(session.scalars(wanted.where(Account.unit_id == unit_id) if unit_id else wanted))
