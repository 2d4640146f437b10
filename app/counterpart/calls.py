"""Twilio's Calls, Conferences, Queues and Recordings as its REST shows them, and the telephone app of the demo: dial 12345, answer, hang up."""

import io
import math
import re
import struct
import wave
from email.utils import format_datetime

from flask import Flask, Response, jsonify, redirect, request

from app import clock
from app.counterpart.book import Row
from app.counterpart.exchange import OVER
from app.counterpart.stage import Panel, Stage
from app.counterpart.switchboard import Switchboard
from app.counterpart.twilio_messages import NUMBER, VERSION, problem
from app.web.i18n import later

RATE, SECONDS = 8000, 2
STARTS = ("+", "sip:", "client:")
DIALLED = re.compile(r"\+?[0-9]{3,15}")


class Calls:
    """One account's telephone."""

    def __init__(self, stage: Stage):
        self.stage, self.board = stage, Switchboard(stage)
        self.sid = stage.settings.twilio_account_sid

    def register(self, app: Flask) -> None:
        """The addresses of the REST, and what the telephones do."""
        account = f"/{VERSION}/Accounts/{self.sid}"
        add = app.add_url_rule
        add(f"{account}/Calls.json", "voice.create", self.create, methods=["POST"])
        add(f"{account}/Calls.json", "voice.list", lambda: self._list("calls", self.stage.book.rows("call"), self._call))
        add(f"{account}/Calls/<sid>.json", "voice.change", self.change, methods=["GET", "POST"])
        add(f"{account}/Queues.json", "voice.queues", self.queues)
        add(f"{account}/Conferences.json", "voice.conferences", lambda: self._list("conferences", self.stage.book.rows("room"), self._room))
        add(f"{account}/Conferences/<room>/Participants/<sid>.json", "voice.held", self.held, methods=["POST"])
        add(f"{account}/Conferences/<room>/Participants.json", "voice.third", self.third, methods=["POST"])
        add(f"{account}/Recordings.json", "voice.recordings", lambda: self._list("recordings", self.stage.book.rows("recording"), dict))
        add(f"{account}/Recordings/<sid>.mp3", "voice.sound", self.sound)
        add("/phones/<number>/calls", "phones.dial", self.dial, methods=["POST"])
        self.stage.panels.append(Panel("calls", later("电话"), "phone", "counterpart/_calls.html", self._facts))

    def create(self):
        """POST Calls: 201 and the leg, which rings."""
        if (wrong := self._refused()) is not None:
            return wrong
        form = request.form.to_dict()
        for bad, code, words in (
            (not form.get("To"), 21201, "No 'To' number is specified"),
            (not NUMBER.fullmatch(form.get("From", "")), 21212, "The 'From' number is not valid."),
            (not form.get("Url") and not form.get("Twiml"), 21205, "Url parameter is required."),
            (
                not form.get("To", "").startswith(STARTS) and not form.get("To", "").isdigit(),
                21211,
                "The 'To' number is not a valid phone number.",
            ),
        ):
            if bad:
                return problem(400, code, words)
        return jsonify(self._call(self.board.call_out(form))), 201

    def change(self, sid: str):
        """GET a leg; POST Status=completed ends it, Url= sends it elsewhere."""
        if (wrong := self._refused()) is not None:
            return wrong
        row = self.board.leg(sid)
        if row is None:
            return problem(404, 20404, "The requested resource was not found")
        if request.method == "POST":
            if row["status"] in OVER:
                return problem(400, 21220, "Call is not in-progress. Cannot redirect.")
            if request.form.get("Status") == "completed":
                self.board.end(sid)
            elif request.form.get("Url"):
                self.board.redirect(sid, request.form["Url"])
        return jsonify(self._call(self.board.leg(sid) or row))

    def queues(self):
        """GET Queues: the one there is."""
        waiting = self.stage.book.rows("call", lambda row: row["place"] == "queue" and row["status"] not in OVER)
        return self._list(
            "queues",
            [{"sid": "QU" + "0" * 32, "friendly_name": "hotline", "current_size": len(waiting), "max_size": 100, "account_sid": self.sid}],
            dict,
        )

    def third(self, room: str):
        """POST Participants: somebody is called into the conference."""
        if (wrong := self._refused()) is not None:
            return wrong
        if not request.form.get("To") or not request.form.get("From"):
            return problem(400, 21201, "No 'To' number is specified")
        leg = self.board.third(room, request.form.to_dict())
        if leg is None:
            return problem(404, 20404, "The requested resource was not found")
        found = self.board.room(room) or {"sid": ""}
        return jsonify(
            {
                "account_sid": self.sid,
                "call_sid": leg["sid"],
                "conference_sid": found["sid"],
                "label": request.form.get("Label"),
                "muted": False,
                "hold": False,
                "status": "initiating",
                "end_conference_on_exit": False,
                "start_conference_on_enter": True,
                "coaching": False,
                "call_sid_to_coach": None,
                "queue_time": None,
                "date_created": leg["at"],
                "date_updated": leg["at"],
                "uri": "",
            }
        ), 201

    def held(self, room: str, sid: str):
        """POST a participant: put on hold, or taken back."""
        if (wrong := self._refused()) is not None:
            return wrong
        on = request.form.get("Hold", "").lower() == "true"
        if not self.board.hold(room, sid, on):
            return problem(404, 20404, "The requested resource was not found")
        return jsonify(
            {
                "account_sid": self.sid,
                "call_sid": sid,
                "conference_sid": (self.board.room(room) or {"sid": ""})["sid"],
                "muted": False,
                "hold": on,
                "coaching": False,
                "status": "connected",
                "end_conference_on_exit": True,
                "start_conference_on_enter": False,
                "uri": "",
            }
        )

    def sound(self, sid: str):
        """GET a recording's sound: two seconds of a quiet tone, as WAV whatever the ending says."""
        if (wrong := self._refused()) is not None:
            return wrong
        if self.stage.book.get("recording", sid) is None:
            return problem(404, 20404, "The requested resource was not found")
        return Response(tone(sid), mimetype="audio/x-wav")

    def dial(self, number: str):
        """The buttons of the telephone."""
        act, live = request.form.get("act"), self.board.on_telephone(number)
        if act == "dial" and live is None and self.stage.book.get("phone", number):
            dialled = request.form.get("to", "").replace(" ", "")
            self.board.call_in(number, dialled if DIALLED.fullmatch(dialled) else "")
        elif act == "answer" and live is not None:
            self.board.accept(live["sid"])
        elif act == "hang-up" and live is not None:
            self.board.end(live["sid"], "busy" if live["status"] == "ringing" and live["direction"] == "outbound-dial" else "completed")
        return redirect(f"/phones/{number}?app=calls", code=303)

    def _facts(self, number: str) -> dict:
        return {"said": self.stage.shown(number, "calls"), "call": self.board.on_telephone(number)}

    def _refused(self):
        given = request.authorization
        if given is None or given.username != self.sid or given.password != self.stage.settings.twilio_auth_token:
            return problem(401, 20003, "Authenticate")
        return None

    def _list(self, name: str, rows: list[Row], shown):
        if (wrong := self._refused()) is not None:
            return wrong
        here = request.path
        return jsonify(
            {
                name: [shown(row) for row in rows[::-1][:50]],
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": min(len(rows), 50),
                "uri": here,
                "first_page_uri": here,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    def _call(self, row: Row) -> dict:
        return {
            "sid": row["sid"],
            "account_sid": self.sid,
            "from": row["from"],
            "to": row["to"],
            "status": row["status"],
            "direction": row["direction"],
            "api_version": VERSION,
            "date_created": _rfc(),
            "date_updated": _rfc(),
            "parent_call_sid": row["parent"] or None,
            "uri": f"/{VERSION}/Accounts/{self.sid}/Calls/{row['sid']}.json",
        }

    def _room(self, row: Row) -> dict:
        return {
            "sid": row["sid"],
            "account_sid": self.sid,
            "friendly_name": row["name"],
            "status": "completed" if row["over"] else "in-progress",
            "date_created": _rfc(),
            "date_updated": _rfc(),
            "uri": "",
        }


def register(app: Flask, stage: Stage) -> None:
    """Give the counterpart Twilio's telephone."""
    Calls(stage).register(app)


def tone(seed: str) -> bytes:
    """A WAV that differs from call to call."""
    out = io.BytesIO()
    pitch = 300 + sum(seed.encode()) % 300
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", int(2000 * math.sin(2 * math.pi * pitch * n / RATE))) for n in range(RATE * SECONDS)))
    return out.getvalue()


def _rfc() -> str:
    return format_datetime(clock.now())
