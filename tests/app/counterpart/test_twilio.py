"""The counterpart behaves like the provider: credentials, refusals, trouble, receipts; it remembers over a restart and is not fooled by other pages."""

from dataclasses import replace

import pytest

from app.counterpart.book import Book
from app.counterpart.server import build
from app.counterpart.stage import staged
from app.counterpart.trouble import BUSY, FINE, Die
from tests.app.with_counterpart import NUMBER, SID, TOKEN

HERE = f"/2010-04-01/Accounts/{SID}/Messages.json"
FORM = {"To": "+8613911112222", "From": NUMBER, "Body": "您反映的事收到了"}


@pytest.fixture
def stage(settings, tmp_path):
    stage = staged(
        replace(settings, twilio_account_sid=SID, twilio_auth_token=TOKEN, twilio_from=NUMBER, public_url="https://12345.example"),
        "http://127.0.0.1:9",
        tmp_path / "counterpart.jsonl",
    )
    yield stage
    stage.close()


@pytest.fixture
def twilio(stage):
    return build(stage).test_client()


def create(twilio, auth=(SID, TOKEN), **changed):
    return twilio.post(HERE, data={name: value for name, value in (FORM | changed).items() if value is not None}, auth=auth)


def test_a_message_is_taken_shown_and_listed(stage, twilio):
    made = create(twilio)
    assert (made.status_code, made.json["status"], made.json["num_segments"]) == (201, "queued", "1")
    assert [row["words"] for row in stage.shown("13911112222", "sms")] == [FORM["Body"]]
    assert [row["sid"] for row in twilio.get(HERE + "?To=%2B8613911112222", auth=(SID, TOKEN)).json["messages"]] == [made.json["sid"]]
    assert twilio.get(made.json["uri"], auth=(SID, TOKEN)).json["body"] == FORM["Body"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"auth": (SID, "wrong")}, 401, 20003),
        ({"To": None}, 400, 21604),
        ({"To": "12345"}, 400, 21211),
        ({"Body": None}, 400, 21602),
        ({"From": None}, 400, 21603),
        ({"Body": "好" * 1601}, 400, 21617),
    ],
)
def test_refusals_are_the_providers_own(twilio, changed, status, code):
    answer = create(twilio, **changed)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_what_does_not_come_to_rest_is_said(stage):
    stage.courier.rest(0.5)
    stage.courier.form("/hooks/twilio/wait", {}, "13911112222 · queue", after=60)
    with pytest.raises(TimeoutError, match=r"waiting: /hooks/twilio/wait \(13911112222 · queue\)"):
        stage.courier.rest(0.01)


def test_trouble_is_told_over_http_and_repeats(stage, twilio):
    assert twilio.put("/trouble", json={"busy": 1.0}).json["busy"] == 1.0
    assert create(twilio).status_code == 429
    assert twilio.put("/trouble", json={"broken_after": 1.0}).status_code == 200
    assert create(twilio).status_code == 500
    assert len(stage.book.rows("accepted")) == 1, "it was taken all the same"
    assert twilio.put("/trouble", json={"bsuy": 1}).status_code == 422
    throws = []
    for _twice in range(2):
        die = Die()
        die.set({"busy": 0.5, "seed": 7})
        throws.append([die.mood() for _ in range(20)])
    assert throws[0] == throws[1]
    assert set(throws[0]) == {FINE, BUSY}


def test_a_refused_number_has_its_code(twilio):
    twilio.put("/trouble", json={"refused": {"+8613911112222": 21610}})
    assert create(twilio).json["code"] == 21610


def test_it_remembers_over_a_restart_even_a_torn_line(stage, tmp_path):
    stage.show("13911112222", "sms", "out", "路灯不亮")
    path = tmp_path / "counterpart.jsonl"
    path.write_text(path.read_text() + '["shown", "9", {"pho', encoding="utf-8")
    again = Book(path)
    again.close()
    assert [row["words"] for row in again.rows("shown")] == ["路灯不亮"]


def test_forms_of_other_pages_are_refused(twilio):
    assert twilio.post("/phones/13900010001/texts", data={"words": "x"}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert twilio.post("/phones/13900010001/texts", data={"words": "路灯不亮"}, headers={"Origin": "http://localhost"}).status_code == 303
    assert twilio.get("/phones/10000000000").status_code == 404
