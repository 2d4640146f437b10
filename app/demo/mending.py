"""Bad ratings of the demo city on their way back to the citizen: contacted, put right, revisited, rated again; some stop on somebody's desk."""

from collections.abc import Generator
from datetime import datetime, timedelta

from app.demo.play import Play
from tickets import answering, calls, loops, rectification
from tickets.actors import Actor
from tickets.evaluation_models import Rectification
from tickets.models import Ticket

Piece = Generator[datetime, datetime, datetime]
# where a present complaint stands, and how many hours ago it was made
STAGES = (
    ("open", 3),
    ("open", 20),
    ("contacted", 26),
    ("rectifying", 50),
    ("complex", 90),
    ("appealed", 60),
    ("refused", 74),
    ("told", 80),
    ("rated-again", 96),
)
WORDS = {
    "clear": "现场看过，确实没有修到位",
    "complex": "要等配件和施工许可，分两步改",
    "mistaken": "评价说的是隔壁小区，附现场照片和来电录音编号",
    "measures": "重新派人到场返工，更换了损坏的部分，当面请市民看过，留了直拨电话",
    "refused": "已按合同约定维修，不再返工",
    "good": "这回是真修好了，还有人来看了两次",
    "late": "修是修好了，就是来得晚",
}


def mended(play: Play, ticket: Ticket, at: datetime, stage: str = "") -> Piece:
    """The loop from contact to the second rating, as far as `stage`; all the way when none is named."""
    loop = loops.live_of(play.session, ticket)
    if loop is None or stage == "open":
        return at
    for step, ends in (
        (_spoken, ("contacted",)),
        (_classed, ("rectifying", "complex", "appealed", "refused")),
        (_put_right, ("told",)),
        (_rated, ("rated-again",)),
    ):
        at = yield from step(play, ticket, loop, at, stage)
        if stage in ends:
            return at
    at = yield play.pace.office(at, 1, 8)
    score = ticket.final_rating
    calls.revisit(
        play.session,
        ticket,
        play.cast["followup1"],
        at,
        reached=True,
        outcome="close",
        contacted=True,
        solved=True,
        satisfied=score,
        truthful=True,
        words=WORDS["good"],
    )
    return at


def _spoken(play: Play, ticket: Ticket, loop: Rectification, at: datetime, stage: str) -> Piece:
    at = yield play.pace.office(at, 0.5, 3)
    speaker = play.cast["followup1"] if loop.by_centre else _of(play, loop, "handler")
    rectification.contact(play.session, ticket, loop, "phone", "reached", speaker, at, "市民说了哪里没修好")
    return at


def _classed(play: Play, ticket: Ticket, loop: Rectification, at: datetime, stage: str) -> Piece:
    at = yield play.pace.minutes(at, 20, 90)
    code = {"complex": "complex", "appealed": "mistaken"}.get(stage, "clear")
    promised = at + timedelta(days=9) if code == "complex" else None
    rectification.classify(play.session, ticket, loop, code, WORDS[code], _of(play, loop, "liaison"), at, promised)
    if stage == "refused":
        at = yield play.pace.office(at, 1, 5)
        rectification.refuse(play.session, ticket, loop, WORDS["refused"], _of(play, loop, "head"), at)
    return at


def _put_right(play: Play, ticket: Ticket, loop: Rectification, at: datetime, stage: str) -> Piece:
    at = yield play.pace.office(at, 4, 20)
    rectification.rectify(
        play.session, ticket, loop, WORDS["measures"], "message" if loop.by_centre else "phone", _of(play, loop, "head"), at
    )
    return at


def _rated(play: Play, ticket: Ticket, loop: Rectification, at: datetime, stage: str) -> Piece:
    at = yield play.pace.minutes(at, 60, 500)
    score = play.rng.choice((5, 4, 4, 3))
    answering.rate(play.session, ticket, score, at, solved=True, words=WORDS["good" if score > 3 else "late"], channel="sms")
    return at


def _of(play: Play, loop: Rectification, post: str) -> Actor:
    return play.cast[f"{play.units[loop.unit_id].code}.{post}"] if loop.unit_id is not None else play.cast["followup1"]
