"""What the scheduler's leader does and how often. Each job opens the application and its own unit of work; none may last."""

from collections.abc import Callable

import rq
from flask import Flask, current_app
from rq.registry import clean_registries
from rq.serializers import JSONSerializer

from app import clock, evaluating, hotspotting, patrolling, recounting, relay, supervising, sweeping, whistling
from app.phone import keeping
from app.queue import QUEUES, put
from app.texting import tick as texts
from app.wechat import tick as wechat
from app.work import work
from escalation.scheduler import Job, beat
from escalation.seed import keep_ahead

SCHEDULER = "scheduler"


def jobs(app: Flask) -> list[Job]:
    """The recurring table of the house."""
    return [
        Job("sweep", 0.5, _inside(app, _sweep)),
        Job("orders", 5, _inside(app, _open_orders)),
        Job("no-shows", 1, _inside(app, _mark_no_shows)),
        Job("patrols", 2, _inside(app, _count_patrols)),
        Job("calls", 1, _inside(app, _calls)),
        Job("recordings", 60, _inside(app, _recordings)),
        Job("messages", 0.5, _inside(app, _wake_senders)),
        Job("waited", 1, _inside(app, _set_free)),
        Job("texts", 2, _inside(app, _wake_texts)),
        Job("wechat", 1, _inside(app, _wake_wechat)),
        Job("recounts", 10, _inside(app, _recount)),
        Job("hotspots", 20, _inside(app, _read_on)),
        Job("evaluation", 60, _inside(app, _evaluate)),
        Job("mail", 60, _inside(app, _put_mail)),
        Job("beat", 2, _inside(app, _beat)),
        Job("registries", 30, _inside(app, _clean_registries)),
        Job("calendar", 3600, _inside(app, _keep_calendar_ahead)),
        Job("tidy", 3600, _inside(app, _put_tidying)),
        Job("old texts", 3600, _inside(app, _forget_texts)),
        Job("old wechat", 3600, _inside(app, _forget_wechat)),
        Job("figures", 60, _inside(app, _put_figures)),
        Job("books", 1800, _inside(app, _put_books)),
    ]


def _inside(app: Flask, act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            act()

    return run


def _sweep() -> None:
    sweeping.sweep(clock.now())


def _open_orders() -> None:
    supervising.open_orders(clock.now())


def _mark_no_shows() -> None:
    whistling.mark_no_shows(clock.now())


def _count_patrols() -> None:
    patrolling.sweep(clock.now())


def _calls() -> None:
    keeping.keep(clock.now())


def _recordings() -> None:
    keeping.fetch_waiting(clock.now())


def _evaluate() -> None:
    evaluating.tick(clock.now())


def _wake_senders() -> None:
    relay.wake(clock.now())


def _set_free() -> None:
    relay.set_free(clock.now())


def _wake_texts() -> None:
    texts.wake_waiting(clock.now())


def _forget_texts() -> None:
    texts.forget(clock.now())


def _wake_wechat() -> None:
    wechat.tick(clock.now())


def _forget_wechat() -> None:
    wechat.forget(clock.now())


def _read_on() -> None:
    hotspotting.wake(clock.now())


def _recount() -> None:
    recounting.wake(clock.now())


def _beat() -> None:
    with work() as session:
        beat(session, SCHEDULER, clock.now())


def _clean_registries() -> None:
    """A job whose worker was killed waits in a registry that an idle worker does not look at for minutes (RQ): we do."""
    connection = current_app.extensions["redis"]
    for name in QUEUES:
        clean_registries(rq.Queue(name, connection=connection, serializer=JSONSerializer))


def _put_mail() -> None:
    """A look into the mailbox, when there is one; one put a minute whoever leads."""
    if current_app.config["SETTINGS"].imap_url:
        put(current_app.extensions["redis"], "mail", "app.jobs.fetch_mail", f"fetch-mail-{clock.now():%Y%m%d%H%M}")


def _put_tidying() -> None:
    """The long ones are RQ's: sealing what ended, forgetting old keys; one put an hour whoever leads."""
    hour = clock.now().strftime("%Y%m%d%H")
    for function in ("archive_ended", "forget_keys", "blank_messages"):
        put(current_app.extensions["redis"], "bulk", f"app.jobs.{function}", f"{function}-{hour}")
    put(current_app.extensions["redis"], "bulk", "app.hotspotting.forget_job", f"forget_cold-{hour}")
    put(current_app.extensions["redis"], "bulk", "app.knowing.remind_job", f"remind_stale-{hour}")


def _put_figures() -> None:
    """Counted on a worker: the first time a whole city is, which takes minutes."""
    put(current_app.extensions["redis"], "bulk", "app.figuring.refresh_job", f"figures-{clock.now():%Y%m%d%H%M}", timeout=3600)


def _put_books() -> None:
    put(current_app.extensions["redis"], "bulk", "app.figuring.close_books_job", f"books-{clock.now():%Y%m%d%H%M}", timeout=3600)


def _keep_calendar_ahead() -> None:
    with work() as session:
        keep_ahead(session, clock.local(clock.now()).year)
