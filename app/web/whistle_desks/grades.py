"""一哨一评: every grade of one whistle on one page: the street gives, the department appeals once, the office decides, the lead grades its assistants."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import current_actor, fetch_whistle
from app.web import photos, said
from app.web.form_state import FormState, Wrong
from app.web.whistle_desks import acts
from app.web.whistle_desks.faces import Called, called, shown
from app.web.whistle_rows import shots_of
from app.work import session_now
from tickets import whistle_words as words
from tickets.actors import Actor
from tickets.grading import Grade, scores_of
from tickets.reference import reference
from tickets.whistle_codes import LOW
from tickets.whistle_models import Score, Summons, Whistle
from tickets.whistle_photos import photos_of
from tickets.whistle_ratings import ratings_of
from tickets.whistle_workflow import allowed_actions
from tickets.whistles import summonses_of

pages = Blueprint("whistle_grades", __name__, url_prefix="/whistles")
pages.url_value_preprocessor(photos.allow)
pages.context_processor(said.context)
pages.context_processor(acts.context)
TAKEN = ("score", "appeal", "decide-appeal", "rate-assistant")


@dataclass(frozen=True)
class Graded:
    """One department: its grades of every round, newest last, and what the reader may do with it now."""

    called: Called
    code: str
    scores: list[Score]
    may: frozenset[str]

    @property
    def now(self) -> Score | None:
        return self.scores[-1] if self.scores else None


@pages.get("/<number>/grades")
def show(number: str):
    """All who may read the whistle."""
    return _page(current_actor(), number)


@pages.post("/<number>/grades/<name>")
def act(number: str, name: str):
    """Give a grade, appeal, decide."""
    actor = current_actor()
    return acts.act(name, number, TAKEN, lambda wrong: _page(actor, number, wrong), url_for("whistle_grades.show", number=number))


def total_of(score: Score) -> int:
    """Out of 100, as first given."""
    return Grade(score.speed, score.handling, score.result, score.bonus).total


def revised_of(score: Score) -> int | None:
    """Out of 100, after an appeal changed it."""
    return Grade(**score.revised).total if score.revised else None


def _page(actor: Actor, number: str, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    whistle = fetch_whistle(session, actor, number)
    names = reference(session)
    rows = summonses_of(session, whistle)
    evidence = [one for one in photos_of(session, whistle.id) if one.purpose == "evidence"]
    return render_template(
        "whistle_desks/grades.html",
        whistle=whistle,
        one=shown(whistle, rows, names, now),
        rows=_graded(session, whistle, rows, actor, now),
        names=names,
        total_of=total_of,
        revised_of=revised_of,
        low=LOW,
        words=words,
        wrong=wrong,
        ratings=ratings_of(session, whistle),
        shots={row.id: shots_of(names, whistle, rows, [one for one in evidence if one.summons_id == row.id]) for row in rows},
        state_of=lambda key: FormState(whistle.number, key, wrong),
    )


def _graded(session: Session, whistle: Whistle, rows: list[Summons], actor: Actor, now: datetime) -> list[Graded]:
    names, scores = reference(session), scores_of(session, whistle)
    lead = next((row.unit_id for row in rows if row.lead), None)
    found = []
    for row in rows:
        own = [score for score in scores if score.summons_id == row.id]
        may = set(allowed_actions(whistle, actor, row, lead)) & set(TAKEN)
        fresh = own[-1] if own and own[-1].round == whistle.round else None
        came = row.checked_in_at is not None or row.state == "no-show"
        if fresh is not None or not came:
            may.discard("score")
        if not own or own[-1].appealed_at is not None:
            may.discard("appeal")
        if not own or own[-1].appealed_at is None or own[-1].appeal_decision is not None:
            may.discard("decide-appeal")
        if row.lead or row.lead_score is not None:
            may.discard("rate-assistant")
        found.append(Graded(called(row, names, now), names.units[row.unit_id].code, own, frozenset(may)))
    return found
