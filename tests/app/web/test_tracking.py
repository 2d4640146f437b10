"""What a citizen reads and does with ten digits: the promise first, the story without inside words, urging, adding; and nothing of others."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import create_app
from app.auth.access import actor_of
from app.auth.models import Account
from app.db import db
from app.web.tracking import digits_of, spaced
from tests.app.web.citizens import does, photo, post, standing, ticket
from tests.app.web.seats import token_of
from tests.factories import a_reply, a_ticket, person
from tickets import answering, attachments, dispatch, handling, intake, public, sorting
from tickets.actors import CITIZEN_ACTOR
from tickets.dispatch_models import Request
from tickets.events import TicketEvent


@pytest.fixture
def client(app):
    return app.test_client()


def who(session, username, now):
    return actor_of(session, session.scalar(sa.select(Account).where(Account.username == username)), now)


def plain(page: str) -> str:
    """The words of the main part."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main>", 1)[0]))


def test_codes_as_people_type_them():
    assert digits_of(" 83-2947 1056 ") == "8329471056"
    assert digits_of("８３２９４７１０５６") == "8329471056"
    assert spaced("8329471056") == "83 2947 1056"


def test_the_form_leads_to_the_matter(app, client):
    code = standing(app, "registered")
    assert client.get("/track", query_string={"code": spaced(code)}).location == f"/t/{code}"
    short = client.get("/track?code=123")
    assert short.status_code == 422
    assert "您写了 3 位" in short.text


def test_an_unknown_code_says_so_and_leaks_nothing(client):
    answer = client.get("/t/0000000001")
    assert answer.status_code == 404
    assert "没有这个查询码" in answer.text
    assert client.get("/t/0000000001/receipt").status_code == 404


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("registered", ("已受理", "派给一个单位")),
        ("dispatched", ("单位urban答应您，最晚", "转给单位urban")),
        ("handling", ("打给您了",)),
        ("replied", ("答复已经给您", "已派人疏通管道")),
        ("follow-up", ("请您评价", "办得怎么样，您来评")),
        ("closed", ("办结了", "有新情况")),
    ],
)
def test_every_station_says_what_comes_next(app, client, status, words):
    page = plain(client.get(f"/t/{standing(app, status)}").text)
    for said in words:
        assert said in page


def test_no_word_from_inside(app, client):
    """Return, dispute, notes, drafts, reasons between offices: the citizen's page knows none of them."""
    code = standing(app, "signed", ago=timedelta(hours=1))

    def inside(session, row, now):
        handling.contact(session, row, "phone", "reached", who(session, "urban.handler", now), now, words="态度恶劣的老户")
        handling.note(session, row, "内部：先拖一拖", who(session, "urban.handler", now), now)
        handling.draft_reply(session, row, who(session, "urban.handler", now), now, **a_reply(content="草稿里的话，不该给市民看到"))
        sorting.recuse(
            session, row, who(session, "urban.backup", now).account_id, "与被投诉人是亲戚", who(session, "dispatcher1", now), now
        )

    does(app, code, inside)
    page = client.get(f"/t/{code}").text
    for said in ("老户", "先拖一拖", "草稿里的话", "亲戚", "urban.handler", "13800002716", "陈小芳"):
        assert said not in page


def test_a_return_is_not_the_citizens_business(app, client):
    code = standing(app, "dispatched")

    def ask(session, row, now):
        dispatch.request_return(
            session, row, "not-our-duty", "三定方案第三条，不归我们", who(session, "urban.liaison", now), now, suggested="water"
        )

    does(app, code, ask)
    page = plain(client.get(f"/t/{code}").text)
    assert "退" not in page
    assert "三定" not in page
    assert "已转办" in page


def test_a_recalled_sending_never_happened(session, now):
    ticket = a_ticket(session, now, "registered")
    dispatcher = person(session, "dispatcher1", now)
    dispatch.dispatch(session, ticket, "market", dispatcher, now)
    dispatch.recall(session, ticket, dispatcher, now + timedelta(seconds=20))
    dispatch.dispatch(session, ticket, "urban", dispatcher, now + timedelta(seconds=40))
    session.flush()
    assert [line.data.get("unit") for line in public.story(session, ticket) if line.kind == "dispatch"] == ["urban"]


def test_an_extension_gives_reason_and_new_date(app, client):
    code = standing(app, "handling")

    def extend(session, row, now):
        asked = handling.request_extension(session, row, 3, "管材要从外地调", "周四到货，周五换管", who(session, "urban.liaison", now), now)
        session.flush()
        handling.decide_extension(session, row, asked, True, "同意，抓紧", who(session, "dispatcher1", now), now)

    does(app, code, extend)
    page = plain(client.get(f"/t/{code}").text)
    assert "管材要从外地调" in page
    assert "周五换管" not in page
    assert "抓紧" not in page


def test_a_refusal_shows_reason_and_route(app, client):
    code = standing(app, "registered")
    does(
        app, code, lambda session, row, now: intake.refuse(session, row, "litigation", who(session, "agent1", now), now, words="已经开过庭")
    )
    page = plain(client.get(f"/t/{code}").text)
    assert "已进入诉讼" in page
    assert "人民法院" in page
    assert "催一下" not in page


def test_a_child_follows_its_master_without_the_others_words(app, client):
    first = standing(app, "handling", content="柳荫里 2 幢楼顶漏水，我姓孟，13900005151")
    second = standing(app, "registered", content="柳荫里 2 幢顶楼漏得厉害")

    def join(session, row, now):
        master = session.scalar(sa.select(type(row)).where(type(row).query_code == first).with_for_update())
        intake.merge(session, row, master, who(session, "agent1", now), now)
        intake.supplement(session, master, "孟家补充：天花板要掉下来了", CITIZEN_ACTOR, now)
        handling.reply(
            session, master, who(session, "urban.head", now), now, **a_reply(content="已和孟女士（13900005151）约好周三上门做防水。")
        )

    does(app, second, join)
    page = plain(client.get(f"/t/{second}").text)
    assert "一起办" in page
    assert "约好周三上门" in page
    assert "13900005151" not in page
    assert "天花板要掉" not in page
    assert first not in client.get(f"/t/{second}").text


def test_urging_once_a_day_and_not_too_soon(app, client):
    code = standing(app, "dispatched")
    answer = post(client, f"/t/{code}", f"/t/{code}/urges")
    assert answer.status_code == 409
    assert "以后可以" in answer.text
    old = standing(app, "handling", ago=timedelta(days=2))
    assert post(client, f"/t/{old}", f"/t/{old}/urges").status_code == 302
    assert ticket(app, old).urges == 1
    assert post(client, f"/t/{old}", f"/t/{old}/urges").status_code == 409
    assert "以后可以催" in client.get(f"/t/{old}").text


def test_a_late_unit_is_asked_why(app, client):
    code = standing(app, "handling", ago=timedelta(days=30))
    page = client.get(f"/t/{code}").text
    assert "已经晚了" in page
    assert "问问为什么晚了" in page
    assert post(client, f"/t/{code}", f"/t/{code}/urges", why="1").status_code == 302
    with app.app_context():
        said = db.session.scalar(
            sa.select(TicketEvent.data).where(TicketEvent.ticket_id == ticket(app, code).id, TicketEvent.kind == "urge")
        )
        db.session.remove()
    assert "没有按期答复" in said["words"]


def test_a_supplement_with_a_photo(app, client):
    code = standing(app, "handling")
    page = client.get(f"/t/{code}").text
    answer = client.post(
        f"/t/{code}/supplements",
        data={"csrf_token": token_of(page), "content": "今天又漏了，比昨天大", "photos": (photo(), "漏水.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302
    page = client.get(f"/t/{code}").text
    assert "今天又漏了" in page
    address = re.search(rf"/t/{code}/photos/\d+", page).group()
    with client.get(address) as picture:
        assert picture.data[:2] == b"\xff\xd8"
        assert picture.headers["Content-Disposition"].startswith("attachment")
    other = standing(app, "handling")
    assert client.get(address.replace(code, other)).status_code == 404


def test_evidence_of_the_unit_is_not_the_citizens(app, client):
    code = standing(app, "handling")
    kept = {}

    def hang(session, row, now):
        row = attachments.attach(
            session,
            row,
            "现场.jpg",
            attachments.check(photo().getvalue(), 10**7),
            app.config["SETTINGS"].uploads,
            "evidence",
            who(session, "urban.handler", now),
            now,
        )
        kept["id"] = row.id

    does(app, code, hang)
    assert client.get(f"/t/{code}/photos/{kept['id']}").status_code == 404


def test_an_empty_supplement_keeps_the_page(app, client):
    code = standing(app, "handling")
    answer = post(client, f"/t/{code}", f"/t/{code}/supplements", content="  ")
    assert answer.status_code == 422
    assert "请写下要补充的内容" in answer.text


def test_a_closed_matter_takes_no_supplement(app, client):
    code, going = standing(app, "closed"), standing(app, "handling")
    assert "补上" not in plain(client.get(f"/t/{code}").text)
    assert post(client, f"/t/{going}", f"/t/{code}/supplements", content="又漏了").status_code == 409


def test_what_is_suspended_says_what_is_awaited(app, client):
    code = standing(app, "handling")

    def pause(session, row, now):
        asked = handling.request_suspension(session, row, "applicant-supplement", "缺房产证复印件", who(session, "urban.handler", now), now)
        session.flush()
        handling.decide_suspension(session, row, asked, True, "同意", who(session, "dispatcher1", now), now)

    does(app, code, pause)
    page = plain(client.get(f"/t/{code}").text)
    assert "等申请人补材料" in page
    with app.app_context():
        assert db.session.scalar(sa.select(Request.words).where(Request.ticket_id == ticket(app, code).id)) not in page
        db.session.remove()


def test_a_reworked_reply_stays_in_the_story(app, client):
    code = standing(app, "replied")
    does(
        app,
        code,
        lambda session, row, now: answering.review(
            session, row, False, who(session, "auditor1", now), now, "not-answered", "答非所问，重写"
        ),
    )
    page = plain(client.get(f"/t/{code}").text)
    assert "正在重办" in page
    assert "已派人疏通管道" in page
    assert "答非所问" not in page


def test_the_page_is_not_kept_by_anybody(app, client):
    assert client.get(f"/t/{standing(app, 'registered')}").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("roads", "address"), [(("/t/",), "203.0.113.77"), (("/t/", "/api/v1/public/tickets/"), "203.0.113.78")])
def test_wrong_codes_are_limited(settings, roads, address):
    """Ten digits can be tried by a machine: misses of one address run out whichever road it takes, hits do not count."""
    app = create_app(replace(settings, rate_limit_factor=1))
    here = {"REMOTE_ADDR": address}
    answers = [app.test_client().get(f"{roads[n % len(roads)]}00000000{n:02}", environ_overrides=here).status_code for n in range(14)]
    with app.app_context():
        db.engine.dispose()
    assert answers.count(404) == 10
    assert answers[-1] == 429
