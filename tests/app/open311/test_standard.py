"""Field by field what GeoReport v2 and its service discovery ask of a server, in both notations."""

import re
from datetime import datetime

import pytest

from tests.app.open311.conftest import BASE, a_form

REQUEST = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]
SERVICE = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
ATTRIBUTE = ["variable", "code", "datatype", "required", "datatype_description", "order", "description", "values"]
ENDPOINT = ["specification", "url", "changeset", "type", "formats"]
UPDATE = ["update_id", "service_request_id", "status", "updated_datetime", "description", "media_url"]
W3 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


def tags(element) -> list[str]:
    return [child.tag for child in element]


def test_discovery_names_the_endpoint_and_both_notations(stranger):
    said = stranger.json("discovery.json")
    assert list(said) == ["changeset", "contact", "key_service", "endpoints"]
    assert [list(one) for one in said["endpoints"]] == [ENDPOINT]
    assert said["endpoints"][0]["url"].endswith("/open311/v2")
    assert said["endpoints"][0]["formats"] == ["text/xml", "application/json"]
    root = stranger.xml("discovery.xml")
    assert root.tag == "discovery"
    assert [one.text for one in root.find("endpoints/endpoint/formats")] == ["text/xml", "application/json"]


def test_services_are_the_categories_one_files_under(stranger):
    said = stranger.json("services.json")
    assert all(list(one) == SERVICE for one in said)
    trade = next(one for one in said if one["service_code"] == "urban.street-trade")
    assert trade == {
        "service_code": "urban.street-trade",
        "service_name": "占道经营",
        "description": "城乡建设 › 占道经营",
        "metadata": True,
        "type": "realtime",
        "keywords": "占道经营",
        "group": "城乡建设",
    }
    assert "urban" not in {one["service_code"] for one in said}, "what has kinds below it is not filed under"
    root = stranger.xml("services.xml")
    assert (root.tag, {child.tag for child in root}) == ("services", {"service"})
    assert tags(root[0]) == SERVICE
    assert root[0].find("metadata").text == "true"


def test_a_service_definition_lists_what_may_be_answered(stranger):
    said = stranger.json("services/urban.street-trade.json")
    assert list(said) == ["service_code", "attributes"]
    assert all(list(one) == ATTRIBUTE for one in said["attributes"])
    assert [one["order"] for one in said["attributes"]] == [1, 2, 3]
    root = stranger.xml("services/urban.street-trade.xml")
    assert root.tag == "service_definition"
    assert tags(root.find("attributes/attribute")) == ATTRIBUTE
    assert tags(root.find("attributes/attribute/values/value")) == ["key", "name"]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_filing_answers_with_the_id_and_no_token(civic, form):
    answer = civic.post(form, **a_form(account_id="user-7"))
    assert answer.status_code == 200
    if form == "json":
        assert answer.content_type == "application/json; charset=utf-8"
        (said,) = answer.get_json()
        assert list(said) == ["service_request_id", "service_notice", "account_id"]
        assert said["account_id"] == "user-7"
    else:
        assert answer.content_type == "text/xml; charset=utf-8"
        text = answer.get_data(as_text=True)
        assert re.search(r"<service_requests><request><service_request_id>\d+</service_request_id><service_notice>", text)


def test_a_request_has_the_standards_fields_in_both_notations(civic):
    number = civic.files()
    (said,) = civic.json(f"requests/{number}.json")
    assert list(said) == REQUEST
    assert (said["service_request_id"], said["status"], said["service_code"]) == (number, "open", "urban.street-trade")
    assert W3.fullmatch(said["requested_datetime"])
    assert W3.fullmatch(said["updated_datetime"])
    root = civic.xml(f"requests/{number}.xml")
    assert (root.tag, tags(root), tags(root[0])) == ("service_requests", ["request"], REQUEST)
    assert root.find("request/zipcode").text is None, "what is not known is an empty element, as the standard's example has it"
    assert float(root.find("request/lat").text) == said["lat"]


def test_a_token_leads_to_the_id(civic):
    answer = civic.post(**a_form()).get_json()[0]
    code = re.search(r"\d{10}", answer["service_notice"])[0]
    assert civic.json(f"tokens/{code}.json") == [{"service_request_id": answer["service_request_id"], "token": code}]
    assert tags(civic.xml(f"tokens/{code}.xml")[0]) == ["service_request_id", "token"]


def test_open_becomes_closed_with_the_units_answer(civic, stranger, other, caller):
    number = civic.files()
    steps = (
        ("dispatcher1", "dispatches", {"lead": "urban"}),
        ("urban.liaison", "signings", {}),
        ("urban.handler", "contacts", {"method": "phone", "result": "reached"}),
        (
            "urban.head",
            "replies",
            {"result": "resolved", "content": "摊位已劝离，每天巡查两次。", "measures": "劝离", "time": "今天", "person": "执法队"},
        ),
        ("auditor1", "reviews", {"decision": "approve"}),
        ("followup1", "follow-ups", {"reached": True, "outcome": "close", "contacted": True, "solved": True, "satisfied": 5}),
    )
    for who, noun, body in steps:
        caller(who).does(f"/tickets/{number}/{noun}", body)
        (said,) = civic.json(f"requests/{number}.json")
        assert said["status"] == ("closed" if noun == "follow-ups" else "open")
    assert said["agency_responsible"] == "单位urban"
    assert said["status_notes"] == "已办结：摊位已劝离，每天巡查两次。"
    assert W3.fullmatch(said["expected_datetime"])
    told = civic.json("servicerequestupdates.json", service_request_id=number)
    assert [list(one) for one in told] == [UPDATE] * 5
    assert [(one["status"], one["description"]) for one in told] == [
        ("open", "已转办"),
        ("open", "办理中"),
        ("open", "已答复：摊位已劝离，每天巡查两次。"),
        ("open", "待评价"),
        ("closed", "已办结"),
    ]
    assert len({one["update_id"] for one in told}) == 5
    assert all(W3.fullmatch(one["updated_datetime"]) for one in told)
    root = civic.xml("servicerequestupdates.xml", service_request_id=number)
    assert (root.tag, {child.tag for child in root}, tags(root[0])) == ("service_request_updates", {"request_update"}, UPDATE)
    for who in (stranger, other):
        assert [one["description"] for one in who.json("servicerequestupdates.json", service_request_id=number)] == [
            "已转办",
            "办理中",
            "已答复",
            "待评价",
            "已办结",
        ]
    assert told == [one for one in civic.json("servicerequestupdates.json") if one["service_request_id"] == number], (
        "all of one's own of the last day"
    )
    assert civic.json("servicerequestupdates.json", start_date=told[3]["updated_datetime"], service_request_id=number)[-2:] == told[3:]
    assert number not in str(other.json("servicerequestupdates.json")), "nobody else's without naming them"


def test_filters_and_pages(civic, at):
    numbers = [civic.files(service_code="urban.drainage.backflow") for _ in range(3)]
    assert [one["service_request_id"] for one in civic.json("requests.json", service_code="urban.drainage.backflow")] == numbers[::-1]
    assert [
        one["service_request_id"] for one in civic.json("requests.json", service_code="urban.drainage.backflow", page_size=1, page=2)
    ] == [numbers[1]]
    asked = civic.json(
        "requests.json", service_request_id=f"{numbers[0]},{numbers[2]},none", status="closed", service_code="commerce.short-weight"
    )
    assert {one["service_request_id"] for one in asked} == {numbers[0], numbers[2]}, "service_request_id overrides all other arguments"
    closed = at("closed")
    assert closed in {one["service_request_id"] for one in civic.json("requests.json", status="closed")}
    assert closed not in {one["service_request_id"] for one in civic.json("requests.json", status="open")}
    assert closed in {
        one["service_request_id"]
        for one in civic.json("requests.json", status="open,closed", service_code="urban.drainage,urban.street-trade")
    }
    assert civic.json("requests.json", end_date="2026-01-31T00:00:00+08:00") == []


def test_an_answer_reads_the_same_twice_and_newest_first(civic):
    said = civic.json("requests.json")
    moments = [datetime.fromisoformat(one["requested_datetime"]) for one in said]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("services.json", {"jurisdiction_id": "elsewhere.gov"}, 404),
        ("services/no.such.json", {}, 404),
        ("requests/0.json", {}, 404),
        ("tokens/1234567890.json", {}, 404),
        ("requests.json", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400),
        ("requests.json", {"start_date": "yesterday"}, 400),
        ("requests.json", {"status": "half"}, 400),
        ("requests.json", {"service_code": "no.such"}, 404),
        ("requests.json", {"page_size": "9999"}, 400),
        ("requests.json", {"api_key": "sx_wrong"}, 403),
        ("servicerequestupdates.json", {}, 400),
        ("servicerequestupdates.json", {"service_request_id": ",".join(map(str, range(101)))}, 400),
        ("no-such.json", {}, 404),
        ("requests.csv", {}, 404),
        ("services/urban", {}, 404),
    ],
)
def test_refusals_have_the_standards_codes_and_shape(stranger, path, query, status):
    answer = stranger.get(path, **query)
    assert answer.status_code == status
    if path.endswith(".json"):
        assert all(list(one) == ["code", "description"] and one["code"] == status and one["description"] for one in answer.get_json())
        answer = stranger.get(path.replace(".json", ".xml"), **query)
        assert answer.status_code == status
    assert answer.content_type == "text/xml; charset=utf-8"
    assert re.search(rf"<errors><error><code>{status}</code><description>.+</description></error></errors>", answer.get_data(as_text=True))


def test_our_own_jurisdiction_is_known_and_methods_are_refused(stranger):
    assert stranger.get("services.json", jurisdiction_id="990100").status_code == 200
    answer = stranger.client.delete(f"{BASE}/requests.json")
    assert (answer.status_code, answer.get_json()[0]["code"]) == (405, 405)
