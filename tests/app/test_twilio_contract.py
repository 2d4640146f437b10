"""Every call we make of Twilio, held against Twilio's own published OpenAPI description, served by a public mock server (Prism) that nobody here wrote.

`TWILIO_CONTRACT=FOLDER` runs it, as .ci/run does: FOLDER gets the description (out of `@twilio/cli-core`) and `@stoplight/prism-cli` from npm, once.
"""

import ast
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from app.phone.telephony import Line, TelephonyFailed
from app.phone.twilio_voice import TwilioVoice, VoiceAccount
from notifiers.channels.base import ACCEPTED, Outgoing
from notifiers.channels.twilio_sms import Account, TwilioSms
from tests.embedded.conftest import eventually

ROOT = Path(__file__).resolve().parents[2]
DESCRIBING, SERVING = "@twilio/cli-core@8.3.2", "@stoplight/prism-cli@5.14.2"
DESCRIPTION, PRISM = "package/src/services/twilio-api/twilio_api_v2010.json", "node_modules/.bin/prism"
SID, TOKEN, US, THEM = "AC" + "a" * 32, "t" * 32, "+86106912345", "+8613900000000"
HOOK = "https://12345.example/hooks/twilio"
OUR_CALLS = {
    "messages.create",
    "messages.list",
    "calls.create",
    "calls.update",
    "conferences.participants.create",
    "conferences.participants.update",
}
NOT_DESCRIBED = {"Recordings/{Sid}.mp3"}  # the sound beside Recordings/{Sid}.json, which is


def test_these_are_all_the_calls_we_make():
    """A new call of the library must come here too, and into the test below."""
    found = set()
    for path in (
        one for room in ("app", "notifiers") for one in (ROOT / room).rglob("*.py") if "twilio.rest" in one.read_text(encoding="utf-8")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (name := _dotted(node.func)).startswith("self._client."):
                found.add(name.removeprefix("self._client."))
    assert {name for name in found if name.rpartition(".")[2] in ("create", "update", "list", "fetch", "delete", "stream")} == OUR_CALLS


@pytest.fixture(scope="module")
def described():
    """Prism serving the description: (its address, the description, its log). Arrays of forms are marked as repeated, as the standard has it without saying."""
    folder = os.environ.get("TWILIO_CONTRACT", "")
    if not folder:
        pytest.skip("set TWILIO_CONTRACT=FOLDER to hold our calls against Twilio's own description (npm fetches 93 MB into FOLDER, once)")
    if shutil.which("npm") is None:
        pytest.skip("npm is not here: install Node.js 20 or newer")
    place = Path(folder)
    if not (place / PRISM).exists():
        place.mkdir(parents=True, exist_ok=True)
        _npm(place, "pack", "--silent", DESCRIBING)
        with tarfile.open(next(place.glob("twilio-*.tgz"))) as packed:
            packed.extract(DESCRIPTION, place, filter="data")
        _npm(place, "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", SERVING)
    description = json.loads((place / DESCRIPTION).read_text(encoding="utf-8"))
    _spell_out_arrays(description)
    (place / "description.json").write_text(json.dumps(description), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (place / "prism.log").open("wb") as log:
        server = subprocess.Popen([str(place / PRISM), "mock", str(place / "description.json"), "-p", str(port)], stdout=log, stderr=log)
    try:
        assert eventually(lambda: _listens(port), 90), "Prism did not start; see its log"
        yield f"http://127.0.0.1:{port}", description, place / "prism.log"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.timeout(600)
def test_every_call_is_as_twilio_describes_it(described):
    address, description, log = described
    sms = TwilioSms(Account(SID, TOKEN, US, address, HOOK + "/status?message={message}"))
    now = datetime.now(UTC)
    message = Outgoing(
        message_id=7, attempt=1, address=THEM, text="【临海市12345】您反映的事收到了", claimed_at=now, created_at=now, in_doubt=False
    )
    assert sms.send(message).kind == ACCEPTED
    assert TwilioSms(Account(SID, TOKEN, "MG" + "b" * 32, address)).send(message).kind == ACCEPTED
    assert sms.find(message) is None
    voice, line = (
        TwilioVoice(VoiceAccount(SID, TOKEN, US, HOOK + "/voice", address)),
        Line(7, "CA" + "a" * 32, "CA" + "b" * 32, "CF" + "c" * 32),
    )
    assert voice.answer(line, THEM).startswith("CA")
    assert voice.bridge(line, THEM, "+8613900000001").startswith("CA")
    for act in (
        lambda: voice.join(line),
        lambda: voice.queue(line),
        lambda: voice.transfer(line, "+86119"),
        lambda: voice.hold(line, True),
        lambda: voice.hang_up(line),
    ):
        act()
    with pytest.raises(TelephonyFailed):
        voice.record("RE" + "d" * 32)
    assert f"/2010-04-01/Accounts/{{AccountSid}}/{next(iter(NOT_DESCRIBED)).replace('.mp3', '.json')}" in description["paths"]
    seen = set(
        re.findall(r"HTTP SERVER\] (?:\x1b\S*)?(get|post) (?:\x1b\S*)?/2010-04-01/Accounts/\w+/([\w/.]+)", log.read_text(encoding="utf-8"))
    )
    assert {"messages", "calls", "conferences"} <= {path.partition(".")[0].partition("/")[0].lower() for _method, path in seen}
    assert "UNPROCESSABLE_ENTITY" not in log.read_text(encoding="utf-8")


@pytest.mark.timeout(600)
def test_the_mock_server_does_refuse_what_is_wrong(described):
    """Else the test above would prove nothing."""
    address, _description, _log = described
    there = f"{address}/2010-04-01/Accounts/{SID}/Messages.json"
    assert requests.post(there, data={"Body": "x"}, auth=(SID, TOKEN), timeout=10).status_code == 422
    assert requests.post(there, data={"To": THEM, "From": US, "Body": "x"}, timeout=10).status_code == 401
    assert (
        requests.post(
            there, data={"To": THEM, "From": US, "Body": "x", "StatusCallback": "no address"}, auth=(SID, TOKEN), timeout=10
        ).status_code
        == 422
    )
    assert requests.post(f"{address}/2010-04-01/Accounts/{SID}/Nothing.json", auth=(SID, TOKEN), timeout=10).status_code == 404


def _npm(place: Path, *words: str) -> None:
    subprocess.run(["npm", *words], cwd=place, check=True, timeout=500, stdout=subprocess.DEVNULL)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def _spell_out_arrays(description: dict) -> None:
    for path in description["paths"].values():
        for operation in path.values():
            body = (
                operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded")
                if isinstance(operation, dict)
                else None
            )
            for name, kind in (body["schema"].get("properties", {}) if body else {}).items():
                if kind.get("type") == "array":
                    body.setdefault("encoding", {})[name] = {"style": "form", "explode": True}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
