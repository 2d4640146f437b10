"""One row of open_matters as a service request of the standard. Who filed it reads its words; everybody else its kind, state, unit and rough place."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.open311 import services
from app.open311.filing import LONGEST
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from tickets import codes, open_matters, words
from tickets.events import TicketEvent
from tickets.reference import Reference, reference
from tickets.text import mask_numbers
from tickets.workflow import EDGES

SAID = {
    "reply": "content",
    "fulfil": "content",
    "interim-reply": "content",
    "answer-directly": "answer",
}  # which of an event's words are the city's answer


def shown(session: Session, rows: Sequence[sa.Row], account_id: int | None) -> list[dict]:
    """The rows as this account (None: nobody) may read them; one statement more for the answers to its own."""
    mine = {row.whole_id for row in rows if _may_read_words(row, account_id)}
    names, answers = reference(session), open_matters.answers(session, mine)
    return [_request(row, names, _may_read_words(row, account_id), answers.get(row.whole_id, "")) for row in rows]


def updates(
    session: Session, rows: Sequence[sa.Row], account_id: int | None, since: datetime | None = None, until: datetime | None = None
) -> list[dict]:
    """What happened to these matters as their citizens were told it, oldest first; one statement more. Words of an answer only to who filed."""
    events = open_matters.updates(session, {one for row in rows for one in (row.id, row.whole_id)}, since, until)
    told = [(event, row) for row in rows for one in dict.fromkeys((row.id, row.whole_id)) for event in events.get(one, ())]
    return [_update(event, row, _may_read_words(row, account_id)) for event, row in sorted(told, key=lambda pair: (pair[0].at, pair[0].id))]


def _update(event: TicketEvent, row: sa.Row, own: bool) -> dict:
    said, words_ = _(EDGES[event.kind].tells), event.data.get(SAID.get(event.kind, ""), "") if own else ""
    return {
        "update_id": f"{row.number}-{event.id}",
        "service_request_id": row.number,
        "status": "open" if event.to_status in codes.OPEN | {"merged"} else "closed",
        "updated_datetime": w3(event.at),
        "description": _("%(state)s：%(words)s", state=said, words=mask_numbers(words_)) if words_ else said,
        "media_url": None,
    }


def w3(at: datetime | None) -> str | None:
    """W3C date and time with the city's offset, whole seconds."""
    return None if at is None else local(at).isoformat(timespec="seconds")


def _may_read_words(row: sa.Row, account_id: int | None) -> bool:
    return account_id is not None and row.registered_by_id == account_id and not row.confidential


def _request(row: sa.Row, names: Reference, own: bool, answer: str) -> dict:
    category, unit, is_open = names.categories.get(row.category_id), names.units.get(row.lead_unit_id), row.status in codes.OPEN
    label, _step = words.PUBLIC[row.status]
    notes = _("%(state)s：%(words)s", state=_(label), words=mask_numbers(answer)) if own and answer else _(label)
    said = {
        "service_request_id": row.number,
        "status": "open" if is_open else "closed",
        "status_notes": notes,
        "service_name": services.name_of(category) if category else None,
        "service_code": category.code if category else None,
        "description": mask_numbers(row.content)[:LONGEST] if own else None,
        "agency_responsible": (unit.name_en if current_language() == "en" and unit.name_en else unit.name) if unit else None,
        "service_notice": None,
        "requested_datetime": w3(row.received_at),
        "updated_datetime": w3(row.touched_at if is_open else row.closed_at or row.touched_at),
        "expected_datetime": w3(row.due_at),
    }
    return said | _place(row, names, own)


def _place(row: sa.Row, names: Reference, own: bool) -> dict:
    """Exact for who filed it; for others the street's name and a point within about a kilometre (domain §11)."""
    region = names.regions.get(row.region_code or "")
    above = names.regions.get(region.parent_code or "") if region else None
    street = "，".join(one.name for one in (region, above) if one) or None
    lat, lng = (row.lat, row.lng) if own else (_coarse(row.lat), _coarse(row.lng))
    return {
        "address": (row.address or street) if own else street,
        "address_id": (row.grid_cell or None) if own else None,
        "zipcode": None,
        "lat": lat,
        "long": lng,
        "media_url": None,
    }


def _coarse(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, open_matters.COARSE)
