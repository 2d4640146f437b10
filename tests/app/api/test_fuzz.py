"""Whatever anybody sends to any call of the document, the answer is a lawful one: never a 500, always a problem in its shape."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.api.conftest import BASE, a_body
from tests.app.api.shape_check import component

NASTY = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "' OR 1=1 --",
        "%s %(x)s",
        "{{7*7}}",
        "𠮷" * 50,
        "x" * 6000,
        "-1",
        "null",
        "🙂",
        "\u202e",
        "2026-13-45T99:99:99+99:99",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ]
)
NUMBERS = st.sampled_from([0, -1, 1, 5, 2**31, 2**63, 2**64, -(2**63), 1e308, -0.0, 180.0001, 3.5])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | NASTY | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def likely(spec: dict, schema: dict):
    """Values a body's field may have: mostly of the right kind, sometimes anything at all."""
    if "$ref" in schema:
        return bodies(spec, schema)
    if "enum" in schema:
        right = st.sampled_from(schema["enum"])
    elif schema.get("type") == "array":
        right = st.lists(likely(spec, schema.get("items", {})), max_size=3)
    elif schema.get("type") in ("integer", "number"):
        right = st.integers(schema.get("minimum", 0), schema.get("maximum", 10)) | NUMBERS
    elif schema.get("type") == "boolean":
        right = st.booleans()
    elif schema.get("format") == "date-time":
        right = st.sampled_from(["2027-01-01T00:00:00+08:00", "2026-01-01T00:00:00Z"]) | NASTY
    elif "properties" in schema:
        right = bodies(spec, schema)
    else:
        right = st.sampled_from(["urban", "water", "urban.drainage", "990101001", "请核实后按时办理完毕"]) | NASTY
    return st.one_of(right, right, right, ANYTHING)


def bodies(spec: dict, schema: dict):
    schema = component(spec, schema["$ref"]) if "$ref" in schema else schema
    fields = {name: likely(spec, inner) for name, inner in schema.get("properties", {}).items()}
    required = {name: value for name, value in fields.items() if name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional={name: value for name, value in fields.items() if name not in required})


@pytest.fixture(scope="module")
def spec(caller) -> dict:
    return caller().get("/openapi.json").get_json()


@pytest.fixture(scope="module")
def people(caller) -> list:
    return [
        caller(who)
        for who in (
            "agent1",
            "dispatcher1",
            "auditor1",
            "followup1",
            "urban.liaison",
            "urban.handler",
            "urban.head",
            "water.liaison",
            "hall1",
            "admin1",
            "",
        )
    ]


@settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_no_call_breaks(data, spec, people, stations):
    path, method, call = data.draw(
        st.sampled_from(
            [(path, method, call) for path, item in spec["paths"].items() for method, call in item.items() if method in ("get", "post")]
        )
    )
    who = data.draw(st.sampled_from(people))
    for hole, values in (
        ("{number}", [*stations, "202601019901000000001", "x"]),
        ("{row_id}", ["1", "2", "999999", "9223372036854775807"]),
        ("{code}", ["0000000000", "1"]),
        ("{token}", ["1.1.x", "a"]),
    ):
        if hole in path:
            path = path.replace(hole, data.draw(st.sampled_from(values)))
    headers = who.headers | data.draw(
        st.sampled_from([{}, {"If-Match": '"1"'}, {"If-Match": "rubbish"}, {"If-None-Match": '"2"'}, {"Accept-Language": "en"}])
    )
    if method == "get":
        names = [parameter["name"] for parameter in call.get("parameters", []) if parameter.get("in") == "query"]
        query = data.draw(
            st.dictionaries(
                st.sampled_from(names or ["x"]), NASTY | st.sampled_from(["signed", "urban", "返水", "25", "true", "due"]), max_size=3
            )
        )
        answer = who.client.get(path, query_string=query, headers=headers)
    else:
        content = call["requestBody"]["content"]
        schema = next(iter(content.values()))["schema"]
        body = data.draw(bodies(spec, schema))
        answer = (
            who.client.post(path, json=body, headers=headers)
            if "application/json" in content
            else who.client.post(path, data={"file": "x"}, headers=headers)
        )
    with answer:
        assert answer.status_code < 500, answer.get_data(as_text=True)
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json"
            assert answer.get_json()["detail"]


@pytest.fixture(scope="module")
def stations(app, caller) -> list[str]:
    """A ticket in each of several states, for the fuzz to play with."""
    found = []
    for steps in (0, 1, 2, 3, 4):
        number = caller("agent1").does("/tickets", a_body())["number"]
        for who, noun, body in (
            ("dispatcher1", "dispatches", {"lead": "urban", "assisting": ["water"]}),
            ("urban.liaison", "signings", {}),
            ("urban.handler", "contacts", {"method": "phone", "result": "reached"}),
            ("urban.liaison", "extensions", {"days": 1, "reason": "等", "plan": "快"}),
        )[:steps]:
            caller(who).does(f"/tickets/{number}/{noun}", body)
        found.append(number)
    return found


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"{" * 100_000, b"[" * 5000, b'{"a":' * 2000 + b"1" + b"}" * 2000, b"--x\r\n", b'{"content": "\\ud800"}']
)
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/html", ""])
def test_no_bytes_break_a_call(caller, stations, data, kind):
    agent = caller("agent1")
    for path in ("/tickets", f"/tickets/{stations[0]}/dispatches", f"/tickets/{stations[0]}/attachments", "/public/tickets"):
        answer = agent.client.post(BASE + path, data=data, headers=agent.headers, content_type=kind)
        assert answer.status_code < 500, (path, answer.get_data(as_text=True))
