"""Every route × every role × own, assisting and other unit, against tests/access_table.py and access_pages.py. Nothing is open by accident."""

import inspect
import io
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock, sweeping
from app.auth.access import actor_of
from app.auth.models import Account
from app.auth.principal import is_open
from app.web.i18n import catalogue
from app.work import session_now, settle, work
from escalation import dossiers, supervision
from tests import access_table as table
from tests.access_pages import PAGES
from tests.app.api.conftest import BASE, Caller, a_body, at, caller, integration, registered  # noqa: F401 -- fixtures
from tickets.dispatch_models import Request
from tickets.models import Ticket

pytestmark = pytest.mark.matrix
MAY, FORBIDDEN, HIDDEN, STRANGER = "may", "forbidden", "hidden", "sign in first"
QUERIES = {"/suggestions": {"text": "路灯不亮"}}
NO_ROW = "999999"  # nothing of the city is changed by asking
ANSWERED_SO = {
    "signin.enter": STRANGER,
    "signin.leave": STRANGER,
    "ticket_acts.act": FORBIDDEN,
    "ticket_acts.reveal": FORBIDDEN,
    "receipts.twilio_status": FORBIDDEN,
    "receipts.alibaba_reports": FORBIDDEN,
    "phone_hooks.voice": "may",
    "cti.hear": FORBIDDEN,
    "wechat_hook.echo": FORBIDDEN,
    "wechat_hook.take": FORBIDDEN,
    "blowing.start": FORBIDDEN,
    "blowing.step": FORBIDDEN,
    "street.show": FORBIDDEN,
    "street.act": FORBIDDEN,
}  # the door answers; the verb says who
CHINESE = ("/api/docs", "/desk/bulletins/new")  # the contract, and a paper whose holes are named in its own language
SHOWN = re.compile('(?<=>)[^<>]+|(?<="|:)[^<>"]+(?=")')  # what stands between tags or in an attribute
WORDS = {401: STRANGER, 403: FORBIDDEN, 404: HIDDEN}


@dataclass(frozen=True)
class Person:
    """Somebody of the small city: the roles they hold and what their unit has to do with the ticket."""

    username: str
    roles: frozenset[str]
    unit: str = ""  # lead, task or other; empty for the centre and strangers

    def __str__(self) -> str:
        return self.username or "nobody"


PEOPLE = [
    Person("", frozenset({"nobody"})),
    Person("agent1", table.of("agent")),
    Person("dispatcher1", table.of("dispatcher")),
    Person("auditor1", table.of("auditor", "panel")),
    Person("followup1", table.of("follow-up")),
    Person("supervisor1", table.of("supervisor")),
    Person("leader1", table.of("leader")),
    Person("publisher1", table.of("publisher")),
    Person("admin1", table.of("admin")),
    Person("discipline1", table.of("discipline")),
    Person("hall1", table.of("integration")),
    *(
        Person(f"{unit}.{role}", table.of(role), part)
        for unit, part in (("urban", "lead"), ("water", "task"), ("market", "other"))
        for role in ("liaison", "handler", "head")
    ),
]


@dataclass(frozen=True)
class Scene:
    """One ticket led by urban, assisted by water, with a row of every kind that has an address."""

    number: str
    code: str
    rows: dict[str, int]


@pytest.fixture
def scene(app, caller) -> Scene:  # noqa: F811
    number = caller("agent1").does("/tickets", a_body())["number"]
    one = f"/tickets/{number}"
    caller("dispatcher1").does(f"{one}/dispatches", {"lead": "urban", "assisting": ["water"]})
    asked = caller("urban.liaison").does(f"{one}/returns", {"reason": "other-area", "basis": "那条街归别的区"})
    caller("dispatcher1").does(f"{one}/returns/{asked['id']}/decision", {"decision": "deny", "reason": "在"})
    caller("urban.liaison").does(f"{one}/signings")
    caller("urban.handler").does(f"{one}/contacts", {"method": "phone", "result": "reached"})
    later = caller("urban.liaison").does(f"{one}/extensions", {"days": 1, "reason": "等料", "plan": "到料即修"})
    halt = caller("urban.handler").does(f"{one}/suspensions", {"code": "applicant-supplement", "evidence": "缺产权证"})
    file = send_file(caller("urban.handler"), one).get_json()
    task = caller("urban.head").get(f"{one}/tasks").get_json()[0]
    code = caller("agent1").get(one).get_json()["query_code"]
    order = caller("supervisor1").does(f"{one}/supervisions", {"reason": "overdue", "words": table.ASK})
    with app.app_context():
        sweeping.sweep(clock.now() + timedelta(days=20))
    entry = next(
        entry for entry in caller("supervisor1").get("/escalations", ticket=number, level="E2").get_json() if entry["unit"] == "urban"
    )
    unfair = caller("urban.liaison").does(
        f"{one}/exclusions", {"ground": "unreasonable", "basis": "信访条例第三十五条", "evidence": "判决书送达回证"}
    )
    cause = caller("supervisor1").does(f"{one}/referrals", table.CAUSE)
    with app.app_context(), work() as session:
        ticket = session.scalars(sa.select(Ticket).where(Ticket.number == number).with_for_update()).one()
        leader = actor_of(session, session.scalars(sa.select(Account).where(Account.username == "leader1")).one(), clock.now())
        now = clock.now()
        live = supervision.live_of(session, ticket)
        supervision.coordinate(session, ticket, live, "孙明", "局长", now + timedelta(hours=1), leader, now)
        settle(session)
        ending = Request(
            ticket_id=ticket.id,
            kind="termination",
            code="no-agreement",
            words="调解三次未果",
            unit_id=ticket.lead_unit_id,
            from_status="handling",
            asked_at=now,
        )
        session.add(ending)
        session.flush()
        ending = ending.id
        raised = dossiers.raise_dossier(session, ticket, "请定由谁出资", "两家互相推", leader, now + timedelta(hours=2)).id
    return Scene(
        number,
        code,
        {
            "exclusions": unfair["id"],
            "termination-requests": ending,
            "dossiers": raised,
            "referrals": cause["id"],
            "supervisions": order["id"],
            "escalations": entry["id"],
            "returns": asked["id"],
            "extensions": later["id"],
            "suspensions": halt["id"],
            "tasks": task["id"],
            "attachments": file["id"],
        },
    )


def send_file(who: Caller, one: str):
    gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    return who.client.post(
        f"{BASE}{one}/attachments", data={"file": (io.BytesIO(gif), "a.gif")}, headers=who.headers, content_type="multipart/form-data"
    )


def expected(call: table.Call, person: Person, on_ticket: bool, method: str) -> str:
    """What the table says: a stranger signs in; a wrong post is told so; a post of another unit does not learn that the ticket exists."""
    if person.roles & call.roles and (not on_ticket or person.roles == {"nobody"}):
        return MAY
    if person.roles == {"nobody"}:
        return STRANGER
    hidden_from = ("other", "task") if call.party == "own" else ("other",)
    if method == "GET" and on_ticket:
        return MAY if person.roles & call.roles and person.unit not in hidden_from else HIDDEN
    if not person.roles & call.roles and call.party != "reveal":
        return FORBIDDEN
    if person.unit in hidden_from or (on_ticket and person.roles & {"publisher", "admin", "integration"}):
        return HIDDEN
    wrong_party = person.unit and ((call.party == "lead" and person.unit != "lead") or (call.party == "task" and person.unit != "task"))
    no_reveal = call.party == "reveal" and (not person.roles & call.roles or person.unit == "task")
    return FORBIDDEN if wrong_party or no_reveal else MAY


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_every_api_route_for_this_person(caller, scene, person):  # noqa: F811
    who, wrong = caller(person.username), []
    for (method, path), call in table.API.items():
        if (method, path) in table.WHISTLES | table.PATROL:  # tests/app/api/test_whistle_access.py, tests/app/web/test_patrol.py
            continue
        noun = re.search(r"/([\w-]+)/{row_id}", path)
        real = (
            path.replace("{number}", scene.number)
            .replace("{code}", scene.code)
            .replace("{token}", "1.1.made-up")
            .replace("{name}", "channels")
        )
        real = real.replace("{row_id}", str(scene.rows[noun[1]])) if noun else real
        if path.endswith("/attachments") and method == "POST":
            answer = send_file(who, f"/tickets/{scene.number}")
        else:
            answer = who.get(real, **QUERIES.get(path, {})) if method == "GET" else who.post(real, call.body)
        with answer:
            got = WORDS.get(answer.status_code, MAY)
            assert answer.status_code < 500
            assert (
                answer.status_code not in (400, 415, 422) or path.endswith(("/recusals", "/merges", "/quality-marks")) or path == "/ratings"
            ), f"{method} {path}: the table's body is not well-formed: {answer.get_data(as_text=True)}"
        want = HIDDEN if "{token}" in path else expected(call, person, "{number}" in path or "{row_id}" in path, method)
        if got != want:
            wrong.append(f"{method} {path}: {got}, the table says {want}")
    assert wrong == []


def test_the_api_and_the_table_know_the_same_routes(app):
    served = {
        (method, re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(BASE))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(BASE)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served - set(table.API) == set(), "routes nobody wrote into tests/access_table.py"
    assert set(table.API) - served == set(), "rows for routes that are gone"


def pages(app: Flask) -> list:
    """The rules that are no API: desks, portal, health, files."""
    return [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(BASE)]


def test_the_pages_and_the_table_know_the_same_routes(app):
    served = {rule.endpoint for rule in pages(app)}
    assert served - set(PAGES) == set(), "routes nobody wrote into tests/access_pages.py"
    assert set(PAGES) - served == set(), "rows for routes that are gone"


def test_only_routes_the_table_opens_are_open(app: Flask):
    opened = {rule.endpoint for rule in pages(app) if rule.endpoint == "static" or is_open(app.view_functions[rule.endpoint])}
    assert opened == {endpoint for endpoint, roles in PAGES.items() if "nobody" in roles}


def unsaid(answer) -> set[str]:
    """Sentences of ours that stand in Chinese on an English page: what never passed through gettext."""
    page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    return {text.strip() for text in SHOWN.findall(page) if not text.isascii()} & catalogue().keys()


def browser(app: Flask, username: str):
    """A browser somebody signed in with, and the token its forms carry."""
    client = app.test_client()
    if username:
        with app.app_context():
            account = session_now().query(Account).filter_by(username=username).one()
            with client.session_transaction() as kept:
                kept.update(account=account.id, epoch=account.epoch, since=clock.now().isoformat())
    page = client.get("/api/docs").get_data(as_text=True)
    return client, {
        "X-CSRFToken": re.search('csrf-token" content="([^"]+)"', page)[1],
        "Referer": "http://localhost/",
        "Accept-Language": "en",
    }


@pytest.mark.parametrize(
    "person", [person for person in PEOPLE if person.unit in ("", "lead") or person.username == "market.liaison"], ids=str
)
def test_every_page_for_this_person(app, scene, person):
    (client, headers), wrong = browser(app, person.username), []
    holes = {"number": scene.number, "code": scene.code, "filename": "mark.svg", "token": "1.1.made-up", "act": "notes", "role": "head"}
    known = [rule for rule in pages(app) if rule.endpoint in PAGES]
    for rule in sorted(known, key=lambda rule: rule.endpoint == "signin.leave"):  # signing out comes last
        roles = PAGES[rule.endpoint]
        path = re.sub(
            r"<(?:([^<>:]+):)?(\w+)>",
            lambda hole: (hole[1] or "")[4:].split(",")[0] if (hole[1] or "").startswith("any(units") else holes.get(hole[2], NO_ROW),
            rule.rule,
        )
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            with client.open(path, method=method, headers=headers) as answer:
                got = WORDS.get(answer.status_code, MAY)
                assert answer.status_code < 500, f"{method} {path}"
                wrong += [f"{method} {path} says in English: {text}" for text in unsaid(answer) if path not in CHINESE]
                if answer.status_code == 302 and answer.location.startswith("/sign-in"):
                    got = STRANGER
            hidden_is_fine = "<" in rule.rule  # there may be no such row
            if person.roles & roles:
                good = got == MAY or (got == HIDDEN and hidden_is_fine) or got == ANSWERED_SO.get(rule.endpoint)
            elif not person.username:
                good = got == STRANGER
            else:
                good = got == FORBIDDEN or (got == HIDDEN and hidden_is_fine)
            if rule.endpoint.startswith("ticket.") and person.unit == "other":
                good = got == HIDDEN
            if not good:
                wrong.append(f"{method} {path}: {got}; the table names {sorted(roles)}")
    assert wrong == []


IMPOSSIBLE = ("²", "99999999999", "9" * 30, "-1", "😀", "%00")
ODD = (
    "²",
    "-1",
    "9" * 25,
    "0001-01-01",
    "9999-12-31T23:59",
    "2026-11-22T08:00:00+00:00/²",
    "[]",
    "😀" * 40,
    "' OR 1=1 --",
    "%s {0}",
    "\x0b",
)
ODDITIES = int(os.environ.get("FUZZ_ADDRESSES", "1"))
NAMED = re.compile(r"""(?:args|values)(?:\.get\(|\.getlist\(|\[)["']([\w-]+)["']|(?:whole|_whole|day)\((?:request\.args, )?["'](\w+)["']""")


def reader_of(roles: frozenset[str]) -> str:
    """Somebody of PEOPLE with one of these posts."""
    return next((person.username for person in PEOPLE if person.roles & roles), "")


def oddly_asked(app: Flask, rule) -> list[tuple[str, dict]]:
    """(path, query): every impossible id in the holes, or every odd value under every name the page's module reads."""
    if "<" in rule.rule:
        return [(re.sub(r"<[^<>]+>", odd, rule.rule), {}) for odd in IMPOSSIBLE]
    source = Path(inspect.getsourcefile(inspect.unwrap(app.view_functions[rule.endpoint]))).read_text(encoding="utf-8")
    names = sorted({name for found in NAMED.findall(source) for name in found if name} | {"after"})
    return [(rule.rule, {name: odd}) for name in names for odd in ODD]


def test_no_address_breaks_a_page(app):
    """Ids no row can have, cursors and days that are none: refused in words, never a 500. Each page gets so many of its own as ODDITIES says."""
    seats, broken = {}, []
    for turn, rule in enumerate(
        rule for rule in pages(app) if rule.endpoint in PAGES and rule.endpoint != "health.ready" and "GET" in rule.methods
    ):
        who = reader_of(PAGES[rule.endpoint])
        client, headers = seats[who] = seats.get(who) or browser(app, who)
        asked = oddly_asked(app, rule)
        for path, query in [asked[(turn * 7 + n * 5) % len(asked)] for n in range(ODDITIES)]:
            with client.get(path, query_string=query, headers=headers) as answer:
                if answer.status_code >= 500:
                    broken.append(f"{who} {path} {query}: {answer.status_code}")
    assert broken == []
