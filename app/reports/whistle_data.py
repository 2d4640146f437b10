"""The report `whistles` as JSON: in all, by department, by street, by kind, every rate beside what it was divided from."""

from dataclasses import asdict
from statistics import median

from app.reports.headings import json_head
from app.reports.owners import group_of, owner_code, owner_name, owners_in_order
from app.reports.whistle_tables import blown_cells, peers
from escalation.whistle_figures import STEPS, Blown, Calling, Step, Whistles
from tickets.reference import Reference
from tickets.whistle_codes import KINDS


def data_of(found: Whistles, names: Reference, notes: list[str]) -> dict:
    """Every figure with its parts; a rate over nothing is None."""
    return {
        **json_head("whistles", found.asked.since, found.asked.until, found.as_of),
        "frozen": False,
        "total": {
            **_blown(found.blown_by().get((), Blown())),
            **_calling(found.callings_by().get((), Calling())),
            "steps": {key[0]: _step(one) for key, one in sorted(found.steps_by(3).items())},
        },
        "by_department": _by_department(found, names),
        "by_street": _by_street(found, names),
        "by_kind": [
            {
                "kind": kind,
                **_blown(found.blown_by(1).get((kind,), Blown())),
                "steps": {key[1]: _step(one) for key, one in sorted(found.steps_by(1, 3).items()) if key[0] == kind},
            }
            for kind in KINDS
        ],
        "notes": notes,
    }


def _by_department(found: Whistles, names: Reference) -> list[dict]:
    steps, callings = found.steps_by(2, 3), found.callings_by(2)
    return [
        {
            "unit": owner_code(names, unit),
            "name": owner_name(names, unit),
            "peers": group_of(names, unit),
            **_calling(callings[(unit,)]),
            "steps": {name: _step(steps[(unit, name)]) for name in STEPS if (unit, name) in steps},
        }
        for unit in owners_in_order(names, {key[0] for key in callings})
    ]


def _by_street(found: Whistles, names: Reference) -> list[dict]:
    rate, blown, callings = peers(found), found.blown_by(0), found.callings_by(0)
    middle = median(rate.values()) if rate else None
    return [
        {
            "street": owner_code(names, street),
            "name": owner_name(names, street),
            "tickets": found.tickets.get(int(street), 0),
            "whistle_rate": rate.get(int(street)),
            "whistle_rate_median": middle,
            **_blown(blown.get((street,), Blown())),
            "grades": _calling(callings.get((street,), Calling())),
        }
        for street in owners_in_order(names, {key[0] for key in blown} | set(found.tickets))
    ]


def _step(one: Step) -> dict:
    return asdict(one) | {"due": one.due, "on_time_rate": one.rate}


def _calling(one: Calling) -> dict:
    return asdict(one) | {
        "mean_minutes": one.mean_minutes,
        "mean_points": one.mean_points,
        "mean_final": one.mean_final,
        "mean_led": one.mean_led,
    }


def _blown(one: Blown) -> dict:
    return blown_cells(one) | {"closing_rate": one.closing, "mean_hours": one.mean_hours, "mean_rated": one.mean_rated}
