"""The telephone through Twilio's own library: what we ask of it over REST. What it is answered when it asks us is twiml.py's."""

from contextlib import suppress
from dataclasses import dataclass

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from app.phone import twiml
from app.phone.telephony import Line, TelephonyFailed
from notifiers.channels.twilio_sms import REAL, TIMEOUT, Elsewhere

RING_SECONDS = 25
LEG_EVENTS = ["initiated", "ringing", "answered", "completed"]
DONE = "completed"
OVER = (21220, 20404)  # Twilio's codes: not in progress, no such call


@dataclass(frozen=True)
class VoiceAccount:
    """Whose telephone it is. `number`: the hotline's own (+86…), all that either side ever sees; `hook`: our address for Twilio's questions."""

    sid: str
    token: str
    number: str
    hook: str
    api_url: str = REAL


class AlreadyOver(Exception):
    """The leg had ended by itself."""


class TwilioVoice:
    """Telephony by Twilio."""

    def __init__(self, account: VoiceAccount):
        self._account = account
        self._client = Client(account.sid, account.token, http_client=Elsewhere(account.api_url))

    def answer(self, line: Line, seat: str) -> str:
        """Ring the seat; picking up asks us for step `seat`, which puts both into one conference."""
        with _plainly():
            made = self._client.calls.create(
                to=seat,
                from_=self._account.number,
                url=self._hook("seat", line.id),
                timeout=RING_SECONDS,
                status_callback=self._hook("leg", line.id),
                status_callback_event=LEG_EVENTS,
            )
        return str(made.sid)

    def join(self, line: Line) -> None:
        """Move the waiting caller into the conference, once the seat has picked up."""
        with _plainly():
            self._client.calls(line.provider_id).update(url=self._hook("join", line.id), method="POST")

    def queue(self, line: Line) -> None:
        """The caller waits (again)."""
        with _plainly():
            self._client.calls(line.provider_id).update(url=self._hook("queue", line.id), method="POST")

    def bridge(self, line: Line, seat: str, number: str) -> str:
        """The number goes to Twilio alone, inside the instructions; both telephones show the hotline's."""
        with _plainly():
            made = self._client.calls.create(
                to=seat,
                from_=self._account.number,
                twiml=twiml.bridge(number, self._account.number, lambda step: self._hook(step, line.id)),
                timeout=RING_SECONDS,
                status_callback=self._hook("leg", line.id),
                status_callback_event=LEG_EVENTS,
            )
        return str(made.sid)

    def transfer(self, line: Line, number: str) -> None:
        """A third party is called into the conference."""
        with _plainly():
            self._client.conferences(line.room or twiml.room_name(line.id)).participants.create(
                from_=self._account.number, to=number, early_media=True, end_conference_on_exit=False, label="third"
            )

    def hold(self, line: Line, on: bool) -> None:
        """The citizen's part of the conference is held, with the platform's own music."""
        with _plainly():
            self._client.conferences(line.room or twiml.room_name(line.id)).participants(line.provider_id).update(hold=on)

    def record(self, recording: str) -> bytes:
        """The MP3 of a recording; the library knows its description only, the sound lies beside it."""
        address = f"{self._account.api_url}/2010-04-01/Accounts/{self._account.sid}/Recordings/{recording}.mp3"
        with _plainly():
            answer = requests.get(address, auth=(self._account.sid, self._account.token), timeout=TIMEOUT * 3)
            answer.raise_for_status()
        return answer.content

    def hang_up(self, line: Line, whole: bool = True) -> None:
        """End our leg, and the citizen's. One that is over already needs no ending."""
        for leg in (line.seat_leg, line.provider_id if whole else ""):
            if leg:
                with _plainly(), suppress(AlreadyOver):
                    self._end(leg)

    def _end(self, leg: str) -> None:
        try:
            self._client.calls(leg).update(status=DONE)
        except TwilioRestException as refused:
            if refused.code in OVER:
                raise AlreadyOver from refused
            raise

    def _hook(self, step: str, call_id: int) -> str:
        return f"{self._account.hook}?step={step}&call={call_id}"


class _plainly:  # noqa: N801 - reads as a word at its place
    """Known failures of the way there become one refusal that says what to do."""

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, _kind, failed, _trace) -> None:
        if isinstance(failed, TwilioRestException | TwilioServiceException | requests.RequestException):
            raise TelephonyFailed("电话系统没有照做，请用话机直接拨或转") from failed
