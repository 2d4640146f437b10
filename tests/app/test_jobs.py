"""Jobs do their work once however often they run, through a real worker."""

from datetime import date, datetime, timedelta

import rq
import sqlalchemy as sa
from rq.serializers import JSONSerializer

from app import delivering, jobs, queue, target_lines
from app.auth.models import Account
from app.clock import CITY_ZONE
from app.reports.catalogue import REPORTS
from app.web.messages import said
from app.work import session_now, work
from escalation.metrics.tables import days
from notifiers.models import OutboxMessage
from tests import factories
from tickets.models import Ticket
from tickets.reference import reference


def test_ended_tickets_are_archived_once(app, now):
    with app.app_context():
        with work() as session:
            ended = factories.a_ticket(session, now, "closed").id
            open_ = factories.a_ticket(session, now, "handling").id
        later = (now + timedelta(days=61)).isoformat()
        assert jobs.archive_ended(now.isoformat()) == 0
        assert jobs.archive_ended(later) >= 1
        assert jobs.archive_ended(later) == 0
        session = session_now()
        assert [session.get(Ticket, each).status for each in (ended, open_)] == ["archived", "handling"]


def test_a_real_worker_takes_a_job_from_its_queue_once(app, now):
    redis = app.extensions["redis_blocking"]
    with app.app_context():
        assert queue.put(redis, "bulk", "app.jobs.forget_keys", "forget-keys")
        assert not queue.put(redis, "bulk", "app.jobs.forget_keys", "forget-keys")
        waiting = rq.Queue("bulk", connection=redis, serializer=JSONSerializer)
        rq.SimpleWorker([waiting], connection=redis, serializer=JSONSerializer).work(burst=True)
        assert waiting.fetch_job("forget-keys").get_status() == rq.job.JobStatus.FINISHED


def test_every_report_may_be_ordered_but_the_one_people_write():
    assert set(delivering.DELIVERED) == set(delivering.ENGLISH) == set(REPORTS) - {"bulletin"}


def test_how_often_a_share_fell_under_its_line():
    for steps, turns in (
        ([(9, 10)], 0),
        ([(19, 20)], 0),
        ([(18, 20)], 1),
        ([(18, 20), (0, 0)], 1),
        ([(18, 20), (60, 60)], 0),
        ([(18, 20), (60, 60), (0, 20)], 2),
        ([], 0),
    ):
        assert target_lines.fallen([(date(2026, 9, 1), *step) for step in steps], 0.95, 20)[0] == turns, steps


def test_a_rate_under_its_line_is_told_once_each_time_it_falls(app):
    """R30: the city's two rates to supervisor and leader, a unit's own to its head; whole days only, nobody over a handful."""

    def told() -> list[tuple[str, str]]:
        found = session_now().execute(
            sa.select(Account.username, OutboxMessage)
            .join(Account, Account.id == OutboxMessage.account_id)
            .where(OutboxMessage.template == "under-line")
            .order_by(OutboxMessage.id)
        )
        return [(username, said(message).lines[0].words) for username, message in found]

    def at(day: int) -> datetime:
        return datetime(2026, 9, day, 1, tzinfo=CITY_ZONE)

    with app.app_context():
        with work() as session:
            urban, water = (reference(session).unit_codes[code].id for code in ("urban", "water"))
            session.execute(
                sa.insert(days),
                [
                    {
                        "day": date(2026, 9, day),
                        "unit_id": unit,
                        "category_id": 0,
                        "channel": "phone",
                        "due": due,
                        "kept": kept,
                        "accept_due": due,
                        "accept_met": due,
                    }
                    for day, unit, due, kept in (
                        (1, urban, 40, 40),
                        (2, urban, 20, 10),
                        (2, water, 25, 20),
                        (3, urban, 400, 400),
                        (4, urban, 60, 0),
                    )
                ],
            )
        assert target_lines.tell(at(2)) == 0
        people = [target_lines.tell(at(3)), target_lines.tell(at(3))]
        assert people == [len(told()), 0]
        assert {username for username, _words in told()} >= {"supervisor1", "leader1", "urban.head"}
        assert "water.head" not in {username for username, _words in told()}, "25 matters say nothing"
        assert "按期答复率 82.35%（70 ÷ 85），低于 95% 的线" in dict(told())["supervisor1"]
        assert "83.33%（50 ÷ 60）" in dict(told())["urban.head"]
        assert target_lines.tell(at(4)) == 0, "above the line again"
        assert target_lines.tell(at(5)) == people[0], "fallen a second time"
