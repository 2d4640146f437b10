"""What a unit gets of confidential and sealed matters: the task, never the person (domain §11)."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
import rq
import sqlalchemy as sa
from gunicorn.config import Config
from PIL import Image
from rq.serializers import JSONSerializer
from werkzeug.test import create_environ

from app import jobs, queue
from app.commands.access_log import Masked, masked
from app.web import tracking
from app.work import session_now

SECRET = "钱科长收了施工方的购物卡"


@pytest.fixture
def report(caller, at) -> str:
    """A sealed report, dispatched with a slip, with the citizen's supplement, a photo and an urge on it."""
    number = at(
        "registered",
        appeal_type="report",
        title=SECRET,
        content=SECRET,
        accused="钱科长",
        place={"region": "990101001", "address": "海晏小区 3 幢 501"},
    )
    caller("supervisor1")
    caller("dispatcher1").does(f"/tickets/{number}/dispatches", {"lead": "urban", "assisting": ["water"], "note": "请核查该工地验收程序"})
    caller("agent1").does(f"/tickets/{number}/supplements", {"content": SECRET + "还有照片"})
    caller("agent1").does(f"/tickets/{number}/urges", {"words": SECRET + "快办"})
    photo = io.BytesIO()
    Image.new("RGB", (8, 8)).save(photo, "PNG")
    photo.seek(0)
    sent = caller("agent1").client.post(
        f"/api/v1/tickets/{number}/attachments",
        headers=caller("agent1").headers,
        data={"file": (photo, f"{SECRET}.png"), "purpose": "citizen"},
    )
    assert sent.status_code == 201, sent.get_data(as_text=True)
    return number


@pytest.mark.parametrize("who", ["urban.liaison", "urban.handler", "urban.head", "water.liaison"])
def test_a_unit_gets_a_sealed_report_as_a_slip(caller, report, who):
    ticket = caller(who).get(f"/tickets/{report}").get_json()
    assert (ticket["title"], ticket["content"]) == ("举报件（内容已密封）", "请核查该工地验收程序")
    assert ticket["appellant"] == {"name": "", "phone": "", "kind": "hidden"}
    assert (ticket["accused"], ticket["query_code"], ticket["place"]["address"]) == ("", "", "")


@pytest.mark.parametrize("who", ["urban.liaison", "urban.handler", "urban.head", "water.liaison"])
def test_no_road_leads_a_unit_to_the_sealed_words(caller, report, who):
    for noun in (
        "",
        "/events",
        "/units",
        "/clocks",
        "/tasks",
        "/replies",
        "/dispatches",
        "/follow-ups",
        "/ratings",
        "/attachments",
        "/returns",
    ):
        answer = caller(who).get(f"/tickets/{report}{noun}")
        assert answer.status_code == 200
        for word in (SECRET, "钱科长", "陈小", "****2716", "3 幢 501"):
            assert word not in answer.get_data(as_text=True), f"{noun} tells {word}"
    assert caller(who).post(f"/tickets/{report}/reveals", {"reason": "想看看"}).status_code == 403


def test_a_unit_cannot_fetch_the_sealed_photo_by_its_number(caller, report):
    photo = caller("supervisor1").get(f"/tickets/{report}/attachments").get_json()[0]
    with caller("supervisor1").get(f"/tickets/{report}/attachments/{photo['id']}") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert caller("urban.head").get(f"/tickets/{report}/attachments/{photo['id']}").status_code == 404


def test_the_centre_reads_the_report_and_only_the_taking_agent(app, caller, report):
    assert SECRET in caller("discipline1").get(f"/tickets/{report}").get_json()["content"]
    assert caller("agent1").get(f"/tickets/{report}").status_code == 200


def test_a_confidential_matter_shows_its_words_but_not_its_person(caller, at):
    number = at("signed", confidential=True)
    ticket = caller("urban.handler").get(f"/tickets/{number}").get_json()
    assert "返水" in ticket["content"]
    assert ticket["appellant"]["kind"] == "hidden"
    assert caller("urban.handler").post(f"/tickets/{number}/reveals", {"reason": "首次联系"}).status_code == 403
    assert caller("agent1").get(f"/tickets/{number}").get_json()["appellant"]["name"] == "陈**"


def test_the_citizens_code_does_not_unseal(caller, report):
    code = caller("supervisor1").get(f"/tickets/{report}").get_json()["query_code"]
    public = caller().get(f"/public/tickets/{code}").get_json()
    assert (public["title"], public["content"]) == ("", "")


NAME = "欧阳密"
REFUSED = {  # how → a statement the database refuses with the name in its answer
    "not-null": "INSERT INTO kept (name, n) VALUES (:name, NULL)",
    "unique": "INSERT INTO kept (name, n) VALUES (:name, 1), (:name, 2)",
    "check": "INSERT INTO kept (name, n) VALUES (:name, 7)",
    "input": "SELECT CAST(CAST(:name AS text) AS integer)",
    "length": "SELECT 1 / length(:none) WHERE :name <> ''",
}


def _refused(how: str) -> None:
    session = session_now()
    session.execute(sa.text("CREATE TEMP TABLE IF NOT EXISTS kept (name text UNIQUE, n integer NOT NULL CHECK (n < 5)) ON COMMIT DROP"))
    session.execute(sa.text(REFUSED[how]), {"name": NAME, "none": ""} if how == "length" else {"name": NAME})


@pytest.mark.parametrize("how", REFUSED)
def test_what_the_database_refuses_is_logged_without_its_values(app, how, monkeypatch, caplog):
    """A page that breaks, and a worker: its log, and what RQ keeps of the job in Valkey."""
    monkeypatch.setattr(tracking, "ticket_by_code", lambda *_args, **_more: _refused(how))
    assert app.test_client().get("/t/1234567890").status_code == (409 if how == "unique" else 500)
    redis = app.extensions["redis_blocking"]
    monkeypatch.setattr(jobs, "_archive_batch", lambda _at: _refused(how))
    with app.app_context():
        queue.put(redis, "bulk", "app.jobs.archive_ended", f"archive-{how}")
        waiting = rq.Queue("bulk", connection=redis, serializer=JSONSerializer)
        rq.SimpleWorker([waiting], connection=redis, serializer=JSONSerializer).work(burst=True)
        session_now().rollback()
        kept = waiting.fetch_job(f"archive-{how}").latest_result().exc_string
    assert "psycopg.errors" in kept
    assert NAME not in kept + caplog.text


SECRETS = {"code": "1234567890", "token": "1234567890.1.0a1b2c", "mark": "0a1b2c3d"}


def test_no_secret_address_is_written_down(app, monkeypatch, caplog):
    """In every address with a code or a one-time link it is hidden in the access log, and when a page breaks; queries are nobody's business either."""
    log, nothing = Masked(Config()), SimpleNamespace(status="200 OK", headers=[], sent=0)
    addresses = {
        rule.rule: (rule.arguments, rule.build(SECRETS | {"form": "json", "photo_id": 1}, append_unknown=False)[1])
        for rule in app.url_map.iter_rules()
        if SECRETS.keys() & rule.arguments and rule.endpoint != "open311.define_service"
    }
    assert len(addresses) > 12
    for rule, (arguments, address) in addresses.items():
        written = log.atoms(nothing, nothing, create_environ(address), timedelta())["U"]
        assert "***" in written, rule
        assert not any(secret in written for name, secret in SECRETS.items() if name in arguments), rule
    assert log.atoms(nothing, nothing, create_environ("/x%0A10.0.0.9 GET /y"), timedelta())["U"] == "/x%0A10.0.0.9%20GET%20/y"
    assert masked("Error handling request POST /desk/callers?phone=13812345678") == "Error handling request POST /desk/callers?***"
    monkeypatch.setattr(tracking, "ticket_by_code", lambda *_args, **_more: 1 / 0)
    assert app.test_client().get("/t/1234567890").status_code == 500
    assert "/t/<code>" in caplog.text
    assert "1234567890" not in caplog.text
