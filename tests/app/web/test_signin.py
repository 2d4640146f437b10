"""The sign-in page, the way to the first desk, and what stands around every desk."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.auth.models import Account
from app.db import db
from app.work import work
from tests.app.web.seats import seat, token_of
from tests.factories import PASSWORD


def enter(client, username, password=PASSWORD, **more):
    token = token_of(client.get("/sign-in").text)
    return client.post("/sign-in", data={"csrf_token": token, "username": username, "password": password, **more})


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def fresh(app):
    """An account as new after the test: failures, locks and passwords are rows."""
    yield
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).values(failures=0, locked_until=None, must_change=False))


def test_a_person_comes_to_their_first_desk(app, stranger, fresh):
    answer = enter(stranger, "urban.liaison")
    assert answer.location == "/desk"
    assert stranger.get("/desk").location == "/desk/unit"
    assert seat(app, "admin1").get("/desk").location == "/admin"


def test_a_failure_is_counted_though_it_is_refused(app, stranger, fresh):
    for _attempt in range(5):
        answer = enter(stranger, "followup1", "not-the-password")
        assert answer.status_code == 401
        assert "账号、密码或动态码不对" in answer.text
        assert "not-the-password" not in answer.text
    assert enter(stranger, "followup1").status_code == 429
    with app.app_context():
        assert db.session.scalar(sa.select(Account.locked_until).where(Account.username == "followup1")) is not None
        db.session.remove()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in?next=/x", "/desk\r\nX: y", ""]
)
def test_next_leads_nowhere_else(stranger, fresh, wanted):
    assert enter(stranger, "urban.head", next=wanted).location == "/desk"


def test_next_leads_back(stranger, fresh):
    asked = stranger.get("/account?x=1")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/account%3Fx%3D1"
    assert enter(stranger, "urban.head", next="/account?x=1").location == "/account?x=1"


def test_the_session_is_a_new_one(stranger, fresh):
    stranger.get("/sign-in")
    with stranger.session_transaction() as session:
        session["planted"] = "before"
    enter(stranger, "urban.head")
    with stranger.session_transaction() as session:
        assert "planted" not in session


def test_sign_out_ends_it(app, fresh):
    client = seat(app, "urban.head")
    token = token_of(client.get("/account").text)
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert client.get("/account").status_code == 302


def test_writing_needs_the_page_token(app):
    assert seat(app, "urban.head").post("/sign-out").status_code == 403


def test_a_given_password_opens_only_its_change(app, fresh):
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).where(Account.username == "water.head").values(must_change=True))
    client = seat(app, "water.head")
    assert client.get("/desk/unit").location == "/account#pw"
    assert client.get("/account").status_code == 200


def test_demo_accounts_only_on_a_demo_installation(app, settings, stranger):
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).where(Account.username == "agent1").values(demo=True))
    assert "agent1 ·" in stranger.get("/sign-in").text
    assert f'value="{PASSWORD}"' in stranger.get("/sign-in?as=agent1").text
    serious = create_app(replace(settings, demo_password=""))
    pages = [serious.test_client().get(path).text for path in ("/sign-in", "/sign-in?as=agent1")]
    with serious.app_context():
        db.engine.dispose()
    assert not [page for page in pages if "agent1 ·" in page or PASSWORD in page]


def test_every_answer_is_hardened(stranger):
    for path in ("/", "/sign-in", "/nothing-here", "/file"):
        headers = stranger.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_the_frame_shows_only_ones_own_desks(app):
    page = seat(app, "urban.liaison").get("/account").text
    assert 'href="/desk/unit"' in page
    assert 'href="/admin"' not in page
    assert 'href="/desk/dispatch"' not in page
    assert 'href="/admin"' in seat(app, "admin1").get("/account").text


def test_the_frame_counts_in_one_statement(app):
    client, said = seat(app, "dispatcher1"), []
    client.get("/account")
    app.extensions["frame_counts"].clear()
    with app.app_context():
        engine = db.engine

    def note(_connection, _cursor, statement, *_rest):
        said.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        client.get("/account")
        first = len(said)
        client.get("/account")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(said) == 2 * first, "what waits and what is unread are asked together; later, what is unread alone"
    assert sum("outbox_messages" in one for one in said) == 2
