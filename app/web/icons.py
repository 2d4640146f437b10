"""Tabler outline icons as inline SVG: `icon("check")`. Only drawings; which icon means what is the template's choice."""

import json
import logging
from functools import lru_cache

from flask import current_app
from markupsafe import Markup

from app.web.assets import STATIC

SET = STATIC / "vendor" / "tabler-icons-3.51.0" / "icons.json"
FRAME = (
    '<svg class="ic" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">%s</svg>'
)


@lru_cache(maxsize=1)
def drawings() -> dict[str, str]:
    """Every icon we carry: name → the inside of its SVG. Add others with `python -m app.web.tools.icons`."""
    return json.loads(SET.read_text(encoding="utf-8"))


def icon(name: str) -> Markup:
    """One icon, hidden from screen readers: the word beside it speaks.

    An unknown name raises LookupError in tests and debug; in production the word stands alone and the log says so.
    """
    inside = drawings().get(name)
    if inside is None:
        if current_app.testing or current_app.debug:
            raise LookupError(f"no icon {name!r} in {SET.name}")
        logging.getLogger(__name__).error("unknown icon %r", name)
        return Markup()
    return Markup(FRAME % inside)  # noqa: S704 — vendored drawings
