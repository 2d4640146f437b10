"""The slow recount of what no ticket adds up to: calls, call-backs owed, quality, articles, whistles, patrols, surveys; rows and events one at a time, in plain Python.

Beside slow_figures.py it makes a recount of every metric; neither shares a line with escalation/metrics or app/reports.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.clock import local
from app.phone.models import Call
from escalation.hours_models import BusinessHours
from escalation.models import LimitRow
from escalation.patrol_models import PatrolCell, PatrolVisit
from tests.escalation import test_whistle_report as whistles_slowly
from tests.escalation.slow_figures import SENDINGS, day
from tickets.duties import Knowledge
from tickets.evaluation_models import Awareness, QualityCheck, QualityMark, Sample
from tickets.events import TicketEvent
from tickets.models import Ticket
from tickets.organisations import Unit


def recount_others(session, asked: whistles_slowly.Part, calendar) -> dict[tuple[int, str], int]:
    """(unit, figure) → n for the days of `asked`; 0 is the centre. Set test_whistle_report.NOW first."""
    found: Counter = Counter()
    for count in (_calls, _callbacks, _quality, _articles, _tickets_of_streets):
        for at, unit, figure in count(session):
            found[(unit, figure)] += asked.since <= day(at) <= asked.until
    found += _whistles(session, asked, calendar)
    for at, unit, kept in patrols_slowly(session, whistles_slowly.NOW):
        if asked.since <= day(at) <= asked.until:
            found += Counter({(unit, "patrols_due"): 1, (unit, "patrols_kept"): kept})
    rows = session.scalars(sa.select(Awareness)).all()
    for one in rows:
        if asked.since <= one.last_on <= asked.until and one.id not in {row.corrects_id for row in rows}:
            found += Counter({(0, "awareness_asked"): one.asked, (0, "awareness_aware"): one.aware})
    return {key: n for key, n in found.items() if n}


def _calls(session):
    for one in session.scalars(sa.select(Call).where(Call.direction == "inbound", Call.back_of_id.is_(None))):
        yield one.arrived_at, 0, "calls_incoming"
        if one.answered_at:
            yield one.arrived_at, 0, "calls_answered"
            if int((one.answered_at - one.arrived_at).total_seconds()) <= 15:
                yield one.arrived_at, 0, "calls_in_15s"


def _callbacks(session):
    """Each ticket's events, and the draws of second looks: a call is owed from a reply that was passed, from a rectification, from a draw."""
    events, looks = defaultdict(list), defaultdict(list)
    for one in session.scalars(sa.select(TicketEvent).order_by(TicketEvent.ticket_id, TicketEvent.seq)):
        events[one.ticket_id].append(one)
    for sample in session.scalars(sa.select(Sample).where(Sample.kind == "look-back")):
        for ticket in sample.chosen:
            looks[ticket].append(sample.at)
    for ticket, told in events.items():
        for at, unit, answered in _owed(told, looks[ticket]):
            yield at, unit, "callbacks_due"
            if answered:
                yield at, unit, "callbacks_answered"


def _owed(told, looks) -> list:
    """[since when, unit, answered] of one ticket."""
    unit, done, waiting = 0, [], {}
    moments = sorted([(one.at, one.seq, one) for one in told] + [(at, 10**6, None) for at in looks], key=lambda row: row[:2])
    for at, _seq, one in moments:
        if one is None:
            waiting.setdefault("look-back", [at, unit, False])
            continue
        unit = one.data["unit_id"] if one.kind in SENDINGS else 0 if one.kind == "recall" else unit
        said = one.data
        if one.kind == "approve-reply":
            waiting["reply"] = [at, unit, False]
        elif one.kind == "close-unasked":
            waiting.pop("reply", None)
        elif one.kind == "rectify" or (one.kind == "rule-rating" and said["decision"] == "uphold"):
            waiting.setdefault("revisit", [at, said["unit_id"] or 0, False])
        elif one.kind in ("close", "rework") and "reached" in said:
            done.append([*waiting.pop("reply", [at, unit, False])[:2], said["reached"]])
        elif one.kind == "follow-up":
            waiting.setdefault("reply", [at, unit, False])
        elif one.kind == "revisit" and "revisit" in waiting:
            done.append([*waiting.pop("revisit")[:2], said["outcome"] != "unreachable"])
        elif one.kind == "look-back":
            done.append([*waiting.pop("look-back")[:2], True])
    return [*done, *waiting.values()]


def _quality(session):
    """The sheets of a check in the order they came: settled when one, or two who agree, or the third has marked."""
    sheets = defaultdict(list)
    for one in session.scalars(sa.select(QualityMark).order_by(QualityMark.id)):
        sheets[one.check_id].append(one)
    for check in session.scalars(sa.select(QualityCheck)):
        yes = 0
        for n, sheet in enumerate(sheets[check.id], 1):
            yes += sheet.accurate
            if n >= 1 + check.double and yes * 2 != n:
                yield sheet.at, check.unit_id or 0, "quality_settled"
                if yes * 2 > n:
                    yield sheet.at, check.unit_id or 0, "quality_accurate"
                break


def _articles(session):
    for one in session.scalars(sa.select(Knowledge)):
        yield one.updated_at, one.unit_id, "articles_updated"


def _tickets_of_streets(session):
    streets = {unit.id: unit.region_code for unit in session.scalars(sa.select(Unit).where(Unit.kind == "street")) if unit.region_code}
    for ticket in session.scalars(sa.select(Ticket)):
        for street, region in streets.items():
            if (ticket.region_code or "").startswith(region):
                yield ticket.received_at, street, "street_tickets"


def _whistles(session, asked, calendar) -> Counter:
    steps, _callings, blown = whistles_slowly.slowly(session, asked, calendar)
    found: Counter = Counter()
    for (_street, _kind, unit, step), one in steps.items():
        if step == "check-in":
            found += Counter(
                {
                    (unit, "whistle_check_in_due"): one["on_time"] + one["late"] + one["overdue"],
                    (unit, "whistle_check_in_met"): one["on_time"],
                }
            )
    for (street, _kind), one in blown.items():
        found += Counter(
            {
                (street, "whistles_sounded"): one["sounded"],
                (street, "whistles_stood"): one["sounded"] - one["withdrawn"],
                (street, "whistles_closed"): one["closed"],
            }
        )
    return found


def patrols_slowly(session, now) -> list[tuple[datetime, int, bool]]:
    """(decided when, street, kept) of every round, from cells and visits alone: minute by minute, as somebody with a watch would."""
    spans = {row.id: [(begin, end) for begin, end in row.hours["spans"]] for row in session.scalars(sa.select(BusinessHours))}
    limits = {
        row.code: row
        for row in session.scalars(sa.select(LimitRow).where(LimitRow.code.startswith("patrol-"), LimitRow.effective_to.is_(None)))
    }
    found = []
    for cell in session.scalars(sa.select(PatrolCell)):
        limit, counted = limits[f"patrol-{cell.grade}"], True
        began, until = cell.active_since, min(now, cell.active_until or now)
        for came in [*session.scalars(sa.select(PatrolVisit.at).where(PatrolVisit.cell_id == cell.id).order_by(PatrolVisit.at)), None]:
            while (due := _rings(began, limit.length * 60, spans.get(limit.hours_id))) < (came or until):
                found.append((due, cell.unit_id, False))
                began, counted = due, False
            if came is not None:
                found += [(came, cell.unit_id, True)] if counted else []
                began, counted = came, True
    return found


def _rings(began, minutes, spans):
    """When so many minutes have passed, of those inside the spans of each day."""
    at, rest = began, timedelta(minutes=minutes)
    while rest:
        there = local(at)
        step = min(rest, timedelta(minutes=1) - timedelta(seconds=there.second, microseconds=there.microsecond))
        if spans is None or any(begin <= there.hour * 60 + there.minute < end for begin, end in spans):
            rest -= step
        at += step
    return at
