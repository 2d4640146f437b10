"""The lead's plan of a whistle, step by step, as its history tells it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.clock import local
from tickets.whistle_events import WhistleEvent


@dataclass
class Step:
    """One step of the lead's plan. `late`: its day is over and it is not done, or was done after it; `in_charge`: who was named for it."""

    id: int
    unit_id: int
    unit: str
    what: str
    due: date
    late: bool
    in_charge: str = ""
    person_id: int | None = None
    done: str = ""
    done_at: datetime | None = None


def plan_of(events: Sequence[WhistleEvent], name_of_unit: Callable[[int], str], now: datetime) -> list[Step]:
    """The plan as the history tells it, the earliest day first."""
    found: dict[int, Step] = {}
    for event in events:
        if event.kind == "plan":
            due = date.fromisoformat(event.data["due"])
            found[event.data["step"]] = Step(
                event.data["step"],
                event.data["unit_id"],
                name_of_unit(event.data["unit_id"]),
                event.data["words"],
                due,
                local(now).date() > due,
                event.data.get("in_charge_name", ""),
                event.data.get("in_charge"),
            )
        elif event.kind == "hand-over-step":
            step = found[event.data["step"]]
            step.in_charge, step.person_id = event.data["in_charge_name"], event.data["in_charge"]
        elif event.kind == "plan-done":
            step = found[event.data["step"]]
            step.done, step.done_at, step.late = event.data["words"], event.at, local(event.at).date() > step.due
    return sorted(found.values(), key=lambda step: (step.due, step.id))
