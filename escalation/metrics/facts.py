"""What each ticket adds to which day: one SELECT a part, from the ticket, its events, its clocks and its rows. Nothing here depends on the time it is asked.

Every part gives ticket, version, day, unit, category, channel and its own figures; `{who}` stands for the tickets wanted.
"""

from escalation.metrics.figures import FIGURES
from escalation.metrics.tables import KEYS

ENDED = "('closed', 'direct-closed', 'terminated')"
SECOND_PROMISES = "('rework', 'ledger-promise')"  # given after the first was kept or broken
AT_ONCE = "interval '30 minutes'"
REPEAT = "interval '60 days'"  # domain §10


def city_day(instant: str) -> str:
    return f"(({instant}) AT TIME ZONE 'Asia/Shanghai')::date"


def due_day(instant: str) -> str:
    """24:00 is the end of its day, not the beginning of the next."""
    return city_day(f"{instant} - interval '1 microsecond'")


def one_if(test: str) -> str:
    return f"CASE WHEN {test} THEN 1 END"


# the ticket with the state its matter ended in: sealing it away changes nothing that is counted
_STOOD = f"""stood AS (
SELECT t.id, t.version, coalesce(t.category_id, 0) AS category_id, coalesce(t.lead_unit_id, 0) AS unit_id, t.channel, t.received_at, t.closed_at, t.dispatched_at, t.replied_at, t.appeal_type,
       t.track, t.reworks, t.extensions, t.final_rating, t.previous_id,
       CASE WHEN t.status = 'archived' THEN coalesce((SELECT from_status FROM ticket_events e WHERE e.ticket_id = t.id AND e.kind = 'archive' ORDER BY seq DESC LIMIT 1), 'closed') ELSE t.status END AS state
FROM tickets t WHERE {{who}}
), promises AS (
SELECT c.ticket_id, min(c.due_at) FILTER (WHERE first) AS due_at, bool_or(broken) AS late, bool_or(c.stopped_at IS NULL AND first) AS unanswered,
       bool_or(c.stopped_at IS NULL AND c.breached_at IS NOT NULL) AS overdue, bool_or(c.stopped_at IS NULL) AS running,
       bool_or(c.paused_at IS NOT NULL AND c.breached_at IS NULL) AS paused, min(c.stopped_at) FILTER (WHERE first AND c.stop_reason IN ('met', 'late')) AS answered_at
FROM (SELECT *, code NOT IN {SECOND_PROMISES} AS first, breached_at IS NOT NULL OR stopped_at > due_at AS broken FROM clocks WHERE kind = 'promise' AND ticket_id IN (SELECT id FROM stood)) c
WHERE c.stop_reason IS DISTINCT FROM 'cancelled' OR broken GROUP BY c.ticket_id
), struck AS (
SELECT DISTINCT ON (x.ticket_id) x.ticket_id, x.ground FROM exclusions x JOIN stood ON stood.id = x.ticket_id AND stood.unit_id = x.unit_id WHERE x.state = 'approved' ORDER BY x.ticket_id, x.id
), asked AS (
SELECT e.ticket_id, min(e.at) AS at FROM ticket_events e WHERE e.kind IN ('approve-reply', 'answer-directly') AND e.ticket_id IN (SELECT id FROM stood) GROUP BY e.ticket_id
)"""
_OF_TICKET = "stood.id AS ticket_id, stood.version, {day} AS day, stood.unit_id, stood.category_id, stood.channel"
_REPEATED = f"""EXISTS (SELECT 1 FROM tickets p JOIN identities pi ON pi.ticket_id = p.id JOIN identities i ON i.ticket_id = stood.id AND i.phone_trace = pi.phone_trace
 WHERE p.id = stood.previous_id AND p.closed_at >= stood.received_at - {REPEAT} AND p.closed_at <= stood.received_at)"""
_CAME_BACK = f"""EXISTS (SELECT 1 FROM tickets n JOIN identities ni ON ni.ticket_id = n.id JOIN identities i ON i.ticket_id = stood.id AND i.phone_trace = ni.phone_trace
 WHERE n.previous_id = stood.id AND n.received_at BETWEEN stood.closed_at AND stood.closed_at + {REPEAT})"""
_AT_CENTRE = "SELECT 1 FROM clocks c WHERE c.ticket_id = stood.id AND c.code IN ('dispatch', 'dispatch-urgent')"
_OUTCOMES = {
    "direct": "= 'direct-closed'",
    "transferred": "= 'emergency-transferred'",
    "refused": "= 'refused'",
    "merged": "= 'merged'",
    "closed": "= 'closed'",
    "terminated": "= 'terminated'",
}
_OPEN = "stood.state NOT IN ('direct-closed', 'emergency-transferred', 'refused', 'merged', 'closed', 'terminated')"
_BAD = "(stood.final_rating <= 2 OR (stood.final_rating IS NULL AND called.satisfied <= 2))"
_DUE = "struck.ground IS NULL AND NOT promises.paused"
_ENDED = f"stood.state IN {ENDED}"
_LATE = "coalesce(promises.late, false)"
_OVER = "(promises.unanswered OR promises.overdue)"

RECEIVED = (
    "FROM stood LEFT JOIN asked ON asked.ticket_id = stood.id WHERE true",
    _OF_TICKET.format(day=city_day("stood.received_at")),
    {
        "received": "1",
        **{f"outcome_{name}": one_if(f"stood.state {test}") for name, test in _OUTCOMES.items()},
        "outcome_open": one_if(_OPEN),
        **{
            f"type_{kind}": one_if(f"stood.appeal_type = '{kind}'")
            for kind in ("consult", "help", "complaint", "report", "suggestion", "praise", "other")
        },
        "at_once": one_if(f"stood.state = 'direct-closed' AND stood.closed_at <= stood.received_at + {AT_ONCE}"),
        "accept_due": one_if(f"EXISTS ({_AT_CENTRE} AND (c.stop_reason IS DISTINCT FROM 'cancelled' OR c.breached_at IS NOT NULL))"),
        "accept_met": one_if(
            f"EXISTS ({_AT_CENTRE} AND c.stop_reason = 'met') AND NOT EXISTS ({_AT_CENTRE} AND c.breached_at IS NOT NULL)"
        ),
        "repeated": one_if(_REPEATED),
        "proactive": one_if("stood.channel IN ('patrol', 'visit')"),
        "from_firm": one_if(
            "stood.track = 'enterprise' OR EXISTS (SELECT 1 FROM identities i WHERE i.ticket_id = stood.id AND i.kind = 'firm')"
        ),
        "matters": one_if("stood.state <> 'merged'"),
        "rateable": one_if("stood.state <> 'merged' AND asked.at IS NOT NULL"),
    },
)
DUE = (
    """FROM stood JOIN promises ON promises.ticket_id = stood.id LEFT JOIN struck ON struck.ticket_id = stood.id
LEFT JOIN LATERAL (SELECT f.satisfied FROM follow_ups f WHERE f.ticket_id = stood.id AND f.satisfied IS NOT NULL ORDER BY f.at DESC, f.id DESC LIMIT 1) called ON true
LEFT JOIN LATERAL (SELECT count(*) AS days FROM calendar_days w WHERE w.is_workday AND w.day > """
    + city_day("stood.dispatched_at")
    + " AND w.day <= "
    + city_day("promises.answered_at")
    + """) spent ON promises.answered_at IS NOT NULL
WHERE promises.due_at IS NOT NULL AND stood.state <> 'merged'""",
    _OF_TICKET.format(day=due_day("promises.due_at")),
    {
        "due_all": "1",
        "excluded_unreasonable": one_if("struck.ground IN ('unreasonable', 'malicious')"),
        "excluded_wrong": one_if("struck.ground = 'wrongly-dispatched'"),
        "excluded_other": one_if("struck.ground IN ('beyond-law', 'force-majeure')"),
        "paused": one_if("struck.ground IS NULL AND promises.paused"),
        "due": one_if(_DUE),
        "closed_on_time": one_if(f"{_DUE} AND {_ENDED} AND NOT {_LATE}"),
        "closed_late": one_if(f"{_DUE} AND {_ENDED} AND {_LATE}"),
        "overdue": one_if(f"{_DUE} AND NOT {_ENDED} AND {_OVER}"),
        "reworking": one_if(f"{_DUE} AND NOT {_ENDED} AND NOT {_OVER} AND promises.running AND stood.state <> 'ledgered'"),
        "ledgered": one_if(f"{_DUE} AND NOT {_OVER} AND stood.state = 'ledgered'"),
        "answered": one_if(f"{_DUE} AND NOT {_ENDED} AND NOT {_OVER} AND NOT promises.running AND stood.state <> 'ledgered'"),
        "kept": one_if(f"{_DUE} AND NOT {_LATE} AND NOT promises.unanswered AND promises.answered_at IS NOT NULL"),
        "judged": one_if(f"{_DUE} AND coalesce(stood.final_rating, called.satisfied) IS NOT NULL"),
        "dissatisfied": one_if(f"{_DUE} AND {_BAD}"),
        "worked_days": f"CASE WHEN {_DUE} AND promises.answered_at IS NOT NULL THEN least(spent.days, 32767) END",
        "worked": one_if(f"{_DUE} AND promises.answered_at IS NOT NULL"),
    },
)
CLOSED = (
    "FROM stood WHERE stood.state IN ('closed', 'direct-closed') AND stood.closed_at IS NOT NULL",
    _OF_TICKET.format(day=city_day("stood.closed_at")),
    {"ended": "1", "one_go": one_if(f"stood.reworks = 0 AND NOT {_CAME_BACK}")},
)
REPLIED = (
    "FROM stood WHERE stood.replied_at IS NOT NULL AND stood.state <> 'direct-closed'",
    _OF_TICKET.format(day=city_day("stood.replied_at")),
    {"replied": "1", "reworked": one_if("stood.reworks > 0")},
)
INVITED = (
    "FROM stood JOIN asked ON asked.ticket_id = stood.id",
    _OF_TICKET.format(day=city_day("asked.at")),
    {"invited": "1", "rated": one_if("EXISTS (SELECT 1 FROM ratings r WHERE r.ticket_id = stood.id)")},
)
_SENDING = "r.ticket_id = d.ticket_id AND r.unit_id = d.unit_id AND r.asked_at >= d.at AND (d.ended_at IS NULL OR r.asked_at <= d.ended_at)"
SENT = (
    "FROM dispatches d JOIN stood ON stood.id = d.ticket_id WHERE d.end_reason <> 'recall'",
    f"stood.id AS ticket_id, stood.version, {city_day('d.at')} AS day, d.unit_id, stood.category_id, stood.channel",
    {
        "sent": "1",
        "sent_returned": one_if(f"EXISTS (SELECT 1 FROM requests r WHERE {_SENDING} AND r.kind IN ('return', 'dispute'))"),
        "sent_extended": one_if(f"EXISTS (SELECT 1 FROM requests r WHERE {_SENDING} AND r.kind = 'extension' AND r.decision = 'accept')"),
    },
)


def _limit(name: str, done: str, codes: str, more: str = "", met: bool = False) -> dict[str, str]:
    """A limit that fell due, and whether it was met in time (`met`) or done at all."""
    kept = "c.stop_reason = 'met' AND c.breached_at IS NULL" if met else "c.stop_reason IN ('met', 'late')"
    which = f"c.code IN ({codes}){more}"
    return {f"{name}_due": one_if(which), f"{name}_{done}": one_if(f"{which} AND {kept}")}


_CONSUMER = " AND stood.track = 'consumer'"
_OURS = "'rating-contact-centre'"  # of a confidential matter only the centre speaks to who rated it, and has to keep the limit
CLOCKS = (
    """FROM clocks c JOIN stood ON stood.id = c.ticket_id WHERE c.task_id IS NULL AND (c.paused_at IS NULL OR c.breached_at IS NOT NULL)
AND (c.stop_reason IS NULL OR c.stop_reason NOT IN ('cancelled', 'released') OR c.breached_at IS NOT NULL)""",
    f"stood.id AS ticket_id, stood.version, {due_day('c.due_at')} AS day, CASE WHEN c.code = {_OURS} THEN 0 ELSE coalesce(c.owner_unit_id, stood.unit_id) END AS unit_id, stood.category_id, stood.channel",
    {
        **_limit("sign", "met", "'sign'", met=True),
        **_limit("respond", "met", "'urgent-response'", met=True),
        **_limit("handle", "done", "'consumer-accept', 'mediation', 'violation-check'"),
        **_limit("tell", "done", "'termination-notice', 'reporter-told'"),
        **_limit("feedback", "done", "'interim-reply', 'mediation'", _CONSUMER),
        **_limit("contact", "met", f"'rating-contact', {_OURS}", met=True),
        **_limit("rectify", "met", "'rectify', 'rectify-hard'", met=True),
    },
)
CALLED = (
    "FROM follow_ups f JOIN stood ON stood.id = f.ticket_id WHERE f.kind IN ('reply', 'due')",
    _OF_TICKET.format(day=city_day("f.at")),
    {
        "calls": "1",
        "reached": one_if("f.reached"),
        "contacted_asked": one_if("f.contacted IS NOT NULL"),
        "contacted_yes": one_if("f.contacted"),
        "solved_asked": one_if("f.solved IS NOT NULL"),
        "solved_yes": one_if("f.solved"),
        "satisfied_asked": one_if("f.satisfied IS NOT NULL"),
        "satisfied_yes": one_if("f.satisfied >= 3"),
    },
)
RATED = (
    "FROM ratings r JOIN stood ON stood.id = r.ticket_id",
    f"stood.id AS ticket_id, stood.version, {city_day('r.at')} AS day, coalesce(r.unit_id, 0) AS unit_id, stood.category_id, stood.channel",
    {
        "ratings": "1",
        "good": one_if("r.score >= 3"),
        **{f"score_{n}": one_if(f"r.score = {n}") for n in (5, 4, 3, 2, 1)},
        **{f"by_{name}": one_if(f"r.channel = '{name}'") for name in ("web", "wechat", "sms", "phone", "hall")},
        "again": one_if("EXISTS (SELECT 1 FROM ratings f WHERE f.ticket_id = r.ticket_id AND f.id < r.id)"),
    },
)
BAD = (
    "FROM rectifications b JOIN stood ON stood.id = b.ticket_id WHERE b.named AND b.turn = 1",
    f"stood.id AS ticket_id, stood.version, {city_day('b.opened_at')} AS day, coalesce(b.unit_id, 0) AS unit_id, stood.category_id, stood.channel",
    {
        "bad_named": "1",
        "bad_rectified": one_if("EXISTS (SELECT 1 FROM rectifications z WHERE z.rating_id = b.rating_id AND z.rectified_at IS NOT NULL)"),
        "bad_revisited": one_if("EXISTS (SELECT 1 FROM rectifications z WHERE z.rating_id = b.rating_id AND z.revisited_at IS NOT NULL)"),
    },
)
PARTS = (RECEIVED, DUE, CLOSED, REPLIED, INVITED, SENT, CLOCKS, CALLED, RATED, BAD)


def select_facts(who: str) -> str:
    """The facts of the tickets `who` names (an SQL test on tickets t), one row a ticket and cell; a figure that is nought is null."""
    parts = []
    for source, keys, figures in PARTS:
        columns = ", ".join(f"{figures.get(name, 'NULL::int')} AS {name}" for name in FIGURES)
        parts.append(f"SELECT {keys}, {columns} {source}")
    cell = ", ".join(("ticket_id", "version", *KEYS))
    summed = ", ".join(f"sum({name})::smallint AS {name}" for name in FIGURES)
    somewhere = f"coalesce({', '.join(f'sum({name})' for name in FIGURES)}) IS NOT NULL"
    return f"WITH {_STOOD.format(who=who)} SELECT {cell}, {summed} FROM ({' UNION ALL '.join(parts)}) AS parts GROUP BY {cell} HAVING {somewhere}"
