"""A city's own telephone system behind the same seam: every command arrives signed, its refusal is ours, its recording is the ticket's."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from app.phone.cti import Cti, CtiAccount, is_signed, signature
from app.phone.lines import emergency_numbers, international
from app.phone.telephony import Line, TelephonyFailed

SECRET = "a-secret-of-the-city"
LINE = Line(7, "cti-1", "leg-1", "")


class _System(BaseHTTPRequestHandler):
    heard: ClassVar[list] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = is_signed(SECRET, self.headers["X-CTI-Timestamp"], body, self.headers["X-CTI-Signature"], time.time())
        self.heard.append((self.command, self.path, signed, json.loads(body) if body else None))
        answer = b"RIFF....WAVE" if self.command == "GET" else b'{"leg": "leg-9"}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_args) -> None:
        """Nothing on the screen of a test."""


@pytest.fixture
def system():
    _System.heard, _System.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), _System)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Cti(CtiAccount(f"http://127.0.0.1:{server.server_port}", SECRET))
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_command_arrives_signed_and_says_which_call(system):
    assert system.answer(LINE, "8001") == "leg-9"
    assert system.bridge(LINE, "8001", "+8613800002716") == "leg-9"
    system.queue(LINE)
    system.transfer(LINE, "119")
    system.hold(LINE, True)
    system.hang_up(LINE, whole=False)
    assert all(signed for _method, _path, signed, _body in _System.heard)
    assert {path for _method, path, _signed, _body in _System.heard} == {"/commands"}
    said = [body for _method, _path, _signed, body in _System.heard]
    assert [body["command"] for body in said] == ["answer", "bridge", "queue", "transfer", "hold", "hang-up"]
    assert {body["line"]["provider_id"] for body in said} == {"cti-1"}
    assert (said[1]["number"], said[3]["number"], said[4]["on"], said[5]["whole"]) == ("+8613800002716", "119", True, False)


def test_a_recording_is_fetched_signed(system):
    assert system.record("r-1").startswith(b"RIFF")
    assert _System.heard == [("GET", "/recordings/r-1", True, None)]


@pytest.mark.parametrize("status", [403, 409, 500])
def test_its_no_is_a_refusal_that_says_what_to_do(system, status):
    _System.status = status
    with pytest.raises(TelephonyFailed):
        system.answer(LINE, "8001")


def test_nobody_there_is_one_too():
    with pytest.raises(TelephonyFailed):
        Cti(CtiAccount("http://127.0.0.1:9", SECRET)).queue(LINE)


@pytest.mark.parametrize(
    ("stamp", "secret", "good"),
    [
        ("1000", SECRET, True),
        ("1300", SECRET, True),
        ("1301", SECRET, False),
        ("699", SECRET, False),
        ("x", SECRET, False),
        ("", SECRET, False),
        ("1000", "", False),
        ("9" * 40, SECRET, False),
    ],
)
def test_a_signature_is_good_for_five_minutes_and_never_without_a_secret(stamp, secret, good):
    assert is_signed(secret, stamp, b"{}", signature(secret, stamp, b"{}"), 1000.0) is good


def test_numbers_as_telephone_systems_want_them():
    assert [international(one) for one in ("13800002716", "057688120001", "+8613800002716")] == [
        "+8613800002716",
        "+8657688120001",
        "+8613800002716",
    ]
    assert emergency_numbers("110=+86576110, 119=+86576119") == {"110": "+86576110", "119": "+86576119", "120": "120", "122": "122"}
