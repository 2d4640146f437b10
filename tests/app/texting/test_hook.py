"""/hooks/twilio/sms as a stranger tries it: signature, replay, size, shape. What is wrong is 403 or 400 and stores nothing; never a 500.

The daily run tries some hundred broken bodies; `FUZZ_BODIES=5000` tries so many.
"""

import os
import random
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app.texting.models import TextMessage, TextPicture
from app.work import session_now
from tests.app.with_counterpart import NUMBER, SID, SITE, TOKEN, app, clean, everything_runs, played, stage  # noqa: F401 -- fixtures

PATH = "/hooks/twilio/sms"
BODIES = int(os.environ.get("FUZZ_BODIES", "300"))
SIGNER = RequestValidator(TOKEN)


def a_form(**changed) -> dict[str, str]:
    form = {
        "MessageSid": "SM" + "a" * 32,
        "AccountSid": SID,
        "From": "+8613911112222",
        "To": NUMBER,
        "Body": "东门街路灯不亮三天了",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    return {name: value for name, value in (form | changed).items() if value is not None}


def post(app, form: dict[str, str], signature: str | None = None, address: str = SITE + PATH, **more):  # noqa: F811
    return app.test_client().post(
        PATH, data=form, headers={"X-Twilio-Signature": SIGNER.compute_signature(address, form) if signature is None else signature}, **more
    )


def stored() -> int:
    session_now().rollback()
    return session_now().scalar(sa.select(sa.func.count()).select_from(TextMessage)) + session_now().scalar(
        sa.select(sa.func.count()).select_from(TextPicture)
    )


def test_a_signed_message_is_stored_once_and_answered_empty(app):  # noqa: F811
    for _again in range(3):
        answer = post(app, a_form())
        assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response/>')
    assert stored() == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (a_form(AccountSid="AC" + "1" * 32), 403),
        (a_form(AccountSid=None), 403),
        (a_form(MessageSid="SM1"), 400),
        (a_form(MessageSid=None), 400),
        (a_form(From="12345"), 400),
        (a_form(From="+13456789"), 400),
        (a_form(From="+8613911112222 OR 1=1"), 400),
        (a_form(Body="好" * 1601), 400),
        (a_form(NumMedia="x"), 400),
        (a_form(NumMedia="99"), 400),
        (a_form(NumMedia="1"), 400),
        (a_form(NumMedia="1", MediaUrl0="http://169.254.169.254/latest/meta-data"), 400),
        (a_form(NumMedia="1", MediaUrl0="file:///etc/passwd"), 400),
        (a_form(Body="a" * 70_000), 400),
    ],
)
def test_what_cannot_be_theirs_is_refused_though_signed(app, form, status):  # noqa: F811
    assert post(app, form).status_code == status
    assert stored() == 0


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "x",
        "AAAA",
        SIGNER.compute_signature(SITE + PATH, a_form(Body="别的")),
        SIGNER.compute_signature("https://elsewhere.example" + PATH, a_form()),
        RequestValidator("another-token").compute_signature(SITE + PATH, a_form()),
    ],
)
def test_a_wrong_signature_is_403(app, signature):  # noqa: F811
    assert post(app, a_form(), signature).status_code == 403
    assert stored() == 0


def test_a_body_of_another_kind_is_400(app):  # noqa: F811
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
        assert app.test_client().post(PATH, data=b"{}", content_type=kind).status_code == 400
    assert app.test_client().get(PATH).status_code == 405
    assert stored() == 0


def test_a_message_replayed_with_other_words_is_403(app):  # noqa: F811
    form = a_form()
    signature = SIGNER.compute_signature(SITE + PATH, form)
    assert post(app, form).status_code == 200
    assert post(app, form | {"Body": "改过的话"}, signature).status_code == 403
    assert stored() == 1


def broken(luck: random.Random) -> tuple[bytes, str]:
    """One body that is wrong somewhere, and its content type."""
    form, kind = a_form(), "application/x-www-form-urlencoded"
    whole, name, wrong = urlencode(form).encode(), luck.choice(list(form)), luck.choice(("", "\x00", "好" * 3000, "%", "../..", "1" * 400))
    return luck.choice(
        (
            lambda: (luck.randbytes(luck.randrange(2000)), kind),
            lambda: (whole[: luck.randrange(1, 200)], kind),
            lambda: (urlencode(form | {name: wrong}).encode(), kind),
            lambda: (b"&".join([b"a=b"] * luck.randrange(1, 3000)), kind),
            lambda: (whole + b"%ff%fe=%zz&" + luck.randbytes(20), kind),
            lambda: (
                whole,
                luck.choice(
                    (
                        "application/json",
                        "text/xml",
                        "multipart/form-data",
                        "multipart/form-data; boundary=" + "b" * luck.randrange(300),
                        "x",
                    )
                ),
            ),
            lambda: (b"Body=" + b"x" * luck.randrange(60_000, 300_000), kind),
            lambda: (b"\xff" * luck.randrange(1, 500) + whole, kind),
        )
    )()


def read(body: bytes, kind: str) -> dict[str, str]:
    """The form as the hook will read it, to be signed as the provider signs it."""
    return (
        Request(EnvironBuilder(PATH, method="POST", data=body, content_type=kind).get_environ()).form.to_dict()
        if kind.startswith("application/x-www")
        else {}
    )


def test_thousands_of_broken_bodies_store_nothing(app):  # noqa: F811
    """Half of them signed as the provider would sign them; receipts of sent messages too. What is a whole message still (200) is stored, and nothing else."""
    luck, client, answers = random.Random(5), app.test_client(), {}
    for _number in range(BODIES):
        body, kind = broken(luck)
        path = luck.choice((PATH, PATH, PATH, "/hooks/twilio/status?message=1"))
        signed = luck.random() < 0.5 and len(body) < 20_000
        stranger = luck.choice(("", "x" * 28, SIGNER.compute_signature(SITE + PATH, a_form()), "é", luck.randbytes(12).hex()))
        mark = SIGNER.compute_signature(SITE + path, read(body, kind)) if signed else stranger
        status = client.post(path, data=body, content_type=kind, headers={"X-Twilio-Signature": mark}).status_code
        answers[path, signed, status] = answers.get((path, signed, status), 0) + 1
    print(
        "fuzzed texts:",
        {f"{path} {'signed' if signed else 'unsigned'} {status}": n for (path, signed, status), n in sorted(answers.items())},
    )
    assert {status for _path, signed, status in answers if not signed} <= {400, 403}
    assert {status for _path, _signed, status in answers} <= {200, 204, 400, 403}
    assert stored() <= answers.get((PATH, True, 200), 0)
