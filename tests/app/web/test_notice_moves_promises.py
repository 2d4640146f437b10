"""A city opened in November 2026: what ends in 2027 is provisional; the (invented) notice moves it, says why to both, and tells the citizen."""

import json
from datetime import datetime

import pytest
import sqlalchemy as sa

from app import clock
from app.clock import CITY_ZONE
from app.db import db
from escalation.rules import forget
from notifiers.models import OutboxMessage
from tests.app.web.citizens import standing, ticket
from tests.app.web.seats import seat

NOVEMBER = datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
INVENTED = {
    "year": 2027,
    "days": [{"date": f"2027-01-{day:02}", "name": "元旦", "isOffDay": True} for day in (1, 2, 3, 4)]
    + [{"date": f"2027-02-{day:02}", "name": "春节", "isOffDay": True} for day in range(5, 13)],
}


@pytest.fixture(autouse=True)
def it_is_november(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)
    yield
    with app.app_context():
        forget(db.session())
        db.session.remove()


def told(app, number: str) -> list[OutboxMessage]:
    with app.app_context():
        rows = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.template == "moved")).all()
        found = [row for row in rows if row.values["tail"] == number[-6:]]
        db.session.remove()
    return found


def test_provisional_dates_move_when_the_notice_comes_with_the_trace_of_why(app, tmp_path):
    long, short = standing(app, "dispatched", track="consumer"), standing(app, "dispatched")
    before, within = ticket(app, long), ticket(app, short)
    assert (before.due_provisional, within.due_provisional) == (True, False)
    citizen, staff = app.test_client(), seat(app, "dispatcher1")
    assert "暂定" in citizen.get(f"/t/{long}").text
    assert "2027 年 1 月 26 日" in citizen.get(f"/t/{long}").text
    file = tmp_path / "放假安排.json"
    file.write_text(json.dumps(INVENTED), "utf-8")
    said = app.test_cli_runner().invoke(args=["calendar", "import", str(file)])
    assert said.exit_code == 0, said.output
    after = ticket(app, long)
    assert after.due_at.astimezone(CITY_ZONE) == datetime(2027, 1, 28, tzinfo=CITY_ZONE), "4 January is off now: 26 becomes 27 January"
    assert not after.due_provisional
    assert ticket(app, short).due_at == within.due_at
    page = staff.get(f"/tickets/{after.number}").text
    assert "放假安排公布：1 月 26 日" in page.replace("2027 年 ", "")
    assert "放假安排.json" in page
    page = citizen.get(f"/t/{long}").text
    assert "2027 年 1 月 27 日" in page
    assert "暂定" not in page
    assert "放假安排公布了，这天从" in page
    assert len(told(app, after.number)) == 1
    assert not told(app, within.number)
    assert app.test_cli_runner().invoke(args=["calendar", "import", str(file)]).exit_code == 0
    assert len(told(app, after.number)) == 1, "loaded again: nothing moves, nobody is told twice"
