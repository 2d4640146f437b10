"""The lives tickets of the demo city lead, as generators: each yields the moment of its next step and goes on when that moment has come.

A life is told (play, at) and further what makes it particular; it ends where its station is. Joined pieces come first, lives after them.
"""

from collections.abc import Generator
from datetime import datetime, timedelta

from app.demo.files import entries
from app.demo.mending import mended
from app.demo.play import Play
from app.demo.tales import Tale
from tickets.models import Ticket

Life = Generator[datetime, datetime, None]
Piece = Generator[datetime, datetime, datetime]


def quick(ticket: Ticket) -> bool:
    return ticket.urgency != "ordinary"


def sent(play: Play, ticket: Ticket, tale: Tale, at: datetime) -> Piece:
    """Dispatched: urgent ones within minutes."""
    at = yield play.pace.minutes(at, 1, 5) if quick(ticket) else play.pace.minutes(at, 4, 50)
    play.dispatch(ticket, tale, at)
    return at


def signed(play: Play, ticket: Ticket, at: datetime, late: bool = False) -> Piece:
    at = yield play.pace.minutes(at, 32, 70) if late else play.pace.minutes(at, 3, 14 if quick(ticket) else 27)
    play.sign(ticket, at)
    return at


def taken_up(play: Play, ticket: Ticket, tale: Tale, at: datetime, late: bool = False) -> Piece:
    """Signed, the citizen contacted, assistants asked where the matter is a joint one."""
    at = yield from signed(play, ticket, at, late)
    at = yield play.pace.minutes(at, 4, 13) if quick(ticket) else play.pace.office(at, 0.3, 6)
    play.contact(ticket, at)
    if ticket.track == "consumer":
        at = yield at + timedelta(minutes=25)
        play.accept(ticket, at)
    if tale.matter.get("joint"):
        at = yield play.pace.minutes(at, 5, 40)
        play.ask_assistants(ticket, at)
    return at


def joined(play: Play, ticket: Ticket, at: datetime, release: bool = False) -> Piece:
    """Every assisting unit signs and answers; with `release` the last of several is let go with a reason."""
    waiting = play.open_tasks(ticket)
    for number, task in enumerate(waiting):
        if task.state == "open":
            at = yield play.pace.minutes(at, 5, 25)
            play.sign_task(ticket, task, at)
        at = yield play.pace.office(at, 1, 9)
        if release and 0 < number == len(waiting) - 1:
            play.release_task(ticket, task, at)
        else:
            play.reply_task(ticket, task, at)
    return at


def answered(play: Play, ticket: Ticket, tale: Tale, at: datetime, *, days: tuple[float, float] | None = None, result: str = "") -> Piece:
    """Assistants answer, something is noted or drafted, the head releases the reply."""
    at = yield from joined(play, ticket, at, release=play.rng.random() < 0.2)
    low, high = days or ((0.12, 0.5) if quick(ticket) else (1, 3.4))
    at = yield play.pace.office(at, low * 12, high * 12)
    if play.rng.random() < 0.5:
        play.note(ticket, at)
    else:
        play.draft(ticket, tale, at)
    at = yield play.pace.office(at, low * 12, high * 12)
    play.reply(ticket, tale, at, result)
    for task in play.ungraded_tasks(ticket):
        at = yield play.pace.minutes(at, 5, 60)
        play.grade_task(ticket, task, at)
    return at


def audited(play: Play, ticket: Ticket, tale: Tale, at: datetime, reject: bool = False) -> Piece:
    """The centre's audit; a rejected reply is done again and audited again."""
    at = yield play.pace.office(at, 0.5, 7)
    play.review(ticket, not reject, at)
    if not reject:
        return at
    at = yield from answered(play, ticket, tale, at, days=(0.4, 1.6))
    return (yield from audited(play, ticket, tale, at))


def called_back(play: Play, ticket: Ticket, tale: Tale, at: datetime, *, missed: int = 0, mood: str = "good") -> Piece:
    """The call back after `missed` calls nobody took; the mood decides score and outcome, "rework" sends the ticket round again."""
    if ticket.status == "closed":  # no reply wanted, or nobody to call
        return at
    for _ in range(missed):
        at = yield play.pace.office(at, 3, 20)
        play.call_back(ticket, at, "", play.teller.pick("unreached"))
    at = yield play.pace.office(at, 4, 30)
    if mood == "rework":
        play.call_back(ticket, at, "rework", tale.said("bad") or play.teller.pick("followup_bad"), play.rng.choice((1, 2, 2)), solved=False)
        at = yield from answered(play, ticket, tale, at, days=(0.5, 1.8))
        at = yield from audited(play, ticket, tale, at)
        return (yield from called_back(play, ticket, tale, at))
    if mood == "explained":
        play.call_back(ticket, at, "explain", play.teller.pick("followup_explained"), 2, solved=False)
    else:
        fair = play.rng.random() < 0.15
        words = (
            play.teller.pick("followup_fair")
            if fair
            else tale.said("good")
            if play.rng.random() < 0.7
            else play.teller.pick("followup_good")
        )
        play.call_back(
            ticket, at, "close", words, 3 if fair else play.rng.choice((5, 5, 5, 4, 4)), solved=not fair or play.rng.random() < 0.5
        )
    return at


def rated(play: Play, ticket: Ticket, at: datetime, chance: float = 0.55, low: bool = False) -> Piece:
    """Some citizens rate by their link; most do well."""
    if play.rng.random() < chance:
        at = yield play.pace.minutes(at, 20, 1600)
        play.rate(ticket, play.rng.choice((1, 2)) if low else play.rng.choices((5, 4, 3, 2), weights=(56, 28, 11, 5))[0], at)
        at = yield from mended(play, ticket, at)
    return at


def restless(play: Play, ticket: Ticket, at: datetime, chance: float = 0.2) -> Piece:
    """The citizen urges or adds something while waiting."""
    if play.rng.random() < chance:
        at = yield play.pace.minutes(at, 60, 900)
        play.urge(ticket, at)
    if play.rng.random() < chance / 2:
        at = yield play.pace.minutes(at, 30, 400)
        play.supplement(ticket, at)
    return at


def registered(play: Play, at: datetime, tale: Tale) -> Life:
    play.register(tale, at)
    yield at


def question(play: Play, at: datetime, said: dict, again: bool = False, archive: bool = False) -> Life:
    """Answered at the seat from the knowledge base; asked `again` by somebody else, in a few more words."""
    known = next(each for each in entries("knowledge") if each["title"] == said["knowledge"])
    words = f"您好，想问一下：{said['words']}麻烦您了。" if again else said["words"]
    tale = play.teller.aside(said | {"category": known["category"], "type": "consult", "words": words})
    ticket = play.register(tale, at)
    at = yield play.pace.minutes(at, 1, 6)
    play.answer(ticket, known["content"], known["title"], at)
    at = yield from rated(play, ticket, at, chance=0.4)
    if archive:
        at = yield at + timedelta(days=play.rng.uniform(15, 25))
        play.archive(ticket, at)


def refusal(play: Play, at: datetime, said: dict) -> Life:
    ticket = play.register(play.teller.aside(said), at)
    at = yield play.pace.minutes(at, 2, 9)
    play.refuse(ticket, said["code"], said["say"], at)


def emergency(play: Play, at: datetime, said: dict) -> Life:
    ticket = play.register(play.teller.aside(said), at)
    at = yield play.pace.minutes(at, 0.5, 1.5)
    play.hand_over(ticket, said["line"], said["say"], at)


def whole(
    play: Play,
    at: datetime,
    tale: Tale,
    *,
    late_sign: bool = False,
    days: tuple[float, float] | None = None,
    reject: bool = False,
    missed: int = 0,
    mood: str = "good",
    result: str = "",
    extend: str = "",
    archive: bool = False,
) -> Life:
    """From the first word to closed, with what may happen on the way."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at, late_sign)
    at = yield from restless(play, ticket, at)
    if extend:
        at = yield from extended(play, ticket, at, grant=extend == "granted")
    at = yield from answered(play, ticket, tale, at, days=days, result=result)
    at = yield from audited(play, ticket, tale, at, reject)
    at = yield from called_back(play, ticket, tale, at, missed=missed, mood=mood)
    at = yield from rated(play, ticket, at)
    if archive:
        at = yield at + timedelta(days=play.rng.uniform(10, 14))
        play.archive(ticket, at)


def extended(play: Play, ticket: Ticket, at: datetime, grant: bool) -> Piece:
    """More time asked before the due date, and decided."""
    at = yield play.pace.office(at, 3, 16)
    if ticket.due_at is not None and at >= ticket.due_at:
        return at
    request = play.ask_extension(ticket, at)
    at = yield play.pace.office(at, 0.4, 5)
    play.decide_extension(ticket, request, grant, at)
    return at


def stops(play: Play, at: datetime, tale: Tale, station: str, *, mood: str = "", **more) -> Life:
    """Like a whole life, but it has come only as far as `station`."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    if station == "dispatched":
        return
    if station == "signed":
        yield from signed(play, ticket, at)
        return
    at = yield from taken_up(play, ticket, tale, at)
    at = yield from restless(play, ticket, at, chance=0.35)
    if station == "handling":
        yield from still_handling(play, ticket, at, **more)
        return
    at = yield from answered(play, ticket, tale, at)
    if station == "replied":
        return
    at = yield from audited(play, ticket, tale, at)
    if mood == "rework" and ticket.status == "follow-up":
        at = yield play.pace.office(at, 4, 26)
        play.call_back(ticket, at, "rework", tale.said("bad"), 2, solved=False)
        return
    for _ in range(play.rng.choice((0, 0, 1, 2)) if ticket.status == "follow-up" else 0):
        at = yield play.pace.office(at, 4, 26)
        play.call_back(ticket, at, "", play.teller.pick("unreached"))


def still_handling(play: Play, ticket: Ticket, at: datetime, *, extend: str = "") -> Life:
    """Under way: sub-tasks half done, a note, an extension granted or waited for."""
    for task in play.open_tasks(ticket)[:1]:
        at = yield play.pace.minutes(at, 10, 90)
        play.sign_task(ticket, task, at)
    if play.rng.random() < 0.5:
        at = yield play.pace.office(at, 1, 12)
        play.note(ticket, at)
    if extend == "granted":
        yield from extended(play, ticket, at, grant=True)
    elif extend and ticket.due_at is not None and at < ticket.due_at:
        play.ask_extension(ticket, (yield play.pace.minutes(at, 20, 120)))
