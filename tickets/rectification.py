"""整改: what the handling unit and the centre do about a bad rating: contact, class, rectify and tell, appeal and review (domain §7).

The centre's revisit is calls.py's; how a loop opens and ends is loops.py's.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, WrongState
from tickets import callbacks, loops
from tickets.actors import AUDITOR, FOLLOW_UP, HANDLER, HEAD, LIAISON, PANEL, SUPERVISOR, UNIT_ROLES, Actor
from tickets.codes import CONTACT_METHODS, CONTACT_RESULTS
from tickets.evaluation_codes import CLASSES, TOLD_BY
from tickets.evaluation_models import Rectification
from tickets.events import Event
from tickets.models import Rating, Reply, Ticket

LEAST = 6
REACHED = ("reached", "arrived")
MOST_TRIES = 3
FOLLOWED = ("contact", "contact-again", "approve-reply")


def contact(
    session: Session, ticket: Ticket, loop: Rectification, method: str, result: str, actor: Actor, now: datetime, words: str = ""
) -> None:
    """T29: whoever handled it speaks with the citizen within one working day; of a confidential matter only the centre does.

    An attempt that reached nobody is kept and the clock runs on; after the third the work goes on without. Raises Forbidden, Invalid.
    """
    _may(loop, actor, loop.by_centre)
    _must(loop, "open")
    if method not in CONTACT_METHODS or method == "anonymous":
        raise Invalid(method="请选怎么联系的")
    if result not in CONTACT_RESULTS:
        raise Invalid(result="请选联系结果")
    loop.attempts += 1
    reached = result in REACHED
    if reached or loop.attempts >= MOST_TRIES:
        loop.state, loop.contacted_at, loop.contacted_by_id = "contacted", now, actor.account_id
    kind = "contact-rater" if loop.state == "contacted" else "try-rater"
    loops.note(session, ticket, kind, loop, actor, now, method=method, result=result, words=words.strip(), attempts=loop.attempts)


def classify(
    session: Session,
    ticket: Ticket,
    loop: Rectification,
    code: str,
    words: str,
    actor: Actor,
    now: datetime,
    promised_at: datetime | None = None,
) -> None:
    """clear: put right now; complex: explained, with a dated plan (15 working days, T30); no legal basis: to be explained; mistaken or
    false: an appeal, which the centre reviews. Raises Invalid naming what is missing."""
    _may(loop, actor)
    _must(loop, "contacted", "rectifying")
    if code not in CLASSES:
        raise Invalid(class_code="请选这条差评属哪一类")
    if loop.class_code is not None and code == loop.class_code:
        raise WrongState("已经是这一类了")
    if len(words.strip()) < LEAST:
        raise Invalid(words="请写明为什么是这一类，至少 6 个字")
    if code == "complex" and (promised_at is None or promised_at <= now):
        raise Invalid(promised_at="疑难的要给市民一个日期：哪天前办好")
    if code == "mistaken" and loop.ruling is not None:
        raise WrongState("中心已经裁定过，不能再申诉")
    before = loop.class_code
    loop.class_code, loop.class_words, loop.classified_at = code, words.strip(), now
    loop.promised_at = promised_at if code == "complex" else None
    loop.state = "appealed" if code == "mistaken" else "rectifying"
    if code == "mistaken":
        loop.appeal_words, loop.appealed_at = words.strip(), now
    said = {
        "class": code,
        "was": before,
        "words": words.strip(),
        "promised_at": promised_at.isoformat() if promised_at and code == "complex" else None,
    }
    loops.note(session, ticket, "appeal-rating" if code == "mistaken" else "classify-rating", loop, actor, now, **said)


def rule(session: Session, ticket: Ticket, loop: Rectification, uphold: bool, words: str, actor: Actor, now: datetime) -> None:
    """The centre's review of an appeal. Upheld: the rating stays, marked as mistaken; the citizen still hears from the centre.
    Not upheld: it is a clear one, to be rectified in what is left of the limit. Never by the unit's own people."""
    if not actor.has(AUDITOR, PANEL, SUPERVISOR):
        raise Forbidden("差评申诉由中心审核")
    callbacks.refuse_rated_unit(session, actor, loop.unit_id)
    _must(loop, "appealed")
    if len(words.strip()) < LEAST:
        raise Invalid(words="请写明裁定理由，至少 6 个字")
    loop.ruling, loop.ruling_words, loop.ruled_at, loop.ruled_by_id = "uphold" if uphold else "deny", words.strip(), now, actor.account_id
    loop.state = "upheld" if uphold else "rectifying"
    if not uphold:
        loop.class_code = "clear"
    loops.note(session, ticket, "rule-rating", loop, actor, now, decision=loop.ruling, words=words.strip())
    if uphold:
        callbacks.owe(session, ticket, "revisit", "bad", now, loop.unit_id, rectification_id=loop.id)


def refuse(session: Session, ticket: Ticket, loop: Rectification, words: str, actor: Actor, now: datetime) -> None:
    """The unit will not put a clear one right: written down as a breach (SHB §96). The duty stays, and so does its clock."""
    _may(loop, actor)
    _must(loop, "rectifying")
    if loop.class_code != "clear":
        raise WrongState("只有“情况清楚”的差评才谈得上拒不整改；疑难的请改分类")
    if loop.refused_at is not None:
        raise WrongState("已经记过一次拒不整改")
    if len(words.strip()) < LEAST:
        raise Invalid(words="请写明为什么不整改，至少 6 个字")
    loop.refused_at, loop.refused_words = now, words.strip()
    loops.note(session, ticket, "refuse-rectification", loop, actor, now, words=words.strip())


def rectify(session: Session, ticket: Ticket, loop: Rectification, measures: str, told_by: str, actor: Actor, now: datetime) -> None:
    """T30: done and the citizen told. The centre then revisits, and the citizen is asked for a second rating by a new link.

    Of a confidential matter the centre tells: the unit writes what it did, and `told_by` stays "message". Raises Invalid.
    """
    _may(loop, actor)
    _must(loop, "rectifying")
    if len(measures.strip()) < 10:
        raise Invalid(measures="请写明怎么改的、现在怎样，至少 10 个字")
    if told_by not in TOLD_BY:
        raise Invalid(told_by="请选怎么告知市民的")
    if loop.by_centre and told_by != "message" and not actor.of_centre:
        raise Forbidden("保密件由热线中心告知市民，您只写整改结果")
    if session.scalar(sa.select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.round == ticket.rating_round)):
        ticket.rectified += 1  # a rework has asked for another rating already
    _done(session, ticket, loop, measures.strip(), told_by, actor, now)


def follow(session: Session, event: Event) -> None:
    """A reaction: what the unit does in a rework also moves the loop. Its contact is the contact, its audited reply the rectification."""
    ticket = event.ticket
    loop = loops.live_of(session, ticket) if ticket.reworks else None
    if loop is None:
        return
    if event.kind in ("contact", "contact-again") and loop.state == "open" and event.data.get("result") in REACHED:
        contact(session, ticket, loop, event.data["method"], event.data["result"], event.actor, event.at)
    elif event.kind == "approve-reply" and loop.state in ("open", "contacted", "rectifying"):
        reply = session.scalar(
            sa.select(Reply)
            .where(Reply.ticket_id == ticket.id, Reply.round == ticket.round, Reply.state == "approved")
            .order_by(Reply.id.desc())
            .limit(1)
        )
        if reply is not None and reply.at > loop.opened_at:
            loop.class_code, loop.classified_at = loop.class_code or "clear", loop.classified_at or reply.at
            loop.contacted_at = loop.contacted_at or reply.at
            _done(session, ticket, loop, reply.content, "message", event.actor, event.at, via="reply")


def _done(
    session: Session, ticket: Ticket, loop: Rectification, measures: str, told_by: str, actor: Actor, now: datetime, via: str = "unit"
) -> None:
    loop.state, loop.measures, loop.rectified_at, loop.rectified_by_id = "told", measures, now, actor.account_id
    loop.told_by, loop.told_at = told_by, now
    loops.note(session, ticket, "rectify", loop, actor, now, measures=measures, told_by=told_by, via=via)
    callbacks.owe(session, ticket, "revisit", "bad", now, loop.unit_id, rectification_id=loop.id)


def _may(loop: Rectification, actor: Actor, centre_only: bool = False) -> None:
    """谁办理谁负责: the rated unit's people; the centre where it handled the matter itself, or where only it may speak to the citizen."""
    if loop.unit_id is None or centre_only:
        if not actor.has(FOLLOW_UP):
            raise Forbidden("这一条由热线中心联系市民")
        return
    if not (actor.has(HANDLER, LIAISON, HEAD) and actor.has(*UNIT_ROLES) and actor.unit_id == loop.unit_id):
        raise Forbidden("差评由办理这件的单位整改")


def _must(loop: Rectification, *states: str) -> None:
    if loop.state not in states:
        raise WrongState("这条差评整改已经走到别的一步，请刷新看看")
