"""The RQ queues: names, JSON serialisation, and how a job is put. Jobs take ids, are idempotent, and their truth is in the database."""

import rq
from redis import Redis
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

URGENT = "urgent"
QUEUES = (URGENT, "notify", "webhooks", "robots", "mail", "bulk")
# what the three workers of one machine do, first things first: one waits for what hurries and does nothing else, so that nothing is before it
LANES = {"urgent": (URGENT,), "quick": (URGENT, "notify"), "slow": ("webhooks", "robots", "mail", "bulk", URGENT, "notify")}


def put(redis: Redis, queue: str, function: str, job_id: str, *args, timeout: int = 300) -> bool:
    """Enqueue `function` (dotted name) once per `job_id`; a second put of a waiting job changes nothing and gives False."""
    try:
        rq.Queue(queue, connection=redis, serializer=JSONSerializer).enqueue(
            function, *args, job_id=job_id, unique=True, job_timeout=timeout, result_ttl=3600, failure_ttl=7 * 24 * 3600
        )
    except DuplicateJobError:
        return False
    return True
