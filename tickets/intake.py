"""How a matter comes in and what can be done with it before it is sent: register, answer at once, refuse, hand over, merge, split,
urge, supplement. What kind it is and how urgent sorting.py sets right; dispatch is dispatch.py."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from tickets import codes, risk
from tickets.actors import Actor
from tickets.chains import GENESIS
from tickets.events import Event, record
from tickets.identity import Appellant, identity_row
from tickets.models import Category, Ticket
from tickets.numbering import query_code, ticket_number
from tickets.organisations import Region
from tickets.reference import CategoryName, RegionName, reference
from tickets.text import bigrams, mask_numbers, sketch
from tickets.words import ROUTE
from tickets.workflow import move, permit

LONGEST = 5000  # characters of content a person may send at once
UNTOUCHED = {  # what every ticket begins with
    "status": "registered",
    "version": 0,
    "head_hash": GENESIS,
    "returns": 0,
    "reworks": 0,
    "extensions": 0,
    "urges": 0,
    "locked": False,
    "slip": "",
    "explained": False,
    "due_provisional": False,
    "notice": "",
}
_NEXT = sa.text("SELECT nextval('tickets_id_seq')")


@dataclass(frozen=True)
class Matter:
    """What a channel hands in. Codes are api.md's; `category` and `region` are codes; `received_at` is aware UTC, default now."""

    channel: str
    appeal_type: str
    content: str
    title: str = ""
    category: str = ""
    region: str = ""
    address: str = ""
    lng: float | None = None
    lat: float | None = None
    grid_cell: str = ""
    appellant: Appellant = field(default_factory=Appellant)
    confidential: bool = False
    reply_wanted: bool = True
    urgency: str = ""
    track: str = ""
    call_id: str = ""
    accused: str = ""
    external: tuple[str, str] | None = None
    previous: str = ""
    received_at: datetime | None = None
    upper_due_at: datetime | None = None


def register(session: Session, matter: Matter, actor: Actor, now: datetime) -> Ticket:
    """Edge #1: a matter becomes a ticket with a number and a query code; its urgency is raised by risk words, a report is sealed.

    Raises Invalid (fields named), NotFound for an unknown `previous`, WrongState when source + external id is here already.
    """
    check(matter)
    category, region = _places(session, matter)
    previous = _closed_ticket(session, matter.previous) if matter.previous else None
    _refuse_twice(session, matter.external)
    serial = session.scalar(_NEXT)
    ticket = drafted(matter, serial, session.info, actor, now, category.id if category else None, region)
    ticket.previous_id = previous.id if previous else None
    ticket.search = search_words(ticket.title, matter.content, matter.address)
    session.add(ticket)
    session.add(identity_row(serial, matter.appellant, session.info["vault"]))
    data = registration(ticket) | ({"previous": previous.number} if previous else {})
    record(session, Event(ticket, "register", actor, now, data, "", "registered"))
    return ticket


def check(matter: Matter, longest: int = LONGEST) -> None:
    """Whether these words and codes may become a ticket; `longest`: characters of content. Raises Invalid naming every bad field."""
    bad = {}
    if matter.channel not in codes.CHANNELS:
        bad["channel"] = "来源渠道不认识"
    if matter.appeal_type not in codes.APPEAL_TYPES:
        bad["appeal_type"] = "诉求类型不认识"
    if not matter.content.strip():
        bad["content"] = "请写下发生了什么"
    if len(matter.content) > longest:
        bad["content"] = "内容最多 5000 字，请缩短或分次补充"
    if len(matter.title) > 100:
        bad["title"] = "标题最多 100 字"
    if matter.urgency and matter.urgency not in codes.URGENCIES:
        bad["urgency"] = "紧急程度只有普通、紧急、特急"
    if matter.track and matter.track not in codes.TRACKS:
        bad["track"] = "办理轨道不认识"
    if "\x00" in matter.content + matter.title + matter.address:
        bad["content"] = "内容里有不能显示的字符，请删去"
    if bad:
        raise Invalid(**bad)


def title_of(matter: Matter) -> str:
    """The given title, or the beginning of the first line of the content."""
    return matter.title.strip() or matter.content.strip().split("\n")[0][:30]


def drafted(matter: Matter, serial: int, info, actor: Actor, now: datetime, category_id: int | None, region) -> Ticket:
    """The new ticket's row without its `search` column, from a checked matter; pure, for whoever inserts one or thousands.

    `info`: the session's facts (`region_code`, `code_key`); `region`: anything with `code` and `parent_code`, or None.
    """
    title = title_of(matter)
    words = f"{title} {matter.content}"
    urgency = risk.highest(matter.urgency or "ordinary", risk.urgency_of(words))
    received = matter.received_at or now
    region_code = (region.parent_code or region.code) if region else info["region_code"]
    return Ticket(
        **UNTOUCHED,
        id=serial,
        number=ticket_number(serial, received, region_code, matter.channel),
        query_code=query_code(serial, info["code_key"]),
        appeal_type=matter.appeal_type,
        track=matter.track or _track(matter, urgency),
        urgency=urgency,
        title=title,
        content=matter.content.strip(),
        channel=matter.channel,
        category_id=category_id,
        region_code=region.code if region else None,
        address=matter.address.strip(),
        lng=matter.lng,
        lat=matter.lat,
        grid_cell=matter.grid_cell,
        accused=matter.accused.strip(),
        confidential=matter.confidential or matter.appeal_type == "report",
        sealed=matter.appeal_type == "report",
        reply_wanted=matter.reply_wanted,
        risk_flags=risk.signals(words),
        call_id=matter.call_id,
        external_source=matter.external[0] if matter.external else None,
        external_id=matter.external[1] if matter.external else None,
        registered_by_id=actor.account_id,
        received_at=received,
        upper_due_at=matter.upper_due_at,
        recused=[],
        sketch=sketch(title + matter.content),
    )


def registration(ticket: Ticket) -> dict:
    """What the event of a registration says."""
    return {"channel": ticket.channel, "appeal_type": ticket.appeal_type, "urgency": ticket.urgency}


def search_words(title: str, content: str, address: str) -> list[str]:
    """The value of the `search` column: its lexemes."""
    return bigrams(f"{title}。{content}。{address}")


def answer_directly(session: Session, ticket: Ticket, answer: str, actor: Actor, now: datetime, article: str = "") -> None:
    """Edge #2 直办: closed at the seat; `article` names the knowledge entry it rests on. Raises Invalid without an answer."""
    permit(ticket, "answer-directly", actor)
    if not answer.strip():
        raise Invalid(answer="请写下答复了什么")
    before, after, _ = move(ticket, "answer-directly", actor)
    ticket.replied_at = ticket.closed_at = now
    ticket.result = "explained" if ticket.appeal_type == "consult" else "resolved"
    record(session, Event(ticket, "answer-directly", actor, now, {"answer": answer.strip(), "article": article}, before, after))


def refuse(session: Session, ticket: Ticket, code: str, actor: Actor, now: datetime, route: str = "", words: str = "") -> None:
    """Edge #4: not taken, always with the reason code and the legal route (WF §19). Raises Invalid on an unknown code."""
    permit(ticket, "refuse", actor)
    if code not in codes.REFUSALS:
        raise Invalid(code="请从不予受理的理由里选一个")
    before, after, _ = move(ticket, "refuse", actor)
    ticket.closed_at = now
    record(
        session, Event(ticket, "refuse", actor, now, {"code": code, "route": route.strip() or ROUTE[code], "words": words}, before, after)
    )


def transfer_emergency(session: Session, ticket: Ticket, line: str, actor: Actor, now: datetime, words: str = "") -> None:
    """Edge #3: handed to 110/119/120/122 at once; this ticket stays as the shadow of the hand-over (BJ §11(1))."""
    permit(ticket, "transfer-emergency", actor)
    if line not in codes.EMERGENCY_LINES:
        raise Invalid(line="紧急专线只有 110、119、120、122")
    before, after, _ = move(ticket, "transfer-emergency", actor)
    ticket.closed_at = now
    record(
        session, Event(ticket, "transfer-emergency", actor, now, {"line": line, "call_id": ticket.call_id, "words": words}, before, after)
    )


def merge(session: Session, ticket: Ticket, master: Ticket, actor: Actor, now: datetime) -> None:
    """Edge #5: the same matter of another citizen joins its master; each still gets the reply and a rating. `split` undoes it."""
    permit(ticket, "merge", actor)
    if master.id == ticket.id:
        raise Invalid(master="不能并入自己")
    if master.status == "merged" or master.status not in codes.OPEN:
        raise WrongState("要并入的那件已经办结或自己也被并入，请换一件")
    if ticket.sealed or master.sealed:
        raise Invalid(master="举报件要单独办理，不能合并")
    if session.scalar(sa.select(sa.exists().where(Ticket.master_id == ticket.id))):
        raise WrongState("这件下面已有并入的工单，请反过来并")
    ticket.master_id = master.id
    before, after, _ = move(ticket, "merge", actor)
    record(session, Event(ticket, "merge", actor, now, {"master": master.number}, before, after))
    record(session, Event(master, "child-joined", actor, now, {"child": ticket.number}, master.status, master.status))


def split(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """A merge was wrong: the child is a ticket of its own again and waits to be sent."""
    master = session.get(Ticket, ticket.master_id) if ticket.master_id else None
    before, after, _ = move(ticket, "split", actor)
    ticket.master_id = None
    record(session, Event(ticket, "split", actor, now, {"master": master.number if master else ""}, before, after))


def urge(session: Session, ticket: Ticket, actor: Actor, now: datetime, words: str = "") -> None:
    """The citizen asks again: counted, and told to whoever holds the ticket. A child's urge counts on its master."""
    permit(ticket, "urge", actor)
    ticket.urges += 1
    record(session, Event(ticket, "urge", actor, now, {"words": words.strip()}, ticket.status, ticket.status))


def supplement(session: Session, ticket: Ticket, content: str, actor: Actor, now: datetime) -> None:
    """More facts for an open ticket. What the citizen of a merged one adds goes to its master too, as another citizen's words with numbers
    starred: the unit reads them and learns nothing of who said them. Raises Invalid without words, WrongState when the master is over."""
    permit(ticket, "supplement", actor)
    if not content.strip():
        raise Invalid(content="请写下要补充的内容")
    if ticket.status == "merged":
        _tell_master(session, ticket, content.strip(), actor, now)
    record(session, Event(ticket, "supplement", actor, now, {"content": content.strip()}, ticket.status, ticket.status))


def _tell_master(session: Session, child: Ticket, content: str, actor: Actor, now: datetime) -> None:
    master = session.get(Ticket, child.master_id)
    session.refresh(master, with_for_update=True)
    if master.status not in codes.OPEN:
        raise WrongState("并入的那件已经办结，有新情况请另提一件")
    record(
        session,
        Event(
            master, "child-supplement", actor, now, {"content": mask_numbers(content), "child": child.number}, master.status, master.status
        ),
    )


def category_of(session: Session, code: str) -> Category:
    """The active category with this code. Raises Invalid."""
    row = session.scalar(sa.select(Category).where(Category.code == code, Category.active))
    if row is None:
        raise Invalid(category="没有这个分类，请从分类表里选")
    return row


def _places(session: Session, matter: Matter) -> tuple[Category | CategoryName | None, Region | RegionName | None]:
    """The category and the region; what memory does not know yet the database is asked for."""
    names, category, region = reference(session), None, None
    if matter.category:
        category = names.category_codes.get(matter.category)
        category = category if category is not None and category.active else category_of(session, matter.category)
    if matter.region:
        region = names.regions.get(matter.region) or session.get(Region, matter.region)
    if matter.region and region is None:
        raise Invalid(region="没有这个区划代码")
    return category, region


def _track(matter: Matter, urgency: str) -> str:
    """The track that decides limits (domain §4 tracks): urgent first, then a firm's own business, else general."""
    if urgency != "ordinary":
        return "urgent"
    return "enterprise" if matter.appellant.kind in ("firm", "organisation") else "general"


def _closed_ticket(session: Session, number: str) -> Ticket:
    """Edge #23: new facts on a closed matter open a new ticket linked to the old one."""
    previous = session.scalar(sa.select(Ticket).where(Ticket.number == number))
    if previous is None:
        raise NotFound("没有找到原来那件工单")
    if previous.status in codes.OPEN:
        raise WrongState("原来那件还在办，请补充或催办，不用另立一件")
    return previous


def _refuse_twice(session: Session, external: tuple[str, str] | None) -> None:
    if external and session.scalar(
        sa.select(Ticket.number).where(Ticket.external_source == external[0], Ticket.external_id == external[1])
    ):
        raise WrongState("这件已经登记过（来源和外部编号相同）")
