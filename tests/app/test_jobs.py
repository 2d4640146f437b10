"""Jobs do their work once however often they run, through a real worker."""

from datetime import timedelta

import rq
from rq.serializers import JSONSerializer

from app import jobs, queue
from app.work import session_now, work
from tests import factories
from tickets.models import Ticket


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
