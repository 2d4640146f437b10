"""An independent, slow recount of the figures: one ticket at a time, its events replayed in plain Python. It shares no line with escalation/metrics.

Only due dates are taken as the clocks have them (tests/escalation/test_due*.py prove those) and what is no event: category, channel, who is the same person.
"""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import takewhile

import sqlalchemy as sa

from app.clock import local
from escalation.models import CalendarDay, Clock
from tickets.evaluation_models import Exclusion
from tickets.events import TicketEvent
from tickets.models import Identity, Ticket

SENDINGS = {"dispatch", "dispatch-by-rule", "accept-return", "rule", "open-case"}
ANSWERS = {"reply", "fulfil"}
ENDS = {
    "direct-closed": "outcome_direct",
    "emergency-transferred": "outcome_transferred",
    "refused": "outcome_refused",
    "merged": "outcome_merged",
    "closed": "outcome_closed",
    "terminated": "outcome_terminated",
}
REPEAT = timedelta(days=60)
LOOP = ("bad-rating", "rectify", "revisit")
Cell = tuple[date, int, str]


class Story:
    """One ticket replayed: where it stands, who leads it, what was said of it."""

    def __init__(self, ticket, events):
        self.ticket, self.events, self.state, self.unit, self.sendings = ticket, events, "", 0, []
        for one in events:
            self.state = one.to_status if one.kind != "archive" and one.to_status else self.state
            if one.kind in SENDINGS:
                self.unit = one.data["unit_id"]
                self._send(one)
            if one.kind == "recall":
                self.sendings.pop()
                self.unit = 0
        self.reworks = self.count("rework", "reject-reply")

    def _send(self, one) -> None:
        if self.sendings:
            self.sendings[-1][2] = one.at
        self.sendings.append([one.data["unit_id"], one.at, None])

    def of(self, *kinds):
        return [one for one in self.events if one.kind in kinds]

    def count(self, *kinds) -> int:
        return len(self.of(*kinds))

    def first(self, *kinds) -> datetime | None:
        return next((one.at for one in self.of(*kinds)), None)

    def last(self, *kinds) -> datetime | None:
        return next((one.at for one in reversed(self.of(*kinds))), None)

    @property
    def closed_at(self) -> datetime | None:
        return next(
            (
                one.at
                for one in reversed(self.events)
                if one.to_status == self.state and one.from_status != self.state and one.kind != "archive"
            ),
            None,
        )


def day(at: datetime) -> date:
    return local(at).date()


def due_day(at: datetime) -> date:
    return day(at - timedelta(microseconds=1))


def recount(session) -> dict[tuple[str, *Cell], int]:
    """(figure, day, unit, channel) → n over the whole city."""
    events, clocks = defaultdict(list), defaultdict(list)
    for one in session.scalars(sa.select(TicketEvent).order_by(TicketEvent.ticket_id, TicketEvent.seq)):
        events[one.ticket_id].append(one)
    for one in session.scalars(sa.select(Clock).where(Clock.ticket_id.is_not(None)).order_by(Clock.id)):
        clocks[one.ticket_id].append(one)
    people = dict(session.execute(sa.select(Identity.ticket_id, Identity.phone_trace)).all())
    firms = set(session.scalars(sa.select(Identity.ticket_id).where(Identity.kind == "firm")))
    struck = {
        (one.ticket_id, one.unit_id): one.ground for one in session.scalars(sa.select(Exclusion).where(Exclusion.state == "approved"))
    }
    worked = set(session.scalars(sa.select(CalendarDay.day).where(CalendarDay.is_workday)))
    stories = {ticket.id: Story(ticket, events[ticket.id]) for ticket in session.scalars(sa.select(Ticket))}
    found: Counter = Counter()
    for story in stories.values():
        for count in (_received, _ended, _heard):
            for (figure, on, unit), n in count(story, stories, people).items():
                found[(figure, on, unit, story.ticket.channel)] += n
        mine = clocks[story.ticket.id]
        for counted in (
            _due(story, mine, struck, worked),
            _sent(story),
            _limits(story, mine),
            _at_centre(story, mine, firms),
            _loops(story),
        ):
            for (figure, on, unit), n in counted.items():
                found[(figure, on, unit, story.ticket.channel)] += n
    return {key: n for key, n in found.items() if n}


def _same_person(one, other, people) -> bool:
    return people.get(one.ticket.id) is not None and people.get(one.ticket.id) == people.get(other.ticket.id)


def _received(story, stories, people) -> Counter:
    ticket, on = story.ticket, day(story.ticket.received_at)
    names = ["received", ENDS.get(story.state, "outcome_open"), f"type_{ticket.appeal_type}"]
    if story.state == "direct-closed" and story.closed_at - ticket.received_at <= timedelta(minutes=30):
        names.append("at_once")
    before = stories.get(ticket.previous_id)
    if (
        before
        and before.ticket.closed_at
        and _same_person(story, before, people)
        and timedelta() <= ticket.received_at - before.ticket.closed_at <= REPEAT
    ):
        names.append("repeated")
    names += ["proactive"] * (ticket.channel in ("patrol", "visit"))
    if story.state != "merged":
        names += ["matters"] + ["rateable"] * bool(story.count("approve-reply", "answer-directly"))
    return Counter({(name, on, story.unit): 1 for name in names})


def _at_centre(story, clocks, firms) -> Counter:
    """Whether the centre kept its own limit (sent on, or settled at the seat), and whether a firm spoke."""
    own = [one for one in clocks if one.code in ("dispatch", "dispatch-urgent") and (one.stop_reason != "cancelled" or one.breached_at)]
    names = ["from_firm"] * (story.ticket.track == "enterprise" or story.ticket.id in firms)
    names += ["accept_due"] * bool(own) + ["accept_met"] * (any(_kept(one) for one in own) and not any(_broken(story, one) for one in own))
    return Counter({(name, day(story.ticket.received_at), story.unit): 1 for name in names})


def _loops(story) -> Counter:
    """A named bad rating is followed up to the next one: put right by anybody, revisited by anybody, in whichever turn."""
    found: Counter = Counter()
    steps = story.of(*LOOP)
    for place, one in enumerate(steps):
        if one.kind == "bad-rating":
            after = {other.kind for other in takewhile(lambda other: other.kind != "bad-rating", steps[place + 1 :])}
            key = day(one.at), one.data["unit_id"] or 0
            found += Counter(
                {("bad_named", *key): 1, ("bad_rectified", *key): "rectify" in after, ("bad_revisited", *key): "revisit" in after}
            )
    return found


def _ended(story, stories, people) -> Counter:
    found: Counter = Counter()
    if story.state in ("closed", "direct-closed"):
        came_back = any(
            other.ticket.previous_id == story.ticket.id
            and _same_person(story, other, people)
            and timedelta() <= other.ticket.received_at - story.closed_at <= REPEAT
            for other in stories.values()
        )
        found[("ended", day(story.closed_at), story.unit)] += 1
        found[("one_go", day(story.closed_at), story.unit)] += not story.reworks and not came_back
    replied = story.last(*ANSWERS)
    if replied:
        found[("replied", day(replied), story.unit)] += 1
        found[("reworked", day(replied), story.unit)] += story.reworks > 0
    asked = story.first("approve-reply", "answer-directly")
    if asked:
        found[("invited", day(asked), story.unit)] += 1
        found[("rated", day(asked), story.unit)] += story.count("rate") > 0
    return found


def _heard(story, stories, people) -> Counter:
    """Calls back and ratings; a merged citizen rates the unit of the master."""
    found: Counter = Counter()
    for one in story.of("follow-up", "close", "rework"):
        said = one.data
        if "reached" not in said or said.get("kind", "reply") not in ("reply", "due"):
            continue
        key = day(one.at), story.unit
        found[("calls", *key)] += 1
        found[("reached", *key)] += said["reached"]
        for name, good in (
            ("contacted", said["contacted"]),
            ("solved", said["solved"]),
            ("satisfied", said["satisfied"] is not None and said["satisfied"] >= 3),
        ):
            found[(f"{name}_asked", *key)] += said[name] is not None
            found[(f"{name}_yes", *key)] += bool(good)
    for turn, one in enumerate(story.of("rate")):
        master = next((other for other in stories.values() if other.ticket.id == story.ticket.master_id), story)
        key = day(one.at), master.unit if story.ticket.master_id else story.unit
        found[("ratings", *key)] += 1
        found[("good", *key)] += one.data["score"] >= 3
        found[(f"score_{one.data['score']}", *key)] += 1
        found[(f"by_{one.data['channel']}", *key)] += 1
        found[("again", *key)] += turn > 0
    return found


def _due(story, clocks, struck, worked) -> Counter:
    promises = [one for one in clocks if one.kind == "promise" and (one.stop_reason != "cancelled" or _broken(story, one))]
    first = [one for one in promises if one.code not in ("rework", "ledger-promise")]
    if not first or story.state == "merged":
        return Counter()
    names = ["due_all"]
    ground = struck.get((story.ticket.id, story.unit))
    paused = any(one.paused_at and not one.breached_at for one in promises)
    if ground:
        names.append(
            {"unreasonable": "excluded_unreasonable", "malicious": "excluded_unreasonable", "wrongly-dispatched": "excluded_wrong"}.get(
                ground, "excluded_other"
            )
        )
    elif paused:
        names.append("paused")
    else:
        names += _in_denominator(story, promises, first, worked)
    on = due_day(min(one.due_at for one in first))
    found = Counter({(name, on, story.unit): 1 for name in names if isinstance(name, str)})
    for name, n in (pair for pair in names if not isinstance(pair, str)):
        found[(name, on, story.unit)] += n
    return found


def _in_denominator(story, promises, first, worked) -> list:
    late, unanswered = any(_broken(story, one) for one in promises), any(one.stopped_at is None for one in first)
    over = unanswered or any(one.stopped_at is None and one.breached_at for one in promises)
    answered = min((one.stopped_at for one in first if one.stop_reason in ("met", "late")), default=None)
    ended = story.state in ("closed", "direct-closed", "terminated")
    where = (
        ("closed_late" if late else "closed_on_time")
        if ended
        else "overdue"
        if over
        else "ledgered"
        if story.state == "ledgered"
        else "reworking"
        if any(one.stopped_at is None for one in promises)
        else "answered"
    )
    said = [one.data["score"] for one in story.of("rate")] or [
        one.data["satisfied"] for one in story.of("follow-up", "close", "rework") if one.data.get("satisfied")
    ]
    names: list = [
        "due",
        where,
        *["kept"] * (not late and not unanswered and answered is not None),
        *["judged"] * bool(said),
        *["dissatisfied"] * bool(said and said[-1] <= 2),
    ]
    if answered:
        span = sum(story.sendings and day(story.sendings[0][1]) < one <= day(answered) for one in worked)
        names += ["worked", ("worked_days", span)]
    return names


def _broken(story, clock) -> bool:
    """Kept or not, told by what happened: the clock's stop against its due date, or a breach on record."""
    return bool(clock.breached_at) or (clock.stopped_at is not None and clock.stopped_at > clock.due_at)


def _kept(clock) -> bool:
    return clock.stopped_at is not None and clock.stopped_at <= clock.due_at and clock.stop_reason != "cancelled" and not clock.breached_at


def _sent(story) -> Counter:
    found: Counter = Counter()
    for unit, at, ended in story.sendings:

        def within(*kinds, unit=unit, at=at, ended=ended):
            return any(at <= one.at and (ended is None or one.at <= ended) for one in story.of(*kinds))

        found[("sent", day(at), unit)] += 1
        found[("sent_returned", day(at), unit)] += within("request-return", "dispute")
        found[("sent_extended", day(at), unit)] += any(
            at <= one.at and (ended is None or one.at <= ended) and _granted(story, one) for one in story.of("request-extension")
        )
    return found


def _granted(story, asked) -> bool:
    """The next decision after it was a yes."""
    answer = next((one for one in story.events if one.seq > asked.seq and one.kind in ("grant-extension", "deny-extension")), None)
    return answer is not None and answer.kind == "grant-extension"


def _limits(story, clocks) -> Counter:
    found: Counter = Counter()
    kinds = {
        "sign": ("sign", "met"),
        "urgent-response": ("respond", "met"),
        "consumer-accept": ("handle", "done"),
        "mediation": ("handle", "done"),
        "violation-check": ("handle", "done"),
        "termination-notice": ("tell", "done"),
        "reporter-told": ("tell", "done"),
        "rating-contact": ("contact", "met"),
        "rating-contact-centre": ("contact", "met"),
        "rectify": ("rectify", "met"),
        "rectify-hard": ("rectify", "met"),
    }
    for one in clocks:
        gone = one.stop_reason in ("cancelled", "released") and not one.breached_at
        if one.task_id or gone or (one.paused_at and not one.breached_at):
            continue
        key = due_day(one.due_at), 0 if one.code == "rating-contact-centre" else one.owner_unit_id or story.unit
        named = [kinds[one.code]] if one.code in kinds else []
        named += [("feedback", "done")] if one.code in ("interim-reply", "mediation") and story.ticket.track == "consumer" else []
        for name, how in named:
            found[(f"{name}_due", *key)] += 1
            found[(f"{name}_{how}", *key)] += _kept(one) if how == "met" else one.stop_reason in ("met", "late")
    return found
