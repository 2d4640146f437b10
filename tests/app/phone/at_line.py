"""A citizen's telephone, the operator's line and the counterpart between them: what the telephone's stories do, and wait for."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace

import requests
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.counterpart.stage import Stage
from app.db import db
from app.phone import seats
from app.work import work
from tests.app.phone.conftest import actor
from tests.app.web.seats import token_of

PATIENCE = 15
CITIZEN, DESK = "13900010001", "+8657612340001"


@dataclass
class Line:
    """One test's calls, those with an id above `earlier`; `counterpart` is its address."""

    app: Flask
    stage: Stage
    counterpart: str
    earlier: int = 0

    def clear(self) -> None:
        """Nobody on the line, nobody at a seat, nothing missed."""
        self.press("hang-up")
        with self.app.app_context():
            self.app.extensions["redis"].flushdb()
            with work() as session:
                session.execute(sa.text("UPDATE calls SET state = 'ended', ended_at = now() WHERE state <> 'ended'"))
                session.execute(sa.text("UPDATE calls SET settled_at = now() WHERE settled_at IS NULL"))
                for name in ("agent1", "followup1"):
                    seats.set_address(session, DESK, actor(session, name, clock.now()), clock.now()).state = "away"
                self.earlier = session.scalar(sa.text("SELECT coalesce(max(id), 0) FROM calls"))
            db.session.remove()

    def press(self, act: str) -> None:
        """A button of the citizen's telephone."""
        requests.post(f"{self.counterpart}/phones/{CITIZEN}/calls", data={"act": act}, timeout=5, allow_redirects=False)

    def row(self, which: str = "true") -> dict:
        """This test's latest call that is so."""
        query = sa.text(f"SELECT * FROM calls WHERE id > :earlier AND {which} ORDER BY id DESC LIMIT 1")
        with self.app.app_context():
            row = db.session.execute(query, {"earlier": self.earlier}).mappings().first()
            db.session.remove()
        return dict(row) if row else {}

    def until(self, true, what: str = "it never came true"):
        """Wait for the counterpart's news until this is so."""
        end = time.monotonic() + PATIENCE
        while not (found := true()):
            assert time.monotonic() < end, what
            self.stage.book.await_change(self.stage.book.version, 0.1)
        return found

    def becomes(self, state: str) -> dict:
        return self.until(lambda: self.row(f"state = '{state}'"), f"no call became {state}: {self.row()}")

    def hung_up(self) -> dict:
        """The citizen puts the receiver down; this call is over, not only one before it."""
        self.press("hang-up")
        self.until(lambda: not self.row("state <> 'ended'"), f"it goes on: {self.row()}")
        return self.row()

    def legs(self, **so) -> list:
        """The telephones the counterpart rang, or that rang it, of which this is so."""
        return self.stage.book.rows("call", lambda row: all(row[name] == value for name, value in so.items()))

    def rings(self) -> None:
        """A telephone we dialled rings."""
        self.until(lambda: self.legs(direction="outbound-dial", status="ringing"))

    def recorded(self, which: str = "recording_id IS NOT NULL") -> None:
        self.until(lambda: self.row(which), "no recording")

    def heard(self, words: str) -> bool:
        """These words were said to the citizen."""
        return any(words in row["words"] for row in self.stage.shown(CITIZEN, "calls"))

    def taken_by(self, agent) -> dict:
        """An operator who talks with the citizen: both telephones are in one conference, which is a moment after the product has counted it a talk."""
        assert acts(agent, "ready").status_code == 302
        self.press("dial")
        acts(agent, "answer", call=self.becomes("offered")["id"])
        call = self.becomes("talking")
        self.until(
            lambda: all(self.legs(sid=call[leg], place="room") for leg in ("provider_id", "seat_leg")), "they do not hear each other"
        )
        return call

    @contextmanager
    def system_away(self):
        """Nobody answers where the telephone system should be."""
        held = self.app.config["SETTINGS"]
        self.app.config["SETTINGS"] = replace(held, twilio_api_url="http://127.0.0.1:9")
        try:
            yield
        finally:
            self.app.config["SETTINGS"] = held


def acts(client, act: str, **form):
    page = client.get("/desk/intake").get_data(as_text=True)
    return client.post(f"/desk/intake/line/{act}", data={"csrf_token": token_of(page)} | form)


def registered(agent, call: dict, **changed) -> str:
    """The matter of the call, written down and sent off; its number."""
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
