"""The citizen's word: five faces, nothing preselected, once per round, never by the rated unit; silence is nothing."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.db import db
from tests.app.web.citizens import does, post, standing, ticket
from tests.app.web.seats import seat, token_of
from tests.app.web.test_tracking import who
from tests.factories import a_reply
from tickets import answering, draws, evaluation_rules, handling, intake
from tickets.models import Rating


@pytest.fixture
def client(app):
    return app.test_client()


def link(app, code: str) -> str:
    return f"/rate/{answering.rating_token(ticket(app, code), app.config['SECRET_KEY'])}"


def ratings(app, code: str) -> list[Rating]:
    with app.app_context():
        found = db.session.scalars(sa.select(Rating).where(Rating.ticket_id == ticket(app, code).id).order_by(Rating.round)).all()
        db.session.expunge_all()
        db.session.remove()
    return list(found)


def test_nothing_is_preselected(app, client):
    page = client.get(link(app, standing(app, "follow-up"))).text
    faces = page.split('name="score"')[1:]
    assert len(faces) == 5
    assert not [face for face in faces if "checked" in face.split(">")[0]]
    assert "已派人疏通管道" in page


def test_a_rating_is_kept_with_its_reasons(app, client):
    code = standing(app, "closed")
    address = link(app, code)
    assert post(client, address, address, score="2", solved="no", why="slow", words="等了一个月").status_code == 302
    row = ratings(app, code)[0]
    assert (row.score, row.solved, row.channel) == (2, False, "web")
    assert row.words == "太慢\n等了一个月"
    page = client.get(address).text
    assert "谢谢您" in page
    assert "5 个工作日内" in page
    assert 'name="score"' not in page


def test_once_per_round(app, client):
    code = standing(app, "closed")
    address = link(app, code)
    token = client.get(address).text.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post(address, data={"csrf_token": token, "score": "5"}).status_code == 302
    assert client.post(address, data={"csrf_token": token, "score": "1"}).status_code == 409
    assert [row.score for row in ratings(app, code)] == [5]


@pytest.mark.parametrize("score", ["", "0", "6", "五", "5.0"])
def test_only_the_five(app, client, score):
    code = standing(app, "closed")
    address = link(app, code)
    answer = post(client, address, address, score=score, words="写了半天的话")
    assert answer.status_code == 422
    assert "写了半天的话" in answer.text
    assert ratings(app, code) == []


def test_the_rated_unit_cannot_rate(app):
    """Nobody of the unit, nor of the units above it, in the citizen's place (domain §7)."""
    code = standing(app, "closed", lead="dongmen", category="urban.street-trade")
    address = link(app, code)
    for username in ("dongmen.handler", "dongmen.head", "east.head"):
        assert seat(app, username).get(address).status_code == 403
    assert seat(app, "water.head").get(address).status_code == 200
    assert ratings(app, code) == []


@pytest.mark.parametrize("made_up", ["1234567890.1.00000000000000000000", "x", "1234567890", "..", "1234567890.9999.ab"])
def test_a_made_up_link_opens_nothing(client, made_up):
    assert client.get(f"/rate/{made_up}").status_code == 404


def test_before_an_answer_there_is_nothing_to_rate(app, client):
    assert client.get(link(app, standing(app, "handling"))).status_code == 409


def test_the_link_of_an_earlier_round_says_so(app, client):
    code = standing(app, "follow-up")
    old = link(app, code)

    def again(session, row, now):
        answering.follow_up(session, row, who(session, "followup1", now), now, reached=True, outcome="rework", words="还在漏")
        handling.reply(session, row, who(session, "urban.head", now), now, **a_reply())
        answering.review(session, row, True, who(session, "auditor1", now), now)

    does(app, code, again)
    answer = client.get(old)
    assert answer.status_code == 409
    assert "重新办理" in answer.text
    assert client.get(link(app, code)).status_code == 200


def test_each_merged_citizen_rates(app, client):
    first = standing(app, "registered", content="青年路路灯全不亮")
    second = standing(app, "registered", content="青年路没有路灯，摔了一跤")

    def join(session, row, now):
        master = session.scalar(sa.select(type(row)).where(type(row).query_code == first).with_for_update())
        intake.merge(session, row, master, who(session, "agent1", now), now)

    does(app, second, join)
    assert client.get(link(app, second)).status_code == 409
    does(
        app,
        first,
        lambda session, row, now: intake.answer_directly(session, row, "路灯所今晚抢修，已告知。", who(session, "agent1", now), now),
    )
    for code in (first, second):
        address = link(app, code)
        assert post(client, address, address, score="4").status_code == 302
        assert [row.score for row in ratings(app, code)] == [4]
        assert all(row.handler_id for row in ratings(app, code)), "who answered at the seat is rated, too (R13)"


def _drawn(session, _row, now):
    evaluation_rules.change(session, who(session, "admin1", now), now, "都看", quality_share=100, double_share=0)
    draws.draw_direct(session, now + timedelta(days=1))


def test_a_direct_answer_is_shown_rated_and_marked(app, client):
    """The score sheet names the seat and what the answer rests on, and asks for no four elements (R76)."""
    code = standing(app, "registered", appeal_type="consult", content="居住证到哪里办")
    does(
        app,
        code,
        lambda session, row, now: intake.answer_directly(
            session, row, "带身份证到派出所户籍窗口办。", who(session, "agent1", now), now, article="居住证条例第 9 条"
        ),
    )
    assert "派出所户籍窗口" in client.get(link(app, code)).text
    does(app, code, _drawn)
    marker = seat(app, "followup1")
    sheet = re.findall(r'data-pane="(/desk/quality/\d+)"', marker.get("/desk/quality").text)[-1]
    page = marker.get(f"/desk/quality?c={sheet.split('/')[-1]}").text
    assert all(said in page for said in ("agent1当场答复", "带身份证到派出所户籍窗口办。", "居住证条例第 9 条"))
    assert 'name="elements"' not in page
    assert marker.post(sheet, data={"csrf_token": token_of(page), "accurate": "yes", "tone": "5"}).status_code == 302


def test_the_qr_leads_to_the_link(app, client):
    answer = client.get(link(app, standing(app, "follow-up")) + "/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert b"<svg" in answer.data
    assert b"style=" not in answer.data
