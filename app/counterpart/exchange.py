"""The rows of the exchange: legs, conferences and recordings, and what the product is told of each. What moves them on is switchboard.py's."""

import threading
from email.utils import format_datetime

from app import clock
from app.counterpart.book import Row
from app.counterpart.stage import Stage, sid_of

OVER = ("completed", "no-answer", "busy", "failed", "canceled")
SECONDS_SAID = 12  # the length a recording is said to have
BLANK = dict.fromkeys(("place", "room", "action", "wait", "callback", "whisper", "record", "parent", "child"), "")


class Exchange:
    """Rows of kind "call" (one leg each), "room" and "recording". The lock is held by whoever moves a leg on."""

    def __init__(self, stage: Stage):
        self.stage, self._lock = stage, threading.RLock()

    def leg(self, sid: str) -> Row | None:
        """One leg."""
        return self.stage.book.get("call", sid)

    def room(self, name: str) -> Row | None:
        """A conference by name or sid."""
        return next((row for row in self.stage.book.rows("room") if name in (row["name"], row["sid"]) and not row["over"]), None)

    def on_telephone(self, number: str) -> Row | None:
        """The leg a citizen's telephone is busy with."""
        live = self.stage.book.rows("call", lambda row: row["number"] == number and row["status"] not in OVER)
        return live[-1] if live else None

    @property
    def hotline(self) -> str:
        """The number the product has."""
        return self.stage.settings.hotline or "+86106912345"

    def _leg(self, sender: str, to: str, direction: str, number: str, **more: str) -> str:
        """A new leg; returns its sid."""
        sid = sid_of("CA", direction, self.stage.book.fresh())
        head = {"sid": sid, "from": sender, "to": to, "direction": direction, "number": number, "status": "queued"}
        self.stage.book.put("call", sid, head | BLANK | {"seq": 0, "at": clock.now().isoformat()} | more)
        return sid

    def _set(self, sid: str, **fields) -> Row | None:
        return self.stage.book.change("call", sid, **fields)

    def _form(self, row: Row) -> dict[str, str]:
        """A leg as every request of Twilio's names it."""
        return {
            "CallSid": row.get("sid", ""),
            "AccountSid": self.stage.settings.twilio_account_sid,
            "From": row.get("from", ""),
            "To": row.get("to", ""),
            "CallStatus": row.get("status", ""),
            "Direction": row.get("direction", ""),
            "ApiVersion": "2010-04-01",
        }

    def _tell(self, sid: str, status: str, **more: str) -> None:
        """The status callback of a leg."""
        row = self.leg(sid) or {}
        self._set(sid, seq=row["seq"] + 1)
        if row["callback"]:
            form = (
                self._form(row)
                | {
                    "CallStatus": status,
                    "SequenceNumber": str(row["seq"]),
                    "Timestamp": format_datetime(clock.now()),
                    "CallbackSource": "call-progress-events",
                }
                | more
            )
            self.stage.courier.form(row["callback"], form, f"{row['number'] or row['to']} · {status}")

    def _room_event(self, room_sid: str, event: str, sid: str) -> None:
        """The status callback of a conference: what `sid` did in it."""
        room = self.stage.book.get("room", room_sid) or {}
        self.stage.book.change("room", room_sid, seq=room["seq"] + 1)
        if room["events"]:
            form = {
                "ConferenceSid": room_sid,
                "FriendlyName": room["name"],
                "StatusCallbackEvent": event,
                "SequenceNumber": str(room["seq"] + 1),
                "CallSid": sid,
                "AccountSid": self.stage.settings.twilio_account_sid,
                "Timestamp": format_datetime(clock.now()),
            }
            self.stage.courier.form(room["events"], form, f"{room['name']} · {event}")

    def _recorded(self, callback: str, of: str) -> None:
        """A leg or a conference was recorded, and the product learns it."""
        sid = sid_of("RE", of)
        self.stage.book.put("recording", sid, {"sid": sid, "of": of, "duration": str(SECONDS_SAID)})
        form = {
            "RecordingSid": sid,
            "RecordingStatus": "completed",
            "RecordingDuration": str(SECONDS_SAID),
            "AccountSid": self.stage.settings.twilio_account_sid,
            "RecordingSource": "Conference",
            ("ConferenceSid" if of.startswith("CF") else "CallSid"): of,
        }
        self.stage.courier.form(callback, form, "录音好了", 0.5)

    def _heard(self, sid: str, words: str) -> None:
        """What somebody at a citizen's telephone hears."""
        row = self.leg(sid) or {}
        if row.get("number"):
            self.stage.show(row["number"], "calls", "in", words, call=sid)
