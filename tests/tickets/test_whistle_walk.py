"""A random walk over whistles of every kind: whatever is tried by whomever, no illegal state, no lost event, no clock left behind."""

import os
import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.errors import Refused
from escalation.models import Clock
from escalation.no_shows import mark_due
from tests.tickets import drive as people
from tests.tickets import whistle_drive as drive
from tickets import whistles
from tickets.actors import UNIT_ROLES
from tickets.reference import reference
from tickets.whistle_codes import ENDED, KINDS, LIVE
from tickets.whistle_events import WhistleEvent, verify
from tickets.whistle_models import Summons, Whistle
from tickets.whistle_workflow import EDGES, STAYS

STEPS = int(os.environ.get("WHISTLE_STEPS", "1200"))
UNITS = (drive.STREET, drive.LEAD, drive.HELPER, drive.OTHER)
SELDOM = ("withdraw", "reject", "note", "add-summons", "change-lead", "revise")  # tried too, but a walk should go on
PARTY = {"street": (drive.STREET,), "lead": (drive.LEAD,)}
# what passes through a state within one act (a last grade evaluates and closes; nobody left to grade ends and closes)
LEGAL = {(source, edge.to) for edge in EDGES.values() if edge.to != STAYS for source in edge.sources} | {
    ("released", "closed"),
    *((live, "closed") for live in LIVE),
}


@pytest.mark.walk
@pytest.mark.timeout(600)
def test_a_random_walk(session, now):
    dice, taken, counts, ours = random.Random(20260914), set(), {}, []
    at, actors = now, {}
    code_of = {unit.id: code for code, unit in reference(session).unit_codes.items()}

    def somebody(role: str, unit: str):
        if (role, unit) not in actors:
            actors[role, unit] = drive.actor_with(session, role, unit if role in UNIT_ROLES else drive.LEAD, now)
        return actors[role, unit]

    for step in range(STEPS):
        if step % 100 == 0:
            ours = [drive.blown(session, at, by=dice.choice(("dongmen.liaison", "dongmen.head")), kind=kind).id for kind in KINDS]
            _settle(session, counts)
            counts |= {ident: session.get(Whistle, ident).version for ident in ours}
        at += timedelta(minutes=dice.choice((0, 1, 7, 40, 600)))
        whistle = session.get(Whistle, dice.choice(ours))
        rows = whistles.summonses_of(session, whistle)
        row = dice.choice(rows)
        fitting = [
            name
            for name in drive.TAKE
            if whistle.status in EDGES[name].sources and (not EDGES[name].states or row.state in EDGES[name].states)
        ]
        if dice.random() < 0.95:
            fitting = [name for name in fitting if name not in SELDOM]
        action = dice.choice(fitting if fitting and dice.random() < 0.9 else list(drive.TAKE))
        edge = EDGES[action]
        role = dice.choice(sorted(edge.roles)) if dice.random() < 0.9 else dice.choice(people.EVERY_ROLE)
        unit = dice.choice(PARTY.get(edge.party, (code_of[row.unit_id],)) if dice.random() < 0.9 else UNITS)
        actor = somebody(role, unit)
        before, version, called = whistle.status, whistle.version, len(rows)
        savepoint = session.begin_nested()
        try:
            drive.TAKE[action](session, whistle, row, actor, at)
            _settle(session, counts)
            savepoint.commit()
        except Refused:
            savepoint.rollback()
            session.info["events"] = []
            session.refresh(whistle)
            assert (whistle.status, whistle.version) == (before, version), "a refusal left something behind"
            continue
        taken.add(action)
        counts[whistle.id] = whistle.version
        assert whistle.version > version
        assert before == whistle.status or (before, whistle.status) in LEGAL, f"{before} → {whistle.status} by {action}"
        assert len(whistles.summonses_of(session, whistle)) >= min(called, 1)
        if step % 7 == 0:
            mark_due(session, at)
            _settle(session, counts)
    _check_all(session)
    print(f"{STEPS} steps, {len(taken)} kinds of action taken; never: {sorted(set(drive.TAKE) - taken)}")
    assert len(taken) >= 27


def _settle(session, counts):
    wiring.react(session)
    session.flush()


def _check_all(session):
    assert not [fault for _, fault in verify(session) if fault]
    counted = sa.select(WhistleEvent.whistle_id, sa.func.count()).group_by(WhistleEvent.whistle_id)
    assert dict(session.execute(counted).all()) == dict(session.execute(sa.select(Whistle.id, Whistle.version)).all()), "an event was lost"
    leads = sa.select(Summons.whistle_id, sa.func.count()).where(Summons.lead).group_by(Summons.whistle_id)
    assert all(count == 1 for _, count in session.execute(leads))
    over = (
        sa.select(Clock.code)
        .join(Whistle, Whistle.id == Clock.whistle_id)
        .where(
            Whistle.status.not_in(LIVE),
            Clock.stopped_at.is_(None),
            Clock.code.not_in(("whistle-ratify", "whistle-reopen", "whistle-look", "whistle-plan")),
        )
    )
    assert session.scalars(over).all() == []
    waiting = (
        sa.select(Whistle.number)
        .join(Summons, Summons.whistle_id == Whistle.id)
        .where(Whistle.status.in_(("released", "evaluated", "closed")), Summons.state.not_in(ENDED))
    )
    assert session.scalars(waiting).all() == []
