"""Whole stories through the counterpart: real library, real HTTP, signed questions. A call comes in, is taken, handed to 119, recorded; missed and called back."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from app import clock, create_app
from app.auth.access import fetch_ticket
from app.counterpart import switchboard
from app.db import db
from app.phone import keeping, placing
from app.phone.models import Seat
from app.phone.telephony import TelephonyFailed
from app.phone.twilio_voice import TwilioVoice
from app.work import work
from tests.app.phone.at_line import CITIZEN, DESK, Line, acts, registered
from tests.app.phone.conftest import actor
from tests.app.web.seats import look, put, seat, token_of
from tests.app.with_counterpart import playing
from tests.statements import counted
from tickets import attachments, dispatch
from tickets.experts import Expert
from tickets.identity import Appellant
from tickets.reference import forget
from tickets.specials import Special
from tickets.text import mask_phone


@pytest.fixture(scope="module")
def played(settings, city, new_database, tmp_path_factory):
    own = replace(settings, home=tmp_path_factory.mktemp("recordings"))
    with playing(
        own, lambda told: create_app(replace(told, database_url=new_database(like=city))), site="http://12345.example"
    ) as all_three:
        yield all_three
        with all_three[1].app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def app(played):
    return played[1]


@pytest.fixture(autouse=True)
def line(played, monkeypatch):
    monkeypatch.setattr(switchboard, "PICK_UP", 0.05)
    stage, product, counterpart = played
    line = Line(product, stage, counterpart)
    line.clear()
    return line


@pytest.fixture
def agent(app):
    return seat(app, "agent1")


def topic_of(app, code: str, name: str, username: str):
    """An open special topic with one expert: that person and the topic's id."""
    with app.app_context():
        with work() as session:
            expert = actor(session, username, clock.now())
            row = Special(code=code, name=name, categories=["urban"], unit_id=1, opened_on=date(2020, 1, 1))
            session.add(row)
            session.flush()
            session.add(Expert(special_id=row.id, account_id=expert.account_id))
            topic = row.id
        db.session.remove()
    return expert, topic


def ready(app, expert) -> None:
    """This person waits for calls."""
    with app.app_context():
        with work() as session:
            session.get(Seat, expert.account_id).state = "ready"
        db.session.remove()


def test_a_call_is_taken_registered_and_its_recording_hangs_on_the_ticket(app, line, agent):
    call = line.taken_by(agent)
    assert call["answer_seconds"] is not None
    assert line.heard("录音"), "the notice was said"
    number = registered(agent, call)
    assert look(app, number)["call_id"] == call["provider_id"]
    line.hung_up()
    line.recorded()
    with app.app_context():
        assert keeping.fetch_recordings() == 1
        row = db.session.execute(
            sa.text("SELECT kind, purpose, mime, sha256 FROM attachments a JOIN tickets t ON t.id = a.ticket_id WHERE t.number = :n"),
            {"n": number},
        ).one()
        assert tuple(row)[:3] == ("audio", "citizen", "audio/wav")
        assert attachments.path_of(app.config["SETTINGS"].uploads, row.sha256).exists()
        assert db.session.scalar(sa.text("SELECT state FROM seats JOIN accounts ON id = account_id WHERE username = 'agent1'")) == "ready"
        db.session.remove()
        assert keeping.fetch_recordings() == 0
    page = agent.get(f"/tickets/{number}").get_data(as_text=True)
    assert "通话录音" in page
    assert "上传附件" not in page, "the citizen did not send it"
    told = agent.get(f"/api/v1/tickets/{number}/calls").get_json()
    assert [(one["call_id"], one["outcome"]) for one in told] == [(call["provider_id"], "answered")]
    assert CITIZEN not in str(told)


def test_the_recording_of_a_refusal_is_kept_too_and_a_sealed_one_is_not_for_units(app, line, agent):
    number = registered(agent, line.taken_by(agent), do="refuse", code="litigation")
    line.press("hang-up")
    line.recorded()
    with app.app_context():
        assert keeping.fetch_recordings() == 1
    assert look(app, number)["status"] == "refused"
    number = registered(agent, line.taken_by(agent), do="register", appeal_type="report")
    line.press("hang-up")
    line.recorded("recording_id IS NOT NULL AND attachment_id IS NULL")
    with app.app_context():
        assert keeping.fetch_recordings() == 1
        with work() as session:
            now = clock.now()
            dispatch.dispatch(
                session,
                fetch_ticket(session, actor(session, "dispatcher1", now), number, lock=True),
                "urban",
                actor(session, "dispatcher1", now),
                now,
                note="请核查",
            )
        db.session.remove()
    unit = seat(app, "urban.handler")
    assert unit.get(f"/api/v1/tickets/{number}/attachments").get_json() == []
    assert "通话录音 " not in unit.get(f"/tickets/{number}").get_data(as_text=True)


def test_119_comes_into_the_talk_with_one_key_and_the_operator_may_leave(app, line, agent):
    call = line.taken_by(agent)
    number = registered(agent, call, do="emergency-119", content="")
    assert look(app, number)["status"] == "emergency-transferred"
    assert line.row()["line"] == "119"
    assert line.heard("119 接进来了")
    told = lambda: sum(row["note"].endswith(("· completed", "· participant-leave")) for row in line.stage.book.rows("brought"))  # noqa: E731
    before = told()
    assert acts(agent, "hang-up", call=call["id"]).status_code == 302
    line.until(lambda: line.legs(to=DESK, status="completed"))
    line.until(lambda: told() >= before + 3, "both legs' ends and the conference's were not told")
    assert line.row()["state"] == "talking", "the citizen and 119 talk on"
    line.hung_up()


def test_the_caller_waits_is_taken_back_and_handed_to_a_unit(app, line, agent):
    call = line.taken_by(agent)
    token = token_of(agent.get("/desk/intake").get_data(as_text=True))

    def act(what, **form):
        return agent.post(
            f"/desk/intake/line/{what}", data={"csrf_token": token, "call": call["id"]} | form, headers={"HX-Request": "true"}
        )

    with line.system_away():
        act("hold")
    assert line.row()["held_at"] is None, "what the system would not do has not happened"
    act("hold")
    assert (line.row()["held_at"] is not None, line.heard("保持，音乐")) == (True, True)
    strip = agent.get("/desk/intake/line").get_data(as_text=True)
    assert ("取回" in strip, "来电人在听音乐" in strip) == (True, True)
    act("resume")
    assert (line.row()["held_at"], line.heard("受理员回来了")) == (None, True)
    for wrong in ({}, {"number": "12"}, {"unit": "no-such"}):
        act("transfer", **wrong)
    assert line.row()["line"] == ""
    act("transfer", number="0576 8812 0001")
    assert line.row()["line"] == mask_phone("057688120001"), "a number is never written out"
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE units SET phone = '0576-88120002' WHERE code = 'urban'"))
            forget(session)
        db.session.remove()
    act("transfer", unit="urban", call="")
    assert (line.heard("+8657688120001 接进来了"), line.heard("+8657688120002 接进来了")) == (True, True)
    act("hang-up")
    line.until(lambda: line.legs(to=DESK, sid=call["seat_leg"], status="completed"))
    assert line.row()["state"] == "talking", "the citizen and the unit talk on"
    line.hung_up()
    line.recorded()


def test_a_caller_is_handed_to_a_topics_expert_and_both_talks_are_recorded(app, line, agent):
    """R08: refused while no expert is at a seat; undone when the telephone system refuses; then the expert talks with the same caller."""
    expert, topic = topic_of(app, "flood", "防汛专家咨询", "followup1")
    call = line.taken_by(agent)
    leg = call["provider_id"]
    with app.app_context():
        db.session.execute(sa.text("UPDATE calls SET special_id = :topic WHERE id = :call"), {"topic": topic, "call": call["id"]})
        db.session.commit()
    page = agent.get("/desk/intake").get_data(as_text=True)
    assert "专题：防汛专家咨询" in page, "nobody else was there, so it came to this desk"
    assert '<option value="urban" selected' in page, "its matters' category is chosen"
    assert '<option value="flood">防汛专家咨询</option>' in page
    acts(agent, "transfer", topic="flood")
    acts(agent, "transfer", topic="flood", number="13800002716")
    assert (line.row()["id"], line.row()["state"]) == (call["id"], "talking"), "no expert is there, then two wishes at once"
    ready(app, expert)
    with line.system_away():
        acts(agent, "transfer", topic="flood")
    assert line.row("state <> 'ended'")["provider_id"] == leg
    acts(agent, "transfer", topic="flood", call=call["id"])
    onward = line.becomes("offered")
    assert (onward["provider_id"], onward["back_of_id"], onward["agent_id"]) == (leg, call["id"], expert.account_id)
    assert "就绪，等电话" in agent.get("/desk/intake/line").get_data(as_text=True), "free for the next one"
    with app.app_context():
        placing.answer(onward["id"], expert, clock.now())
        db.session.remove()
    line.until(lambda: line.legs(sid=leg, room=f"call-{onward['id']}"), "the expert has not got the caller")
    line.hung_up()
    for part in (call, onward):
        line.recorded(f"id = {part['id']} AND recording_id IS NOT NULL")
    assert {line.row(f"id = {part['id']}")["outcome"] for part in (call, onward)} == {"answered"}


def test_who_has_left_the_queue_is_not_asked_about_its_music(app, line, agent, monkeypatch):
    """An operator was there before the first announcement. Asked for it nevertheless while the caller was handed over, the product knew no such
    caller in that queue, and the telephone system hung up on them."""

    def refused(_system, _line) -> None:
        line.stage.courier.rest()
        raise TelephonyFailed("电话系统没有照做")

    monkeypatch.setattr(switchboard, "WAIT_AGAIN", 0.2)
    earlier = len(line.stage.book.rows("brought"))
    call = line.taken_by(agent)
    expert, _topic = topic_of(app, "wind", "防台专家咨询", "followup1")
    ready(app, expert)
    monkeypatch.setattr(TwilioVoice, "queue", refused)
    acts(agent, "transfer", topic="wind", call=call["id"])
    assert line.row("state <> 'ended'")["provider_id"] == call["provider_id"], "they talk on"
    assert {row["status"] for row in line.stage.book.rows("brought")[earlier:]} == {200}


def test_the_operator_hangs_up_and_so_does_the_hotline(app, line, agent):
    call = line.taken_by(agent)
    acts(agent, "hang-up", call=call["id"])
    line.becomes("ended")
    assert "登记完就接下一个" in agent.get("/desk/intake/line").get_data(as_text=True)
    acts(agent, "ready")
    assert "就绪，等电话" in agent.get("/desk/intake/line").get_data(as_text=True)


def test_who_gave_up_waiting_is_called_back_through_the_bridge(app, line, agent):
    line.press("dial")
    line.becomes("queued")
    line.until(lambda: line.heard("下一位就是您"), "no place was told")
    missed = line.hung_up()
    assert missed["outcome"] == "abandoned"
    page = agent.get("/desk/intake/missed").get_data(as_text=True)
    assert "139****0001" in page
    assert CITIZEN not in page
    agent.post(f"/desk/intake/missed/{missed['id']}/calls", data={"csrf_token": token_of(page)})
    line.rings()
    assert line.hung_up()["outcome"] == "unreached"
    assert "139****0001" in agent.get("/desk/intake/missed").get_data(as_text=True), "who did not answer is still to be called"
    agent.post(f"/desk/intake/missed/{missed['id']}/calls", data={"csrf_token": token_of(page)})
    line.rings()
    rung = line.stage.book.rows("call", lambda row: row["direction"] in ("outbound-dial", "outbound-api"))[-2:]
    assert {row["from"] for row in rung} == {"+86106912345"}, "neither telephone shows the other's number"
    line.press("answer")
    back = line.becomes("talking")
    assert (back["purpose"], back["back_of_id"]) == ("call-back", missed["id"])
    line.hung_up()
    assert "都回了" in agent.get("/desk/intake/missed").get_data(as_text=True)


def test_the_citizen_of_a_ticket_is_called_from_the_follow_up_desk_and_the_number_is_nowhere(app, line):
    number = put(app, "follow-up", appellant=Appellant(name="陈小芳", phone=CITIZEN))
    caller = seat(app, "followup1")
    assert "直接拨，不看号码" in caller.get(f"/desk/follow-up/{number}").get_data(as_text=True)
    page = caller.get(f"/tickets/{number}").get_data(as_text=True)
    answer = caller.post(f"/desk/telephone/calls/{number}", data={"csrf_token": token_of(page)}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    line.becomes("ringing")
    line.rings()
    assert line.hung_up()["outcome"] == "unreached"
    key = {"X-CSRFToken": token_of(page), "Idempotency-Key": "cti-7"}
    with line.system_away():
        assert caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key).status_code == 503
    again = caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key)
    assert again.status_code == 201, "a call that could not be placed may be tried again under its key"
    repeated = caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key)
    assert (repeated.data, repeated.headers["Idempotent-Replayed"]) == (again.data, "true"), "a CTI that asks twice rings once"
    assert CITIZEN not in again.get_data(as_text=True)
    assert caller.post(f"/api/v1/tickets/{number}/calls", json={}, headers={"X-CSRFToken": token_of(page)}).status_code == 409, (
        "one call at a time"
    )
    line.rings()
    line.hung_up()


def test_a_telephone_system_that_is_away_leaves_the_caller_waiting(app, line, agent):
    acts(agent, "ready")
    line.press("dial")
    call = line.becomes("offered")
    with line.system_away():
        acts(agent, "answer", call=call["id"])
    assert line.becomes("queued")["agent_id"] is None
    assert "没在接电话" in agent.get("/desk/intake/line").get_data(as_text=True)
    line.hung_up()


def test_the_line_adds_one_statement_to_the_screen(app, line, agent):
    agent.get("/desk/intake")
    with counted(app, this_thread=True) as sent:
        agent.get("/desk/intake")
    assert len([one for one in sent if "seats" in one]) == 1, sent
    assert len([one for one in sent if "calls" in one]) == 1, sent
