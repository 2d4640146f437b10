"""Hotspots on real messages, replayed in the order they came: precision, recall and delay for each event that is tagged in the file.

    python -m bench.hotspots FILE.jsonl[.gz]

Each line: id, user, time, title, content, event (a list of tags; empty when nobody tagged it). Own servers in a temporary folder; the
messages come in by the product's import, a user's id becomes a telephone number. An event is found when a hotspot holds more of it
than of all else. Recall counts every hotspot of the event, "largest" the largest alone; delay is how many tagged messages came
between the fifth person's and the alarm.
"""

import argparse
import csv
import gzip
import os
import sys
import time
import zlib
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import orjson
import sqlalchemy as sa

from app import clock
from app.imports.run import Import
from app.work import session_now, work
from bench.house import cuts_of, installed, lay_small_city
from tickets.models import Ticket
from tickets.topic_models import Topic, TopicTicket
from tickets.topics import HOT, Reader

SOURCE = "replay"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    given = options.parse_args()
    opened = gzip.open if given.file.suffix == ".gz" else open
    with opened(given.file, "rb") as lines:
        messages = sorted(map(orjson.loads, lines), key=lambda one: one["time"])
    with installed("hotspots") as (app, folder), app.app_context():
        lay_small_city()
        bring_in(messages, folder)
        alarms = replay()
        report(messages, alarms)


def bring_in(messages: list[dict], folder: Path) -> None:
    path = folder / "replay.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["external_id", "received_at", "channel", "appeal_type", "title", "content", "appellant_phone", "status"])
        for one in messages:
            phone = f"139{zlib.crc32(one['user'].encode()) % 10**8:08d}"
            rows.writerow([one["id"], one["time"], "web", "other", one["title"][:200], one["content"], phone, "registered"])
    summary = Import(path, (), SOURCE, work, clock.now()).run(lambda _line: None)
    print(f"{summary.imported:,} messages in, {summary.skipped} there already, {summary.rejected} rejected")


def replay() -> dict[int, str]:
    """Read one ticket at a time. Returns of each topic that turned hot the number of the message that made it so."""
    reader, spent, alarms = Reader(), [], {}
    last = session_now().scalar(sa.select(sa.func.max(Ticket.id)))
    session_now().rollback()
    while True:
        began = time.perf_counter()
        with work() as session:
            read = reader.read_on(session, clock.now(), 1)
            newest = session.scalar(sa.select(sa.func.max(TopicTicket.ticket_id)))
            for topic in read.hot:
                alarms[topic.id] = session.scalar(sa.select(Ticket.external_id).where(Ticket.id == newest))
        spent.append(1000 * (time.perf_counter() - began))
        if not read.tickets or newest == last:
            break
    cuts = cuts_of(spent, 100)
    print(
        f"{len(spent):,} tickets read one by one: p50 {cuts[49]:.1f} ms   p95 {cuts[94]:.1f} ms   p99 {cuts[98]:.1f} ms   max {max(spent):.0f} ms (hold 500)"
    )
    return alarms


def report(messages: list[dict], alarms: dict[int, str]) -> None:
    session = session_now()
    events = {str(one["id"]): one["event"] for one in messages}
    place = {str(one["id"]): n for n, one in enumerate(messages)}
    topics: dict[int, set[str]] = defaultdict(set)
    for topic_id, external in session.execute(
        sa.select(TopicTicket.topic_id, Ticket.external_id)
        .join(Ticket, Ticket.id == TopicTicket.ticket_id)
        .join(Topic, Topic.id == TopicTicket.topic_id)
        .where(Topic.hot_at.is_not(None), Topic.merged_into_id.is_(None))
    ):
        topics[topic_id].add(external)
    into = dict(list(session.execute(sa.select(Topic.id, Topic.merged_into_id).where(Topic.merged_into_id.is_not(None)))))
    first: dict[int, int] = {}
    for topic_id, external in alarms.items():
        home = topic_id
        while home in into:
            home = into[home]
        first[home] = min(first.get(home, len(messages)), place[external])
    print(f"{len(topics)} hotspots")
    for event in sorted({tag for tags in events.values() for tag in tags}):
        tagged = [one for one in messages if event in one["event"]]
        ids = {str(one["id"]) for one in tagged}
        found = {topic_id: held for topic_id, held in topics.items() if len(held & ids) * 2 > len(held)}
        if not found:
            print(f"  {event}: not found ({len(ids)} messages of {len({one['user'] for one in tagged})} people)")
            continue
        largest = max(found.values(), key=lambda held: len(held & ids))
        every = set().union(*found.values())
        people: Counter[str] = Counter()
        fifth = next((one for one in tagged if people.update([one["user"]]) or len(people) == HOT), tagged[-1])
        alarm = min(first[topic_id] for topic_id in found)
        between = sum(place[str(fifth["id"])] < place[number] <= alarm for number in ids)
        days = (datetime.fromisoformat(messages[alarm]["time"]) - datetime.fromisoformat(fifth["time"])).total_seconds() / 86400
        print(
            f"  {event}: precision {len(every & ids) / len(every):.2f}   recall {len(every & ids) / len(ids):.2f}   largest {len(largest & ids) / len(ids):.2f}   "
            f"alarm {between} messages ({max(days, 0):.0f} days) after the fifth person   {len(found)} hotspots"
        )


if __name__ == "__main__":
    print("load average", *(f"{one:.1f}" for one in os.getloadavg()))
    sys.exit(main())
