"""A desk with several lists puts them on the beam in the place of its own tab; the person's other desks stay beside them."""

from app.web.frame import frame


def subtabs(desk: str, own: list[dict]) -> list[dict]:
    """The frame's tabs with `own` ({label, href, count, current}) in place of the one at `desk`."""
    tabs = frame().get("tabs", [])
    if not any(tab["href"] == desk for tab in tabs):
        return own + tabs
    return [one for tab in tabs for one in (own if tab["href"] == desk else [tab])]
