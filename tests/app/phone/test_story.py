"""Whole stories through the counterpart: real library, real HTTP, signed questions. A call comes in, is taken, handed to 119, recorded; missed and called back."""

import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests
import sqlalchemy as sa

from app import clock, create_app
from app.auth.access import fetch_ticket
from app.counterpart import switchboard
from app.db import db
from app.phone import keeping, seats
from app.work import work
from tests.app.phone.conftest import actor
from tests.app.web.seats import look, put, seat, token_of
from tests.app.with_counterpart import playing
from tests.statements import counted
from tickets import attachments, dispatch
from tickets.identity import Appellant
from tickets.reference import forget
from tickets.text import mask_phone

PATIENCE = 15
CITIZEN = "13900010001"
EARLIER = {"earlier": 0}


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


@pytest.fixture(scope="module")
def stage(played):
    return played[0]


@pytest.fixture
def telephone(played, monkeypatch):
    """The buttons of a citizen's telephone."""
    monkeypatch.setattr(switchboard, "PICK_UP", 0.05)
    return lambda act, number=CITIZEN: requests.post(
        f"{played[2]}/phones/{number}/calls", data={"act": act}, timeout=5, allow_redirects=False
    )


@contextmanager
def system_away(app):
    """Nobody answers where the telephone system should be."""
    held = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(held, twilio_api_url="http://127.0.0.1:9")
    try:
        yield
    finally:
        app.config["SETTINGS"] = held


@pytest.fixture(autouse=True)
def quiet(app, telephone):
    """Nobody on the line, nobody at a seat, nothing missed."""
    telephone("hang-up")
    with app.app_context():
        app.extensions["redis"].flushdb()
        with work() as session:
            session.execute(sa.text("UPDATE calls SET state = 'ended', ended_at = now() WHERE state <> 'ended'"))
            session.execute(sa.text("UPDATE calls SET settled_at = now() WHERE settled_at IS NULL"))
            for name in ("agent1", "followup1"):
                seats.set_address(session, "+8657612340001", actor(session, name, clock.now()), clock.now()).state = "away"
            EARLIER["earlier"] = session.scalar(sa.text("SELECT coalesce(max(id), 0) FROM calls"))
        db.session.remove()


def call_row(app, which: str = "true") -> dict:
    """This test's latest call that is so."""
    with app.app_context():
        row = (
            db.session.execute(sa.text(f"SELECT * FROM calls WHERE id > :earlier AND {which} ORDER BY id DESC LIMIT 1"), EARLIER)
            .mappings()
            .first()
        )
        db.session.remove()
    return dict(row) if row else {}


def until(stage, true, what: str = ""):
    """Wait for the counterpart's news until this is so."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, what or "it never came true"
        stage.book.await_change(stage.book.version, 0.1)
    return found


def state(app, stage, wanted: str) -> dict:
    return until(stage, lambda: call_row(app, f"state = '{wanted}'"), f"no call became {wanted}: {call_row(app)}")


def acts(client, act: str, **form):
    page = client.get("/desk/intake").get_data(as_text=True)
    return client.post(f"/desk/intake/line/{act}", data={"csrf_token": token_of(page)} | form)


def on_line(app, stage, agent, telephone) -> dict:
    """An operator who talks with the citizen."""
    assert acts(agent, "ready").status_code == 302
    telephone("dial")
    call = state(app, stage, "offered")
    acts(agent, "answer", call=call["id"])
    return state(app, stage, "talking")


def registered(agent, call: dict, **changed) -> str:
    page = agent.get("/desk/intake").get_data(as_text=True)
    assert f'name="call" value="{call["id"]}"' in page, "the form knows the call"
    assert f'value="{CITIZEN}"' in page, "and the number"
    sent = {
        "csrf_token": token_of(page),
        "token": token_of(page, "token"),
        "call": call["id"],
        "channel": "phone",
        "phone": CITIZEN,
        "content": "海晏小区 3 幢地下室进水，有人被困",
        "category": "urban.drainage.backflow",
        "appeal_type": "help",
        "region": "990101001",
        "urgency": "ordinary",
        "kind": "person",
        "reply_wanted": "1",
        "do": "dispatch",
    }
    answer = agent.post("/desk/intake", data=sent | changed)
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    return answer.location.split("/receipts/")[1].split("?")[0]


def test_a_call_is_taken_registered_and_its_recording_hangs_on_the_ticket(app, stage, telephone):
    agent = seat(app, "agent1")
    call = on_line(app, stage, agent, telephone)
    assert call["answer_seconds"] is not None
    assert any("录音" in row["words"] for row in stage.shown(CITIZEN, "calls")), "the notice was said"
    number = registered(agent, call)
    assert look(app, number)["call_id"] == call["provider_id"]
    telephone("hang-up")
    state(app, stage, "ended")
    until(stage, lambda: call_row(app, "recording_id IS NOT NULL"), "no recording")
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


def test_the_recording_of_a_refusal_is_kept_too_and_a_sealed_one_is_not_for_units(app, stage, telephone):
    agent = seat(app, "agent1")
    number = registered(agent, on_line(app, stage, agent, telephone), do="refuse", code="litigation")
    telephone("hang-up")
    until(stage, lambda: call_row(app, "recording_id IS NOT NULL"), "no recording")
    with app.app_context():
        assert keeping.fetch_recordings() == 1
    assert look(app, number)["status"] == "refused"
    number = registered(agent, on_line(app, stage, agent, telephone), do="register", appeal_type="report")
    telephone("hang-up")
    until(stage, lambda: call_row(app, "recording_id IS NOT NULL AND attachment_id IS NULL"), "no recording")
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


def test_119_comes_into_the_talk_with_one_key_and_the_operator_may_leave(app, stage, telephone):
    agent = seat(app, "agent1")
    call = on_line(app, stage, agent, telephone)
    number = registered(agent, call, do="emergency-119", content="")
    assert look(app, number)["status"] == "emergency-transferred"
    assert call_row(app)["line"] == "119"
    assert any("119 接进来了" in row["words"] for row in stage.shown(CITIZEN, "calls"))
    told = lambda: sum(row["note"].endswith(("· completed", "· participant-leave")) for row in stage.book.rows("brought"))  # noqa: E731
    before = told()
    assert acts(agent, "hang-up", call=call["id"]).status_code == 302
    until(stage, lambda: stage.book.rows("call", lambda row: row["to"] == "+8657612340001" and row["status"] == "completed"))
    until(stage, lambda: told() >= before + 3, "both legs' ends and the conference's were not told")
    assert call_row(app)["state"] == "talking", "the citizen and 119 talk on"
    telephone("hang-up")
    state(app, stage, "ended")


def test_the_caller_waits_is_taken_back_and_handed_to_a_unit(app, stage, telephone):
    agent = seat(app, "agent1")
    call = on_line(app, stage, agent, telephone)
    token = token_of(agent.get("/desk/intake").get_data(as_text=True))

    def act(what, **form):
        return agent.post(
            f"/desk/intake/line/{what}", data={"csrf_token": token, "call": call["id"]} | form, headers={"HX-Request": "true"}
        )

    def heard(words):
        return any(words in row["words"] for row in stage.shown(CITIZEN, "calls"))

    with system_away(app):
        act("hold")
    assert call_row(app)["held_at"] is None, "what the system would not do has not happened"
    act("hold")
    assert (call_row(app)["held_at"] is not None, heard("保持，音乐")) == (True, True)
    strip = agent.get("/desk/intake/line").get_data(as_text=True)
    assert ("取回" in strip, "来电人在听音乐" in strip) == (True, True)
    act("resume")
    assert (call_row(app)["held_at"], heard("受理员回来了")) == (None, True)
    for wrong in ({}, {"number": "12"}, {"unit": "no-such"}):
        act("transfer", **wrong)
    assert call_row(app)["line"] == ""
    act("transfer", number="0576 8812 0001")
    assert call_row(app)["line"] == mask_phone("057688120001"), "a number is never written out"
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE units SET phone = '0576-88120002' WHERE code = 'urban'"))
            forget(session)
        db.session.remove()
    act("transfer", unit="urban", call="")
    assert (heard("+8657688120001 接进来了"), heard("+8657688120002 接进来了")) == (True, True)
    act("hang-up")
    until(
        stage,
        lambda: stage.book.rows(
            "call", lambda row: row["to"] == "+8657612340001" and row["sid"] == call["seat_leg"] and row["status"] == "completed"
        ),
    )
    assert call_row(app)["state"] == "talking", "the citizen and the unit talk on"
    telephone("hang-up")
    state(app, stage, "ended")
    until(stage, lambda: call_row(app, "recording_id IS NOT NULL"), "no recording")


def test_the_operator_hangs_up_and_so_does_the_hotline(app, stage, telephone):
    agent = seat(app, "agent1")
    call = on_line(app, stage, agent, telephone)
    acts(agent, "hang-up", call=call["id"])
    state(app, stage, "ended")
    assert "登记完就接下一个" in agent.get("/desk/intake/line").get_data(as_text=True)
    acts(agent, "ready")
    assert "就绪，等电话" in agent.get("/desk/intake/line").get_data(as_text=True)


def test_who_gave_up_waiting_is_called_back_through_the_bridge(app, stage, telephone):
    agent = seat(app, "agent1")
    telephone("dial")
    state(app, stage, "queued")
    until(stage, lambda: any("下一位就是您" in row["words"] for row in stage.shown(CITIZEN, "calls")), "no place was told")
    telephone("hang-up")
    missed = state(app, stage, "ended")
    assert missed["outcome"] == "abandoned"
    page = agent.get("/desk/intake/missed").get_data(as_text=True)
    assert "139****0001" in page
    assert CITIZEN not in page
    agent.post(f"/desk/intake/missed/{missed['id']}/calls", data={"csrf_token": token_of(page)})
    until(stage, lambda: stage.book.rows("call", lambda row: row["direction"] == "outbound-dial" and row["status"] == "ringing"))
    rung = stage.book.rows("call", lambda row: row["direction"] in ("outbound-dial", "outbound-api"))[-2:]
    assert {row["from"] for row in rung} == {"+86106912345"}, "neither telephone shows the other's number"
    telephone("answer")
    back = state(app, stage, "talking")
    assert (back["purpose"], back["back_of_id"]) == ("call-back", missed["id"])
    telephone("hang-up")
    state(app, stage, "ended")
    assert "都回了" in agent.get("/desk/intake/missed").get_data(as_text=True)


def test_the_citizen_of_a_ticket_is_called_from_the_follow_up_desk_and_the_number_is_nowhere(app, stage, telephone):
    number = put(app, "follow-up", appellant=Appellant(name="陈小芳", phone=CITIZEN))
    caller = seat(app, "followup1")
    assert "直接拨，不看号码" in caller.get(f"/desk/follow-up/{number}").get_data(as_text=True)
    page = caller.get(f"/tickets/{number}").get_data(as_text=True)
    answer = caller.post(f"/desk/telephone/calls/{number}", data={"csrf_token": token_of(page)}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    state(app, stage, "ringing")
    until(stage, lambda: stage.book.rows("call", lambda row: row["direction"] == "outbound-dial" and row["status"] == "ringing"))
    telephone("hang-up")
    assert state(app, stage, "ended")["outcome"] == "unreached"
    key = {"X-CSRFToken": token_of(page), "Idempotency-Key": "cti-7"}
    with system_away(app):
        assert caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key).status_code == 503
    again = caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key)
    assert again.status_code == 201, "a call that could not be placed may be tried again under its key"
    repeated = caller.post(f"/api/v1/tickets/{number}/calls", json={"purpose": "follow-up"}, headers=key)
    assert (repeated.data, repeated.headers["Idempotent-Replayed"]) == (again.data, "true"), "a CTI that asks twice rings once"
    assert CITIZEN not in again.get_data(as_text=True)
    assert caller.post(f"/api/v1/tickets/{number}/calls", json={}, headers={"X-CSRFToken": token_of(page)}).status_code == 409, (
        "one call at a time"
    )
    until(stage, lambda: stage.book.rows("call", lambda row: row["direction"] == "outbound-dial" and row["status"] == "ringing"))
    telephone("hang-up")
    state(app, stage, "ended")


def test_a_telephone_system_that_is_away_leaves_the_caller_waiting(app, stage, telephone):
    agent = seat(app, "agent1")
    acts(agent, "ready")
    telephone("dial")
    call = state(app, stage, "offered")
    with system_away(app):
        acts(agent, "answer", call=call["id"])
    assert state(app, stage, "queued")["agent_id"] is None
    assert "没在接电话" in agent.get("/desk/intake/line").get_data(as_text=True)
    telephone("hang-up")
    state(app, stage, "ended")


def test_the_line_adds_one_statement_to_the_screen(app, stage):
    agent = seat(app, "agent1")
    agent.get("/desk/intake")
    with counted(app, this_thread=True) as sent:
        agent.get("/desk/intake")
    assert len([one for one in sent if "seats" in one]) == 1, sent
    assert len([one for one in sent if "calls" in one]) == 1, sent
