"""The knowledge base stays fresh: due for a look, confirmed, expired; whose it is, is told once."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app import clock, knowing
from app.db import db
from app.work import session_now, work
from notifiers.models import OutboxMessage
from tests.app.web.seats import seat, token_of
from tickets.duties import Knowledge

DESK = "/desk/knowledge"
DAY = timedelta(days=1)


@pytest.fixture
def entry(app):
    """An entry of urban's, due for a look since yesterday."""
    with app.app_context():
        with work() as session:
            session.execute(sa.delete(Knowledge).where(Knowledge.title == "井盖坏了怎么报"))
            row = Knowledge(
                title="井盖坏了怎么报",
                content="打 12345，或在门户拍照说一声，城管局四小时内到。",
                article="城市道路管理条例第 23 条",
                public=True,
                updated_at=clock.now(),
                unit_id=session.scalar(sa.text("SELECT id FROM units WHERE code = 'urban'")),
                search=["井盖", "盖坏", "坏了"],
            )
            row.review_on = today() - DAY
            session.add(row)
            session.flush()
            entry_id = row.id
        db.session.remove()
    return entry_id


def today() -> date:
    return clock.local(clock.now()).date()


def row_of(app, entry_id: int) -> Knowledge:
    with app.app_context():
        row = session_now().get(Knowledge, entry_id)
        db.session.expunge(row)
        db.session.remove()
    return row


def form(app, client, entry_id: int, **changed):
    row = row_of(app, entry_id)
    return client.post(
        f"{DESK}/{entry_id}",
        data={
            "csrf_token": token_of(client.get(f"{DESK}/{entry_id}").text),
            "title": row.title,
            "content": row.content,
            "article": row.article,
            "public": "1",
        }
        | changed,
    )


def test_the_unit_is_told_once_and_confirms(app, entry):
    with app.app_context():
        morning = clock.now().replace(hour=2)  # ten in Shanghai; at night such messages wait
        assert knowing.remind(morning) >= 2  # head and liaison
        assert knowing.remind(morning) == 0
        db.session.remove()
    client = seat(app, "urban.liaison")
    listed = client.get(f"{DESK}?stale=1").text
    assert f"{DESK}/{entry}/reviews" in listed
    assert client.post(f"{DESK}/{entry}/reviews", data={"csrf_token": token_of(listed)}).status_code == 302
    assert row_of(app, entry).review_on == today() + timedelta(days=180)
    assert f"{DESK}/{entry}/reviews" not in client.get(f"{DESK}?stale=1").text
    with app.app_context():
        message = session_now().scalar(
            sa.select(OutboxMessage.id).where(
                OutboxMessage.subjects.contains([f"knowledge:{entry}"]),
                OutboxMessage.account_id == sa.text("(SELECT id FROM accounts WHERE username = 'urban.liaison')"),
            )
        )
        with work() as session:  # as the minute's gathering would have it
            session.execute(
                sa.update(OutboxMessage)
                .where(OutboxMessage.id == message)
                .values(status="delivered", next_try_at=None, sent_at=morning, settled_at=morning)
            )
        db.session.remove()
    assert client.get(f"/messages/{message}").headers["Location"].endswith(f"{DESK}/{entry}")


def test_another_unit_cannot_confirm_it(app, entry):
    client = seat(app, "power.liaison")
    assert client.post(f"{DESK}/{entry}/reviews", data={"csrf_token": token_of(client.get(f"{DESK}/new").text)}).status_code == 403
    assert row_of(app, entry).review_on == today() - DAY


def test_what_is_expired_answers_nobody(app, entry):
    operator, keeper = seat(app, "agent1"), seat(app, "urban.head")
    assert "该复核，先问单位" in operator.get("/desk/intake/knowledge?q=井盖坏了").text
    assert form(app, keeper, entry, valid_until=today().isoformat()).status_code == 302
    assert app.test_client().get(f"/answers/{entry}").status_code == 200
    with app.app_context():
        with work() as session:
            session.get(Knowledge, entry).valid_until = today() - DAY
        db.session.remove()
    assert app.test_client().get(f"/answers/{entry}").status_code == 404
    assert "四小时内到" not in operator.get("/desk/intake/knowledge?q=井盖坏了怎么报").text
    assert "过期了" in keeper.get(f"{DESK}?q=井盖坏了").text


def test_impossible_days_are_refused_beside_their_field(app, entry):
    keeper = seat(app, "urban.head")
    assert "有效期不能早于今天" in form(app, keeper, entry, valid_until="2020-01-01").text
    assert "复核的日子要在明天到一年半之内" in form(app, keeper, entry, review_on="2099-01-01").text
    assert "日期要像" in form(app, keeper, entry, review_on="soon").text
