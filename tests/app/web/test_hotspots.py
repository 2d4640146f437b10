"""The hotspot desk: the list, one hotspot, a group matter, asking a street, watching; who is told; what it costs and who may."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock, hotspotting
from app.db import db
from app.work import session_now, work
from notifiers.models import OutboxMessage
from tests.app.web.seats import seat, token_of
from tests.statements import counted
from tests.tickets.test_topics import MIXER, OTHERS, told
from tickets.topic_models import Topic

DESK = "/desk/hotspots"
DAY = timedelta(days=1)


def begin_here(session):
    """Nothing is hot, and what came before counts as read."""
    session.execute(sa.text("TRUNCATE topic_tickets, topics, topic_readings"))
    session.execute(
        sa.text("INSERT INTO topic_readings (id, read_to, learned_to) SELECT 1, coalesce(max(id), 0), coalesce(max(id), 0) FROM tickets")
    )


@pytest.fixture
def mixer(app):
    """Six people told of the mixer today; the words of the day were read."""
    with app.app_context():
        now = clock.now()
        with work() as session:
            begin_here(session)
            for n in range(6):
                told(session, OTHERS[n], 500 + n, now - timedelta(hours=n))
                told(session, MIXER[n % 4], n, now - timedelta(hours=n))
        hotspotting.read_on(now)
        topic_id = session_now().scalar(
            sa.select(Topic.id).where(Topic.hot_at.is_not(None), Topic.dealt_at.is_(None)).order_by(Topic.id.desc())
        )
        db.session.remove()
    return topic_id


def send(client, topic_id: int, name: str, **fields):
    page = client.get(f"{DESK}/{topic_id}").text
    return client.post(f"{DESK}/{topic_id}/acts/{name}", data={"csrf_token": token_of(page), **fields})


def row(app, topic_id: int) -> Topic:
    with app.app_context():
        found = session_now().get(Topic, topic_id)
        db.session.expunge(found)
        db.session.remove()
    return found


def test_supervisors_leaders_and_dispatchers_are_told_once(app, mixer):
    with app.app_context():
        hotspotting.read_on(clock.now())
        keys = session_now().scalars(sa.select(OutboxMessage.key).where(OutboxMessage.subjects.contains([f"hotspot:{mixer}"]))).all()
        db.session.remove()
    assert len(keys) == len(set(keys)) == 3


def test_of_old_tickets_that_are_brought_in_nobody_is_told(app):
    with app.app_context():
        now = clock.now()
        with work() as session:
            begin_here(session)
            before = session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.template == "hotspot"))
            for n in range(6):
                told(session, MIXER[n % 4].replace("云溪湾", "望江里"), 40 + n, now - 30 * DAY)
        hotspotting.read_on(now)
        after = session_now().scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.template == "hotspot"))
        db.session.remove()
    assert after == before


def test_the_list_and_the_page_say_how_many_people_and_which_tickets(app, mixer):
    client = seat(app, "supervisor1")
    listed = client.get(DESK).text
    assert f'href="{DESK}/{mixer}"' in listed
    assert "搅拌站" in listed
    page = client.get(f"{DESK}/{mixer}").text
    assert "6 人 · 6 件" in page
    assert page.count('id="t-') == 6
    assert client.get(DESK, headers={"HX-Request": "true"}).text.lstrip().startswith("<section")


def test_the_list_costs_the_same_however_long_it_is(app, mixer):
    client = seat(app, "supervisor1")
    client.get(DESK)
    with counted(app) as statements:
        assert client.get(DESK).status_code == 200
    assert len(statements) <= 8, "\n".join(statements)


def test_growth_leads_to_the_tickets_behind_it(app, mixer):
    page = seat(app, "supervisor1").get(f"{DESK}?look=day").text
    behind = page.split("涨得最快", 1)[1].split('class="strong" href="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    listed = seat(app, "supervisor1").get(behind)
    assert listed.status_code == 200
    assert "搅拌站" in listed.text


def test_watching_needs_a_reason_and_is_said_once(app, mixer):
    client = seat(app, "supervisor1")
    refused = send(client, mixer, "deal", dealt_as="watch", words="")
    assert refused.status_code == 422
    assert "请写一句为什么" in refused.text
    assert send(client, mixer, "deal", dealt_as="watch", words="城管今晚去看").status_code == 302
    assert row(app, mixer).dealt_as == "watch"
    assert f'href="{DESK}/{mixer}"' not in client.get(DESK).text
    assert f'href="{DESK}/{mixer}"' in client.get(f"{DESK}?all=1").text
    assert (
        client.post(
            f"{DESK}/{mixer}/acts/deal",
            data={"csrf_token": token_of(client.get(f"{DESK}/{mixer}").text), "dealt_as": "no-event", "words": "x"},
        ).status_code
        == 409
    )


def test_a_dispatcher_makes_a_group_matter_with_one_click(app, mixer):
    client = seat(app, "dispatcher1")
    assert send(client, mixer, "deal", dealt_as="watch", words="看着").status_code == 403
    assert send(client, mixer, "group").status_code == 302
    assert row(app, mixer).dealt_as == "group-matter"
    with app.app_context():
        statuses = sorted(
            session_now().scalars(
                sa.text("SELECT status FROM tickets JOIN topic_tickets ON ticket_id = tickets.id WHERE topic_id = :id"), {"id": mixer}
            )
        )
        db.session.remove()
    assert statuses == ["merged"] * 5 + ["registered"]
    again = client.post(f"{DESK}/{mixer}/acts/group", data={"csrf_token": token_of(client.get("/desk/dispatch").text)})
    assert again.status_code == 409
    assert "没有还没派出的工单可以并" in again.text


def test_a_street_is_asked_to_whistle_and_begins_with_the_matters(app, mixer):
    client = seat(app, "supervisor1")
    assert send(client, mixer, "whistle", street="nowhere").status_code == 422
    with app.app_context():
        street = session_now().scalar(sa.text("SELECT code FROM units WHERE kind = 'street' AND region_code = '990101001'"))
        db.session.remove()
    assert send(client, mixer, "whistle", street=street).status_code == 302
    assert row(app, mixer).dealt_as == "whistle"
    head = seat(app, f"{street}.head")
    inbox = head.get("/messages").text
    assert "要不要吹哨" in inbox
    assert head.get(f"/desk/whistles/new?topic={mixer}").status_code == 200
    assert head.get(f"{DESK}/{mixer}").status_code == 403


def test_what_is_not_there_or_not_understood_is_said(app, mixer):
    client = seat(app, "leader1")
    assert client.get(f"{DESK}/999999").status_code == 404
    assert client.get(f"{DESK}?after=x").status_code == 422
    assert client.get(f"{DESK}?after=2026-01-01T00:00:00%2B00:00/7").status_code == 200
    assert send(client, mixer, "burn").status_code == 404
    assert seat(app, "urban.head").get(DESK).status_code == 403


def test_the_reading_is_put_on_the_queue_only_when_something_came(app, mixer):
    with app.app_context():
        redis = app.extensions["redis"]
        redis.flushdb()
        hotspotting.wake(clock.now())
        assert not redis.keys("rq:job:hotspots-*")
        with work() as session:
            told(session, OTHERS[0], 900)
        hotspotting.wake(clock.now())
        hotspotting.wake(clock.now() + timedelta(seconds=hotspotting.EVERY))
        assert len(redis.keys("rq:job:hotspots-*")) == 2
        redis.flushdb()
        db.session.remove()


def test_the_report_counts_what_the_list_shows_in_every_format(app, mixer):
    client, day = seat(app, "leader1"), f"{clock.local(clock.now() - DAY):%Y-%m-%d}"
    page = client.get(f"/desk/reports/hotspots?from={day}").text
    assert f'href="{DESK}/{mixer}"' in page
    data = client.get(f"/desk/reports/hotspots/files/json?from={day}").json
    assert [(one["people"], one["tickets"]) for one in data["hotspots"] if one["id"] == mixer] == [(6, 6)]
    assert sum(one["received"] for one in data["places"]) <= data["received"]
    for kind, begins in {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}.items():
        assert client.get(f"/desk/reports/hotspots/files/{kind}?from={day}").data.startswith(begins)
    assert client.get("/desk/reports/hotspots/files/exe").status_code == 404
    assert client.get("/desk/reports/hotspots?from=2026-02-01&to=2026-01-01").status_code == 422
    assert seat(app, "dispatcher1").get("/desk/reports/hotspots").status_code == 403
