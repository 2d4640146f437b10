"""Lives that take a turn: sent back, disputed, paused, ended early, put on the ledger, merged, never reached."""

from datetime import datetime, timedelta

from app.clock import local
from app.demo.lives import Life, answered, audited, called_back, quick, rated, sent, signed, taken_up
from app.demo.mending import mended
from app.demo.play import Play
from app.demo.tales import Tale


def returned(play: Play, at: datetime, tale: Tale, outcome: str) -> Life:
    """The unit says "not mine"; `outcome`: accepted, denied or waiting. Whoever has it in the end sees it through."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    if not quick(ticket):
        at = yield from signed(play, ticket, at)
    at = yield play.pace.minutes(at, 6, 16) if quick(ticket) else play.pace.office(at, 0.4, 5)
    request = play.ask_return(ticket, tale, at)
    if outcome == "waiting":
        return
    at = yield play.pace.minutes(at, 20, 200)
    play.decide_return(ticket, request, outcome == "accepted", at)
    if ticket.status == "signed":
        at = yield play.pace.office(at, 0.5, 4)
        play.contact(ticket, at)
    else:
        at = yield from taken_up(play, ticket, tale, at)
    at = yield from answered(play, ticket, tale, at)
    at = yield from audited(play, ticket, tale, at)
    at = yield from called_back(play, ticket, tale, at)
    yield from rated(play, ticket, at)


def disputed(play: Play, at: datetime, tale: Tale, ruled: bool) -> Life:
    """The unit objects; the panel rules, and what it rules binds."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from signed(play, ticket, at)
    at = yield play.pace.office(at, 0.5, 5)
    if tale.matter.get("return", {}).get("to") == "district":  # first passed on, then contested by the next one
        request = play.ask_return(ticket, tale, at)
        at = yield play.pace.minutes(at, 30, 180)
        play.decide_return(ticket, request, True, at)
        at = yield from signed(play, ticket, at)
        at = yield play.pace.office(at, 1, 6)
    play.dispute(ticket, tale, at)
    if not ruled:
        return
    at = yield play.pace.office(at, 4, 22)
    play.rule(ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    at = yield from answered(play, ticket, tale, at)
    at = yield from audited(play, ticket, tale, at)
    at = yield from called_back(play, ticket, tale, at)
    yield from rated(play, ticket, at)


def suspended(play: Play, at: datetime, tale: Tale, resumed: bool) -> Life:
    """The clock stands still for a reason the law knows, until what was awaited is here."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    if ticket.track == "consumer" and not resumed:
        at = yield at + timedelta(hours=1)
        play.find_violation(ticket, at)
    at = yield play.pace.office(at, 2, 12)
    request = play.ask_suspension(ticket, tale, at)
    at = yield play.pace.minutes(at, 20, 240)
    play.grant_suspension(ticket, request, at)
    if not resumed:
        return
    at = yield play.pace.office(at, 40, 120)
    play.resume(ticket, at)
    at = yield from answered(play, ticket, tale, at)
    at = yield from audited(play, ticket, tale, at)
    yield from called_back(play, ticket, tale, at)


def terminated(play: Play, at: datetime, tale: Tale) -> Life:
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    if ticket.track == "consumer":
        at = yield play.pace.office(at, 4, 8)
        request = play.ask_termination(ticket, at)
        at = yield play.pace.minutes(at, 30, 200)
        play.deny_termination(ticket, request, at)
    at = yield play.pace.office(at, 10, 30)
    play.terminate(ticket, tale, at)
    if ticket.track == "consumer":
        at = yield at + timedelta(days=1)
        play.tell_parties(ticket, at)


def ledgered(play: Play, at: datetime, tale: Tale) -> Life:
    """Objectively not solvable now: a dated promise, followed until then."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    at = yield from answered(play, ticket, tale, at, result="objectively-blocked")
    at = yield play.pace.office(at, 0.3, 3)
    play.ledger(ticket, tale, at, asked=False)
    at = yield play.pace.office(at, 0.5, 5)
    play.ledger(ticket, tale, at, asked=True)


def unreachable(play: Play, at: datetime, tale: Tale) -> Life:
    """Three calls on two days and more, nobody answers: closed as that."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    at = yield from answered(play, ticket, tale, at)
    at = yield from audited(play, ticket, tale, at)
    if ticket.status == "closed":  # nobody wants to be called
        return
    hours = set()
    for _ in range(2):
        at = yield play.pace.office(at, 14, 26)
        play.call_back(ticket, at, "", play.teller.pick("unreached"))
        hours.add(local(at).hour)
    last = play.pace.office(at, 26, 40)
    at = yield last + timedelta(hours=local(last).hour in hours)  # at another hour than before
    play.call_back(ticket, at, "close", play.teller.pick("unreached"))


def family(play: Play, at: datetime, matter: dict, children: int, through: bool) -> Life:
    """Several citizens, one matter: one is sent, the others join it; `through`: it is seen to its end and they rate it too."""
    master_tale = play.teller.of_matter(matter, play.rng.randrange(2, 40))
    master = play.register(master_tale, at)
    at = yield from sent(play, master, master_tale, at)
    joined = []
    for _ in range(children):
        at = yield play.pace.minutes(at, 6, 50)
        child = play.register(play.teller.of_matter(matter, play.rng.randrange(2, 40), place=play.teller.nearby(master_tale.place)), at)
        at = yield play.pace.minutes(at, 2, 9)
        play.merge(child, master, at)
        joined.append(child)
    if not through:
        return
    at = yield from taken_up(play, master, master_tale, at, late=True)
    at = yield from answered(play, master, master_tale, at)
    at = yield from audited(play, master, master_tale, at)
    at = yield from called_back(play, master, master_tale, at)
    for child in joined:
        at = yield from rated(play, child, at, chance=0.7)


def complained(play: Play, at: datetime, tale: Tale, stage: str, hours: float) -> Life:
    """A matter that was closed, a bad rating some hours ago, and its loop as far as `stage`."""
    ticket = play.register(tale, at)
    at = yield from sent(play, ticket, tale, at)
    at = yield from taken_up(play, ticket, tale, at)
    at = yield from answered(play, ticket, tale, at)
    at = yield from audited(play, ticket, tale, at)
    at = yield from called_back(play, ticket, tale, at)
    at = yield max(at + timedelta(minutes=5), play.pace.present - timedelta(hours=hours))
    play.rate(ticket, play.rng.choice((1, 1, 2)), at)
    yield from mended(play, ticket, at, stage)
