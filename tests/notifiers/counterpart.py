"""A small stateful stand-in for Twilio's Messages REST, for the real client: it keeps what it took, and fails as it is told to."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

SID, TOKEN, SENDER = "AC" + "0" * 32, "a-token", "+15005550006"
FINE, BUSY, BROKEN, BROKEN_AFTER, SILENT_AFTER = "fine", "busy", "broken", "broken-after", "silent-after"


class Twilio:
    """What it accepted is `accepted`, oldest first; `mood()` says for each POST what happens; `refused` numbers have an error code."""

    def __init__(self) -> None:
        self.accepted: list[dict] = []
        self.mood: Callable[[], str] = lambda: FINE
        self.refused: dict[str, int] = {}
        self.asked: list[str] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.url = ""
        self._numbers = count(1)
        self._lock = threading.Lock()

    def take(self, form: dict[str, str]) -> dict:
        """Keep a message and say so."""
        with self._lock:
            row = {
                "sid": f"SM{next(self._numbers):032x}",
                "account_sid": SID,
                "to": form["To"],
                "from": form.get("From"),
                "body": form["Body"],
                "status": "queued",
                "messaging_service_sid": form.get("MessagingServiceSid"),
                "status_callback": form.get("StatusCallback"),
                "error_code": None,
                "date_created": format_datetime(self.now()),
                "num_segments": "1",
                "direction": "outbound-api",
                "api_version": "2010-04-01",
            }
            self.accepted.append(row)
            return row


@contextmanager
def twilio() -> Iterator[Twilio]:
    """The stand-in, listening; `url` is its address."""
    city = Twilio()

    class Handler(_Handler):
        state = city

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    city.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield city
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Twilio
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        self.state.asked.append(f"POST {self.path}")
        mood = self.state.mood()
        if not self._is_us():
            return
        if mood == BUSY:
            self._say(429, {"code": 20429, "message": "Too Many Requests", "status": 429})
        elif mood == BROKEN:
            self._say(500, {"code": 20500, "message": "Internal Server Error", "status": 500})
        elif form["To"] in self.state.refused:
            self._say(400, {"code": self.state.refused[form["To"]], "message": "refused", "status": 400})
        else:
            taken = self.state.take(form)
            if mood == SILENT_AFTER:
                self.close_connection = True
                return
            self._say(500, {"code": 20500, "message": "Internal Server Error", "status": 500}) if mood == BROKEN_AFTER else self._say(
                201, taken
            )

    def do_GET(self) -> None:
        self.state.asked.append(f"GET {self.path}")
        if not self._is_us():
            return
        to = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        rows = [row for row in reversed(self.state.accepted) if row["to"] == to]
        self._say(
            200,
            {
                "messages": rows[:50],
                "page": 0,
                "page_size": 50,
                "next_page_uri": None,
                "previous_page_uri": None,
                "uri": self.path,
                "first_page_uri": self.path,
                "start": 0,
                "end": len(rows),
            },
        )

    def _is_us(self) -> bool:
        wanted = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] == wanted and self.path.split("?")[0] == f"/2010-04-01/Accounts/{SID}/Messages.json":
            return True
        self._say(401, {"code": 20003, "message": "Authenticate", "status": 401})
        return False

    def _say(self, status: int, body: dict) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args) -> None:
        """Nothing on the screen of a test."""
