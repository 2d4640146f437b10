"""What the providers bring to the product: signed POSTs, at once or later, each noted with the answer it got. A thread of its own per few of them."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests
from twilio.request_validator import RequestValidator

from app import clock
from app.counterpart.book import Book

HANDS = 4
PATIENCE = 15  # seconds, as Twilio has
AGAIN = (1.0, 5.0, 20.0)  # when nobody listened: the product may just be starting
Answered = Callable[[int, str], None]


@dataclass(order=True)
class _Parcel:
    due: float
    turn: int
    send: Callable[[], requests.Response | None] = field(compare=False)
    name: str = field(compare=False, default="")
    note: str = field(compare=False, default="")
    answered: Answered | None = field(compare=False, default=None)
    tries: int = field(default=0, compare=False)


class Courier:
    """Brings parcels to the product. `outside`: the address it is known by, over which signatures are made; `inside`: where it really listens."""

    def __init__(self, book: Book, token: str, outside: str, inside: str):
        self.outside, self.inside = outside.rstrip("/"), inside.rstrip("/")
        self._book, self._validator = book, RequestValidator(token)
        self._waiting: list[_Parcel] = []
        self._turns, self._news, self._busy, self._closed = itertools.count(1), threading.Condition(), 0, False
        self._hands = [threading.Thread(target=self._carry, daemon=True, name=f"courier-{n}") for n in range(HANDS)]
        for hand in self._hands:
            hand.start()

    def form(self, address: str, form: Mapping[str, str], note: str, after: float = 0.0, answered: Answered | None = None) -> None:
        """A form as Twilio posts it, signed over `address` (whole, or a path of the product's). `note` is shown in the list; `answered` gets
        status and body."""
        whole = address if "://" in address else self.outside + address
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(whole, dict(form)),
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": f"{next(self._turns):032x}",
        }
        self.put(
            lambda: requests.post(self.really(whole), data=dict(form), headers=headers, timeout=PATIENCE),
            whole.removeprefix(self.outside),
            note,
            after,
            answered,
        )

    def put(
        self, send: Callable[[], requests.Response], name: str, note: str, after: float = 0.0, answered: Answered | None = None
    ) -> None:
        """Any other request, made by `send`, after so many seconds."""
        with self._news:
            heapq.heappush(self._waiting, _Parcel(time.monotonic() + after, next(self._turns), send, name, note, answered))
            self._news.notify()

    def later(self, happens: Callable[[], None], after: float = 0.0) -> None:
        """Something that happens at the provider's by itself, after so many seconds."""
        with self._news:
            heapq.heappush(self._waiting, _Parcel(time.monotonic() + after, next(self._turns), happens))
            self._news.notify()

    def really(self, address: str) -> str:
        """Where an address of the product's answers on this machine."""
        return self.inside + address.removeprefix(self.outside) if address.startswith(self.outside) else address

    def rest(self, seconds: float = 20.0) -> None:
        """Wait until nothing is on its way. Raises TimeoutError saying what still is: a call nobody hung up asks for its music for ever."""
        with self._news:
            if not self._news.wait_for(lambda: not self._waiting and not self._busy, seconds):
                raise TimeoutError(
                    f"{self._busy} being brought; waiting: "
                    + ", ".join(sorted({f"{one.name.split('?')[0]} ({one.note})" for one in self._waiting}))
                )

    def close(self) -> None:
        """Bring nothing more."""
        with self._news:
            self._closed = True
            self._waiting.clear()
            self._news.notify_all()

    def _carry(self) -> None:
        while (parcel := self._next()) is not None:
            try:
                self._bring(parcel)
            finally:
                with self._news:
                    self._busy -= 1
                    self._news.notify_all()

    def _next(self) -> _Parcel | None:
        with self._news:
            while not self._closed:
                wait = self._waiting[0].due - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._waiting)
                self._news.wait(wait)
            return None

    def _bring(self, parcel: _Parcel) -> None:
        try:
            answer = parcel.send()
            if answer is None:
                return
            status, body = answer.status_code, answer.text
        except requests.RequestException as lost:
            status, body = 0, type(lost).__name__
            if parcel.tries < len(AGAIN) and isinstance(lost, requests.ConnectionError):
                with self._news:
                    again = _Parcel(
                        time.monotonic() + AGAIN[parcel.tries],
                        parcel.turn,
                        parcel.send,
                        parcel.name,
                        parcel.note,
                        parcel.answered,
                        parcel.tries + 1,
                    )
                    heapq.heappush(self._waiting, again)
                return
        self._book.put(
            "brought",
            self._book.fresh(),
            {"at": clock.now().isoformat(), "name": parcel.name.split("?")[0], "note": parcel.note, "status": status},
        )
        if parcel.answered is not None:
            parcel.answered(status, body)
