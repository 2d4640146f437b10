"""One sweep as the command, the scheduler and the tests run it: batches in units of work of their own, notices to wiring, pages woken."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app

from app import wiring
from app.work import work
from escalation.sweep import BATCH, Swept, sweep_batch
from escalation.telling import late_untold, notices_of


def sweep(now: datetime, batch: int = BATCH) -> dict[str, int]:
    """Take everything due at `now`. Returns how many clocks were claimed, steps taken, and steps taken late."""
    total = {"claimed": 0, "steps": 0, "late": 0}
    while True:
        with _without_collecting(), work() as session:
            swept = sweep_batch(session, now, batch)
            drained = swept.claimed < batch
            wiring.tell(session, notices_of(swept.taken) + (late_untold(session, now) if drained else []), now)
        for name in total:
            total[name] += getattr(swept, name)
        if swept.taken:
            wiring.wake(current_app.extensions["redis"], _topics(swept))
        if drained:
            return total


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A batch makes tens of thousands of objects and no cycles worth looking for: looking costs a quarter of its Python time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _topics(swept: Swept) -> set[str]:
    """The live pages that show these steps."""
    named = {f"whistle:{one.whistle_id}" if one.whistle_id else f"ticket:{one.ticket_id}" for one in swept.taken} | {
        f"unit:{one.unit_id}" for one in swept.taken if one.unit_id
    }
    return named | {"centre", "supervision"}
