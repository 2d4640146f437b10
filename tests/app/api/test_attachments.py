"""Files over REST: checked, re-encoded, served as attachments, told apart by their bytes."""

import base64
import io

import pytest
from PIL import Image

from tests.app.api.conftest import BASE, a_body
from tests.app.api.test_problems import refused


def a_photo(kind: str = "JPEG", size=(40, 30)) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    Image.new("RGB", size, "green").save(out, kind, exif=exif)
    return out.getvalue()


def send(who, number: str, data: bytes | None, name: str = "现场.jpg", **form):
    files = {"file": (io.BytesIO(data), name)} if data is not None else {}
    return who.client.post(
        f"{BASE}/tickets/{number}/attachments", data=files | form, headers=who.headers, content_type="multipart/form-data"
    )


def test_a_photo_is_kept_without_what_the_phone_said_of_itself(caller, at):
    number = at("handling")
    kept = send(caller("urban.handler"), number, a_photo(), purpose="evidence").get_json()
    assert (kept["kind"], kept["mime"], kept["width"], kept["height"], kept["name"]) == ("photo", "image/jpeg", 40, 30, "现场.jpg")
    with caller("dispatcher1").get(f"/tickets/{number}/attachments/{kept['id']}") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert b"SecretPhone" not in answer.data
        assert answer.data.startswith(b"\xff\xd8")
    assert caller("dispatcher1").get(f"/tickets/{number}/events").get_json()[-1]["kind"] == "attach"


def test_a_photo_is_turned_up_and_odd_notes_of_a_phone_cost_nothing(caller, at):
    out, exif, number = io.BytesIO(), Image.Exif(), at("handling")
    exif[0x0112], exif[0x8825] = 6, {1: "N", 2: (1.0, 2.0, 3.0)}
    Image.new("RGB", (40, 30), "green").save(out, "JPEG", exif=exif)
    odd = out.getvalue().replace(b"\x88\x25\x00\x04", b"\x88\x25\x00\x03")
    assert odd != out.getvalue()
    for data, name in ((out.getvalue(), "现场\u202egpj.exe"), (odd, "../a/现场.jpg")):
        kept = send(caller("urban.handler"), number, data, name).get_json()
        assert (kept["width"], kept["height"]) == (30, 40)
        assert kept["name"] in ("现场gpj.exe", "现场.jpg")


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"MZ\x90\x00", b"GIF89a" + b"\x00" * 20, b"\xff\xd8\xff broken"])
def test_what_is_no_photo_is_refused(caller, at, data):
    assert list(refused(send(caller("urban.handler"), at("handling"), data), 422, "invalid")["errors"]) == ["file"]


def test_without_a_file_the_remedy_is_said(caller, at):
    assert list(refused(send(caller("urban.handler"), at("handling"), None), 422, "invalid")["errors"]) == ["file"]


def test_a_file_of_another_ticket_is_not_found(caller, at):
    mine, other = at("handling"), at("handling", lead="water")
    kept = send(caller("water.handler"), other, a_photo()).get_json()
    refused(caller("urban.handler").get(f"/tickets/{mine}/attachments/{kept['id']}"), 404, "not-found")
    refused(caller("urban.handler").get(f"/tickets/{other}/attachments/{kept['id']}"), 404, "not-found")


def test_the_same_upload_twice_is_kept_once(caller, at):
    number, who = at("handling"), caller("urban.handler")
    who.headers["Idempotency-Key"] = f"upload-{number}-0000000"
    first, second = send(who, number, a_photo()), send(who, number, a_photo())
    assert second.get_json() == first.get_json()
    assert len(caller("urban.head").get(f"/tickets/{number}/attachments").get_json()) == 1


def test_photos_come_with_the_call(caller):
    body = a_body(photos=[base64.b64encode(a_photo("PNG")).decode(), "data:image/png;base64," + base64.b64encode(a_photo("PNG")).decode()])
    made = caller("agent1").does("/tickets", body)
    assert [row["purpose"] for row in caller("agent1").get(f"/tickets/{made['number']}/attachments").get_json()] == ["citizen", "citizen"]
