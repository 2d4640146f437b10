"""Whistles → JSON of api.md. Many in a handful of statements, whatever their number. Which one may reach is app/auth/access.py's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.api.present import moment
from escalation.faces import as_api
from escalation.queries import ClockView, clocks_of_whistles
from tickets import arrivals
from tickets.actors import UNIT_ROLES, Actor
from tickets.grading import Grade
from tickets.reference import Reference, reference
from tickets.whistle_codes import LIVE
from tickets.whistle_models import Approval, Look, PlanStep, Score, Summons, Whistle, WhistlePhoto
from tickets.whistle_queries import Hung, hung_on
from tickets.whistle_workflow import allowed_actions

TIMES = ("created_at", "approved_at", "triaged_at", "sounded_at", "ratified_at", "released_at", "closed_at", "withdrawn_at")
STEPS = ("called_at", "signed_at", "contacted_at", "set_out_at", "arriving_at", "checked_in_at", "no_show_at", "result_at", "released_at")


def whistles(session: Session, rows: Sequence[Whistle], actor: Actor, now: datetime) -> list[dict]:
    """Many whistles as this person may see them."""
    session.flush()
    hung, clocks, names = hung_on(session, rows), clocks_of_whistles(session, [row.id for row in rows]), reference(session)
    return [_whistle(session, row, hung[row.id], clocks.get(row.id, []), names, actor, now) for row in rows]


def whistle(session: Session, row: Whistle, actor: Actor, now: datetime) -> dict:
    """One whistle as it stands now, events of this unit of work included."""
    return whistles(session, [row], actor, now)[0]


def _whistle(
    session: Session, row: Whistle, hung: Hung, clocks: list[ClockView], names: Reference, actor: Actor, now: datetime
) -> dict[str, Any]:
    codes = {one.id: names.units[one.unit_id].code for one in hung.summonses}
    lead = hung.lead.unit_id if hung.lead else None
    ours = actor.unit_id == row.street_id and actor.has(*UNIT_ROLES)
    return {
        "number": row.number,
        "kind": row.kind,
        "status": row.status,
        "round": row.round,
        "street": names.units[row.street_id].code,
        "source": row.source,
        "place": {"region": row.region_code, "address": row.address, "lng": row.lng, "lat": row.lat},
        "meet_at": moment(row.meet_at),
        "problem": row.problem,
        "own_measures": row.own_measures,
        "remote_allowed": row.remote_allowed,
        "tickets": [number for number, _title in hung.tickets],
        "summons": [_summons(row, one, hung, clocks, codes, lead, actor, now) for one in hung.summonses],
        "scores": [_score(one, codes[one.summons_id]) for one in hung.scores],
        "approvals": [_approval(one) for one in hung.approvals],
        "plan": [_step(one, codes, hung.people) for one in hung.plan],
        "looks": [_look(one) for one in hung.looks],
        "citizen_ratings": hung.ratings,
        "photos": [_photo(row, one, codes) for one in hung.photos],
        "clocks": [as_api(one, now) for one in clocks if one.owner_unit_id == row.street_id],
        "started_by": row.started_by_name,
        **{name: moment(getattr(row, name)) for name in TIMES},
        "sent_back": row.sent_back,
        "arrival_code": arrivals.arrival_code(session, row, now) if ours and row.status in LIVE else None,
        "version": row.version,
        "allowed_actions": allowed_actions(row, actor, hung.of_unit(actor.unit_id), lead),
    }


def _summons(
    row: Whistle, one: Summons, hung: Hung, clocks: list[ClockView], codes: dict[int, str], lead: int | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    came = hung.arrivals.get(one.id)
    return {
        "unit": codes[one.id],
        "ask": one.ask,
        "lead": one.lead,
        "state": one.state,
        **{name: moment(getattr(one, name)) for name in STEPS},
        "result": one.result,
        "check_in": None
        if came is None
        else {"person": came.person, "post": came.post, "at": moment(came.at), "how": came.how, "metres": came.metres, "proxy": came.proxy},
        "objection": _objection(one.objection, one.objected_at, one.objection_decision, one.objection_words, one.objection_decided_at),
        "lead_score": one.lead_score,
        "lead_score_reason": one.lead_score_reason,
        "clocks": [as_api(clock, now) for clock in clocks if clock.owner_unit_id == one.unit_id],
        "allowed_actions": [
            action for action in allowed_actions(row, actor, one, lead) if action not in allowed_actions(row, actor, None, lead)
        ],
    }


def _score(one: Score, unit: str) -> dict[str, Any]:
    first = Grade(one.speed, one.handling, one.result, one.bonus)
    final = Grade(**one.revised) if one.revised else first
    return {
        "id": one.id,
        "unit": unit,
        "round": one.round,
        "speed": one.speed,
        "handling": one.handling,
        "result": one.result,
        "bonus": one.bonus,
        "total": final.total,
        "reason": one.reason,
        "evidence": one.evidence,
        "by": one.by_name,
        "at": moment(one.at),
        "appeal": _objection(one.appeal, one.appealed_at, one.appeal_decision, one.appeal_words, one.appeal_decided_at),
        "revised": one.revised,
    }


def _objection(reason: str, at: datetime | None, decision: str | None, words: str, decided_at: datetime | None) -> dict[str, Any] | None:
    return (
        None if at is None else {"reason": reason, "at": moment(at), "decision": decision, "words": words, "decided_at": moment(decided_at)}
    )


def _approval(one: Approval) -> dict[str, Any]:
    return {"kind": one.kind, "by": one.by_name, "at": moment(one.at), "words": one.words}


def _step(one: PlanStep, codes: dict[int, str], people: dict[int, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "unit": codes[one.summons_id],
        "round": one.round,
        "what": one.what,
        "due": one.due_on.isoformat(),
        "person": one.person_id,
        "person_name": people.get(one.person_id or 0),
        "by": one.by_name,
        "at": moment(one.at),
        "done_at": moment(one.done_at),
        "words": one.done_words,
    }


def _look(one: Look) -> dict[str, Any]:
    return {"round": one.round, "held": one.held, "words": one.words, "by": one.by_name, "at": moment(one.at)}


def _photo(row: Whistle, one: WhistlePhoto, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "unit": codes.get(one.summons_id or 0),
        "purpose": one.purpose,
        "url": url_for("api-whistles.whistle_photo", whistle=row.number, row_id=one.id),
    }
