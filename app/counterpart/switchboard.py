"""Twilio's switchboard, as far as a hotline meets it: calls, queues and conferences, moved on by the TwiML the product answers.

Here is what happens to a call; its rows are exchange.py's, its REST and its telephone calls.py's. Talk is text: what is said appears on
the telephone of who hears it.
"""

from functools import partial
from xml.etree import ElementTree as ET

from app.counterpart.book import Row
from app.counterpart.exchange import OVER, SECONDS_SAID, Exchange
from app.counterpart.stage import international, plain, sid_of

PICK_UP = 0.8  # seconds until a telephone on a desk is picked up by itself
FIRST_WAIT = 0.2  # seconds in the queue until the first announcement
WAIT_AGAIN = 6.0  # seconds between two announcements in the queue
RINGS = 30.0  # seconds a citizen's telephone rings


class Switchboard(Exchange):
    """The exchange at work. Every public method may be called from any thread."""

    def call_in(self, number: str, dialled: str = "") -> str:
        """A citizen dials the hotline, or the number of a special topic; returns the call's sid."""
        with self._lock:
            sid = self._leg(international(number), international(dialled) if dialled else self.hotline, "inbound", number, status="ringing")
            self.stage.show(number, "calls", "out", f"拨 {dialled or 12345}", call=sid)
            self._ask(sid, "/hooks/twilio/voice")
            return sid

    def call_out(self, form: dict[str, str]) -> Row:
        """REST: ring a telephone on a desk, which picks up by itself; then it does as it is told."""
        with self._lock:
            sid = self._leg(form["From"], form["To"], "outbound-api", "", callback=form.get("StatusCallback", ""))
            self._tell(sid, "initiated")
            self._tell(sid, "ringing")
            self.stage.courier.later(lambda: self._picked_up(sid, form.get("Url", ""), form.get("Twiml", "")), PICK_UP)
            return self.leg(sid) or {}

    def redirect(self, sid: str, url: str) -> None:
        """REST: leave whatever this leg is in and ask there what to do."""
        with self._lock:
            row = self.leg(sid)
            if row and row["status"] not in OVER:
                if row["place"] == "queue":
                    self._ask(sid, row["action"], follow=False, QueueResult="redirected")
                self._set(sid, place="")
                if row["place"] == "room":
                    self._left(sid, row["room"])
                self._ask(sid, url)

    def accept(self, sid: str) -> None:
        """A citizen answers the hotline's call."""
        with self._lock:
            row = self.leg(sid)
            if row and row["status"] == "ringing" and row["direction"] == "outbound-dial":
                self._set(sid, status="in-progress", place="dial")
                self._tell(sid, "in-progress")
                if row["whisper"]:
                    self._ask(sid, row["whisper"], whisper=True)

    def third(self, room: str, form: dict[str, str]) -> Row | None:
        """REST: a third party comes into a conference. None when there is no such room."""
        with self._lock:
            found = self.room(room)
            if found is None:
                return None
            sid = self._leg(form["From"], form["To"], "outbound-api", "", status="in-progress", place="room", room=found["name"])
            self._enter(sid, found["name"], False, False)
            for member in found["members"]:
                self._heard(member, f"{form['To']} 接进来了，三方通话")
            return self.leg(sid)

    def hold(self, room: str, sid: str, on: bool) -> bool:
        """REST: one party of a conference hears music, or is back. False when they are not in it."""
        with self._lock:
            found = self.room(room)
            if found is None or sid not in found["members"]:
                return False
            self._heard(sid, "（保持，音乐）" if on else "（受理员回来了）")
            return True

    def end(self, sid: str, status: str = "completed") -> None:
        """This leg is over, whoever ended it; what hangs on it moves on."""
        with self._lock:
            row = self.leg(sid)
            if row is None or row["status"] in OVER:
                return
            self._set(sid, status=status, place="")
            self._heard(sid, "通话结束")
            self._tell(sid, status, CallDuration=str(SECONDS_SAID))
            if row["place"] == "queue":
                self._ask(sid, row["action"], follow=False, QueueResult="hangup")
            if row["place"] == "room":
                self._ask(sid, row["action"], follow=False, DialCallStatus="completed") if row["action"] else None
                self._left(sid, row["room"])
            if row["direction"] == "inbound" and not row["place"]:
                self._ask(sid, "/hooks/twilio/voice?step=ended", follow=False, CallStatus=status, SequenceNumber="9")
            self._end_bridge(row, status)

    # what TwiML makes happen

    def _picked_up(self, sid: str, url: str, twiml: str) -> None:
        with self._lock:
            row = self.leg(sid)
            if row is None or row["status"] in OVER:
                return
            self._set(sid, status="in-progress")
            self._tell(sid, "in-progress")
            if twiml:
                self._play(sid, twiml)
            else:
                self._ask(sid, url)

    def _wait(self, sid: str, url: str, after: float) -> None:
        """Ask what somebody in the queue hears, unless they have left it by then, or stand in another."""

        def asks() -> None:
            with self._lock:
                row = self.leg(sid)
                if row and row["status"] not in OVER and (row["place"], row["wait"]) == ("queue", url):
                    self._ask(sid, url, wait=True)

        self.stage.courier.later(asks, after)

    def _ask(self, sid: str, url: str, follow: bool = True, wait: bool = False, whisper: bool = False, **more: str) -> None:
        """Ask the product what to do, and do it; what somebody hears who has left the queue meanwhile is nothing to them."""
        row = self.leg(sid) or {}
        form = self._form(row) | more

        def answered(status: int, body: str) -> None:
            if not follow or (wait and (self.leg(sid) or {}).get("place") != "queue"):
                return
            if status != 200 or not body.lstrip().startswith("<"):
                self.end(sid, "failed")
            else:
                self._play(sid, body, wait, whisper)

        self.stage.courier.form(url, form, f"{row.get('number') or row.get('to', '')} · {form['CallStatus']}", 0.0, answered)

    def _play(self, sid: str, body: str, wait: bool = False, whisper: bool = False) -> None:
        with self._lock:
            row = self.leg(sid)
            if row is None or row["status"] in OVER or (wait and row["place"] != "queue"):
                return
            if row["status"] == "ringing" and not whisper:
                self._set(sid, status="in-progress")
            for verb in ET.fromstring(body):  # noqa: S314 - the product's own answer
                if self._does(sid, verb):
                    return
            if wait:
                self._wait(sid, row["wait"], WAIT_AGAIN)
            elif not whisper:
                self.end(sid)

    def _does(self, sid: str, verb: ET.Element) -> bool:
        """One verb; True when nothing after it is done now."""
        if verb.tag == "Say" and verb.get("language", "").startswith("zh"):
            self._heard(sid, verb.text or "")
        elif verb.tag == "Enqueue":
            self._set(sid, place="queue", wait=verb.get("waitUrl", ""), action=verb.get("action", ""))
            self._wait(sid, verb.get("waitUrl", ""), FIRST_WAIT)
            return True
        elif verb.tag == "Leave":
            row = self.leg(sid) or {}
            self._set(sid, place="")
            self._ask(sid, row["action"], QueueResult="leave")
            return True
        elif verb.tag == "Hangup":
            self.end(sid)
            return True
        elif verb.tag == "Dial":
            self._dial(sid, verb)
            return True
        return False

    def _dial(self, sid: str, dial: ET.Element) -> None:
        self._set(sid, action=dial.get("action", ""))
        for noun in dial:
            if noun.tag == "Conference":
                name = noun.text or ""
                self._set(sid, place="room", room=name)
                self._enter(sid, name, noun.get("startConferenceOnEnter") == "true", noun.get("endConferenceOnExit") == "true", noun)
            elif noun.tag == "Number":
                number = plain(noun.text or "")
                child = self._leg(
                    dial.get("callerId", ""),
                    noun.text or "",
                    "outbound-dial",
                    number,
                    status="ringing",
                    parent=sid,
                    callback=noun.get("statusCallback", ""),
                    whisper=noun.get("url", ""),
                    record=dial.get("recordingStatusCallback", ""),
                )
                self._set(sid, place="dial", child=child)
                self.stage.show(number, "calls", "in", "12345 打来电话", call=child)
                self._tell(child, "ringing")
                self.stage.courier.later(partial(self._unanswered, child), RINGS)

    def _unanswered(self, sid: str) -> None:
        if (self.leg(sid) or {}).get("status") == "ringing":
            self.end(sid, "no-answer")

    def _end_bridge(self, row: Row, status: str) -> None:
        """The two legs of a bridge end together: the operator's asks what next, the citizen's is hung up."""
        parent = self.leg(row.get("parent", ""))
        if parent is not None:
            if row["status"] == "in-progress" and row["record"]:
                self._recorded(row["record"], row["sid"])
            if parent["status"] not in OVER:
                self._set(parent["sid"], place="")
                self._ask(parent["sid"], parent["action"], DialCallStatus=status)
        elif row.get("child"):
            self.end(row["child"], "completed" if (self.leg(row["child"]) or {}).get("status") == "in-progress" else "canceled")

    # conferences

    def _enter(self, sid: str, name: str, starts: bool, ends: bool, noun: ET.Element | None = None) -> None:
        held = self.room(name)
        room = held or {
            "name": name,
            "sid": sid_of("CF", name, self.stage.book.fresh()),
            "members": [],
            "enders": [],
            "started": False,
            "over": False,
            "seq": 0,
            "events": "",
            "record": "",
        }
        room = room | {
            "members": [*room["members"], sid],
            "enders": room["enders"] + ([sid] if ends else []),
            "started": room["started"] or starts,
        }
        if noun is not None and noun.get("statusCallback"):
            room |= {"events": noun.get("statusCallback"), "record": noun.get("recordingStatusCallback", "")}
        self.stage.book.put("room", room["sid"], room)
        if held is None:
            self._room_event(room["sid"], "conference-start", sid)
        self._room_event(room["sid"], "participant-join", sid)

    def _left(self, sid: str, name: str) -> None:
        room = self.room(name)
        if room is None or sid not in room["members"]:
            return
        members = [one for one in room["members"] if one != sid]
        self.stage.book.change("room", room["sid"], members=members, over=sid in room["enders"] or not members)
        self._room_event(room["sid"], "participant-leave", sid)
        if sid in room["enders"] or not members:
            self._room_event(room["sid"], "conference-end", sid)
            if room["record"]:
                self._recorded(room["record"], room["sid"])
            for member in members:
                row = self._set(member, place="") or {}
                self._ask(member, row["action"], DialCallStatus="completed") if row.get("action") else self.end(member)
