"""A client nobody here wrote (civicbot, from PyPI) lists services, files a request and reads it back over real HTTP; who asks too often is told 429."""

from dataclasses import replace

import pytest
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint

from app import create_app
from app.db import db
from tests.app.open311.conftest import a_form
from tests.serving import serving


def client_of(address: str) -> Open311Client:
    """The foreign client, without the second it waits between calls to real cities."""
    return Open311Client(Endpoint("linhai", "Linhai", f"{address}/open311/v2", write=True), HttpTransport(rate_limiter=RateLimiter(0)))


def test_it_lists_files_and_reads_back(app, keys, integration):
    form = a_form()
    with serving(app) as address:
        client = client_of(address)
        services = client.list_services()
        assert form["service_code"] in {one["service_code"] for one in services}
        definition = client.get_service_definition(form["service_code"])
        assert definition["service_code"] == form["service_code"]
        filed = client.create_request(
            form["service_code"],
            dry_run=False,
            confirm="SEND",
            api_key=keys("hall1"),
            validate_remote=True,
            lat=29.123456,
            lng=121.654321,
            address_string=form["address_string"],
            description=form["description"],
            first_name="小芳",
            last_name="陈",
            phone="13800002716",
        )
        number = filed.response[0]["service_request_id"]
        back = client.get_request(number)
        assert (back["service_request_id"], back["service_code"], back["status"]) == (number, form["service_code"], "open")
        assert "13912345678" not in str(back), "numbers in the words are starred for everybody"
        assert number in {one["service_request_id"] for one in client.list_requests(service_request_ids=[number])}
        with pytest.raises(HttpError) as refused:
            client.create_request(form["service_code"], dry_run=False, confirm="SEND", api_key="nobody's", lat=29.1, lng=121.6)
        assert refused.value.status == 403


def test_who_asks_too_often_is_told_so(app):
    slow = create_app(replace(app.config["SETTINGS"], rate_limit_factor=1))
    answers = [slow.test_client().get("/open311/v2/requests.json", environ_base={"REMOTE_ADDR": "203.0.113.9"}) for _ in range(61)]
    with slow.app_context():
        db.session.remove()
        db.engine.dispose()
    assert {one.status_code for one in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert answers[60].get_json()[0]["code"] == 429
    assert int(answers[60].headers["Retry-After"]) > 0
