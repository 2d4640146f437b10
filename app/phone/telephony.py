"""The seam: what the house asks of a telephone system, whoever makes it. Twilio is one (`twilio_voice`), a city's own CTI another (`cti`).

What the system tells us comes the other way, as verbs of calls.py, through hooks.py. No ORM object crosses a network call: `Line` does.
"""

from dataclasses import dataclass
from typing import Protocol

from app.errors import Refused
from app.phone.models import Call


class TelephonyFailed(Refused):
    """The telephone system refused or did not answer; the person is told what to do by hand."""

    status = 503
    code = "telephone-failed"


@dataclass(frozen=True)
class Line:
    """One call as a telephone system needs it: our id, its id of the citizen's leg and of the seat's, its conference."""

    id: int
    provider_id: str = ""
    seat_leg: str = ""
    room: str = ""


def line_of(call: Call) -> Line:
    """The call's plain values, to be carried past the commit."""
    return Line(call.id, call.provider_id or "", call.seat_leg or "", call.room)


class Telephony(Protocol):
    """Each raises TelephonyFailed when it could not be done."""

    def answer(self, line: Line, seat: str) -> str:
        """Ring the telephone at `seat`; when it is picked up, the waiting caller is joined. Returns the seat leg's id."""
        ...

    def queue(self, line: Line) -> None:
        """Put a caller (back) in the queue; the seat that talked with them is let go."""
        ...

    def bridge(self, line: Line, seat: str, number: str) -> str:
        """Ring `seat`, then `number` (+86…), each seeing only the hotline's number. Returns the seat leg's id."""
        ...

    def transfer(self, line: Line, number: str) -> None:
        """Bring a third party into the talk; the operator may leave, the other two go on."""
        ...

    def hold(self, line: Line, on: bool) -> None:
        """The citizen hears music and nothing else, or is back in the talk."""
        ...

    def record(self, recording: str) -> bytes:
        """The sound of a finished recording."""
        ...

    def hang_up(self, line: Line, whole: bool = True) -> None:
        """End the seat's part, and the citizen's too if `whole`."""
        ...
