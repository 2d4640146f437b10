"""The front door and the form: what a citizen hands in becomes exactly one ticket, and nothing typed is ever lost."""

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.web import outcomes
from app.work import work
from tests.app.web.citizens import WORDS, code_of, file, photo, standing, ticket
from tests.app.web.seats import token_of
from tests.factories import a_ticket, person
from tickets import knowledge
from tickets.attachments import attachments_of, path_of
from tickets.duties import Knowledge
from tickets.intake import search_words
from tickets.models import Identity, Rating, Ticket
from tickets.organisations import Unit


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def an_answer(app):
    """One public entry and one that is not."""
    with app.app_context(), work() as session:
        unit = session.scalar(sa.select(Unit.id).where(Unit.code == "water"))
        for title, public in (("停水怎么报修", True), ("内部口径：停水赔偿", False)):
            session.add(
                Knowledge(
                    title=title,
                    content="先看同楼别家有没有水，都没有就报地址和楼层。",
                    article="服务承诺第 1 条",
                    unit_id=unit,
                    public=public,
                    updated_at=clock.now(),
                    search=search_words(title, "先看同楼别家有没有水，都没有就报地址和楼层。", ""),
                )
            )
    yield
    with app.app_context(), work() as session:
        session.execute(sa.delete(Knowledge))


@pytest.mark.parametrize("path", ["/", "/file", "/answers", "/flow", "/figures", "/duties", "/find-code", "/privacy", "/track"])
@pytest.mark.parametrize("look", ["", "lang=en", "size=large"])
def test_every_public_page_opens_without_signing_in(client, path, look):
    answer = client.get(f"{path}?{look}")
    assert answer.status_code == 200
    assert "WWW-Authenticate" not in answer.headers


def test_only_public_answers_are_found(client, an_answer):
    page = client.get("/answers?q=停水报修").text.replace("<mark>", "").replace("</mark>", "")
    assert "停水怎么报修" in page
    assert "内部口径" not in page
    assert "请至少输入两个字" in client.get("/answers?q=停").text
    assert "没有现成的答案" in client.get("/answers?q=火星移民").text


def test_an_answer_that_is_not_public_is_not_there(app, client, an_answer):
    with app.app_context():
        rows = dict(db.session.execute(sa.select(Knowledge.public, Knowledge.id)).all())
        db.session.remove()
    assert "停水怎么报修" in client.get(f"/answers/{rows[True]}").text
    assert client.get(f"/answers/{rows[False]}").status_code == 404


def test_words_in_another_order_are_found_too(session, now):
    row, _before, _after = knowledge.save(
        session,
        None,
        person(session, "admin1", now),
        now,
        title="灵活就业社保断缴能补吗",
        content="可以补缴，带身份证到社保大厅办理。",
        article="办法第 12 条",
        category="",
        unit_id=session.scalar(sa.select(Unit.id).where(Unit.code == "urban")),
        public=True,
    )
    assert [one.id for one in knowledge.find(session, "社保断缴了还能不能补", now.date())] == [row.id]


def test_a_matter_becomes_a_ticket(app, client):
    code = code_of(file(client, wishes=["confidential"]))
    row = ticket(app, code)
    assert (row.channel, row.status, row.appeal_type, row.confidential, row.reply_wanted) == ("web", "registered", "help", True, True)
    assert row.address == "海晏小区 3 幢"
    page = client.get(f"/t/{code}/receipt").text
    assert row.number in page
    assert f"{code[:2]} {code[2:6]} {code[6:]}" in page
    assert "<svg" in page


def test_a_double_submit_makes_one(app, client):
    page = client.get("/file").text
    form = {"csrf_token": token_of(page), "once": token_of(page, "once")} | WORDS
    codes = {code_of(client.post("/file", data=form)) for _time in range(3)}
    fresh = token_of(client.get("/file").text, "once")
    codes.add(code_of(client.post("/file", data=form | {"once": fresh})))
    assert len(codes) == 1, "a browser that went back fetched the form anew"
    other = client.post("/file", data=form | {"content": "另一件：楼下半夜施工"})
    assert (other.status_code, f"查询码 {codes.pop()}" in other.text, "楼下半夜施工" in other.text) == (422, True, True), "not swallowed"
    assert code_of(client.post("/file", data=form | {"content": "另一件：楼下半夜施工", "once": token_of(other.text, "once")}))


def test_two_at_the_same_moment_make_one(app):
    """Two clicks that arrive together: the second waits for the first's row and is led to the same receipt."""
    client = app.test_client()
    page = client.get("/file").text
    form = {"csrf_token": token_of(page), "once": token_of(page, "once")} | WORDS
    cookie = client.get_cookie("shaoxiang").value
    found, gate = [], threading.Barrier(3)

    def send():
        one = app.test_client()
        one.set_cookie("shaoxiang", cookie)
        gate.wait()
        found.append(code_of(one.post("/file", data=form)))

    threads = [threading.Thread(target=send) for _place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_everything_wrong_is_said_at_once_and_nothing_is_lost(client):
    answer = file(client, content="水", phone="1380000271", consent="", kind="firm", name="")
    assert answer.status_code == 422
    for said in ("请写下发生了什么", "手机号是 11 位", "请看一下个人信息怎么用", "请写单位名称"):
        assert said in answer.text
    assert "海晏小区 3 幢" in answer.text


def test_photos_wait_while_the_form_is_put_right(app, client):
    answer = file(client, [(photo(), "a.jpg")], phone="1380000271")
    assert answer.status_code == 422
    kept = token_of(answer.text, "kept")
    assert client.get(f"/file/held/{kept}").data[:2] == b"\xff\xd8"
    code = code_of(file(client, kept=kept))
    with app.app_context():
        rows = attachments_of(db.session(), ticket(app, code).id)
        assert [row.purpose for row in rows] == ["citizen"]
        stored = path_of(app.config["SETTINGS"].uploads, rows[0].sha256).read_bytes()
        db.session.remove()
    assert b"TellTale" not in stored


def test_a_bad_photo_is_named_and_the_good_one_is_kept(client):
    answer = file(client, [(photo(), "good.jpg"), (io.BytesIO(b"MZ not a picture"), "evil.exe")])
    assert answer.status_code == 422
    assert "evil.exe" in answer.text
    assert 'name="kept"' in answer.text


def test_a_seventh_photo_is_told(client):
    answer = file(client, [(photo(40, 30), f"{n}.jpg") for n in range(7)])
    assert answer.status_code == 422
    assert "最多 6 张" in answer.text


def test_too_much_at_once_is_a_plain_page(client):
    page = client.get("/file").text
    heavy = {"csrf_token": token_of(page), "photos": (io.BytesIO(b"\0" * 1024), "a.jpg")}
    answer = client.post("/file", data=heavy, content_type="multipart/form-data", environ_overrides={"CONTENT_LENGTH": str(10**9)})
    assert answer.status_code == 413
    assert "太大" in answer.text


def test_anonymous_is_allowed(app, client):
    code = code_of(file(client, name="", phone=""))
    with app.app_context():
        row = db.session.get(Identity, ticket(app, code).id)
        assert (row.kind, row.contactable) == ("anonymous", False)
        db.session.remove()


def test_a_report_is_sealed(app, client):
    code = code_of(file(client, appeal_type="report"))
    assert ticket(app, code).sealed
    page = client.get(f"/t/{code}").text
    assert "返水" not in page
    assert "举报" in page


def test_a_firm_takes_the_enterprise_track(app, client):
    row = ticket(app, code_of(file(client, kind="firm", name="海晏食品厂", content="办厂房产证卡在消防验收，问了三次没有准话")))
    assert row.track == "enterprise"


def test_a_machine_that_fills_everything_is_not_taken(app, client):
    with app.app_context():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(Ticket))
        db.session.remove()
    assert file(client, website="http://spam.example").status_code == 422
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == before
        db.session.remove()


@pytest.mark.parametrize("field", ["region", "lng", "kind", "appeal_type", "content"])
def test_nonsense_is_never_a_500(client, field):
    answer = file(client, **{field: "\x00<script>' OR 1=1 --" * 3})
    assert answer.status_code in (302, 400, 422)


@pytest.mark.parametrize("path", ["/answers?q=%00%00", "/track?code=%00", "/t/%00", "/rate/%00", "/file?previous=%00"])
def test_a_nul_is_never_a_500(client, path):
    assert client.get(path).status_code in (400, 404)


def test_somebody_said_it_already(app, client):
    """The other's words are never shown: kind, distance, progress. Joining makes a child with a code of its own."""
    first = standing(
        app, "dispatched", content="金桥里整个小区停气，没有通知", title="金桥里停气", address="金桥里 5 幢", lng=122.93, lat=35.08
    )
    page = client.get("/file").text
    near = client.post(
        "/file/nearby",
        data={
            "csrf_token": token_of(page),
            "content": "金桥里我家也停气了，没有通知",
            "appeal_type": "help",
            "lng": "122.9301",
            "lat": "35.0801",
        },
    ).text
    assert "我也是" in near
    assert "约 50 米" in near
    assert "整个小区" not in near
    assert first not in near
    code = code_of(file(client, content="金桥里我家也停气了，没有通知", join=token_of(near, "join")))
    child, master = ticket(app, code), ticket(app, first)
    assert (child.status, child.master_id) == ("merged", master.id)
    assert code != first
    page = client.get(f"/t/{code}").text
    assert "单位urban" in page
    assert "整个小区" not in page


def test_what_is_more_urgent_stands_alone(app, client):
    standing(
        app, "dispatched", content="银杏路 8 号停着的车挡路", address="银杏路 8 号", category="urban.street-trade", lng=122.91, lat=35.06
    )
    page = client.get("/file").text
    said = "银杏路 8 号停着的车挡路，车底下燃气泄漏"
    near = client.post(
        "/file/nearby", data={"csrf_token": token_of(page), "content": said, "appeal_type": "help", "lng": "122.91", "lat": "35.06"}
    ).text
    assert "听起来有危险" in near
    row = ticket(app, code_of(file(client, content=said, join=token_of(near, "join"))))
    assert (row.status, row.urgency) == ("registered", "critical")


def test_reports_and_confidential_matters_are_nobodys_neighbours(app, client):
    standing(app, "dispatched", content="松林巷地下作坊半夜开工冒白烟", address="松林巷 3 号", appeal_type="report", lng=122.95, lat=35.05)
    standing(app, "dispatched", content="松林巷地下作坊半夜开工冒白烟", address="松林巷 3 号", confidential=True, lng=122.95, lat=35.05)
    page = client.get("/file").text
    near = client.post(
        "/file/nearby",
        data={
            "csrf_token": token_of(page),
            "content": "松林巷地下作坊半夜开工冒白烟",
            "appeal_type": "complaint",
            "lng": "122.95",
            "lat": "35.05",
        },
    ).text
    assert "我也是" not in near


def test_a_forged_join_is_ignored(app, client):
    row = ticket(app, code_of(file(client, join="1.forged.token")))
    assert row.status == "registered"


def test_new_facts_follow_a_closed_matter(app, client):
    closed, going = standing(app, "closed", ago=timedelta(days=20)), standing(app, "handling")
    row = ticket(app, code_of(file(client, previous=closed, content="又返水了，和上个月一样")))
    assert row.previous_id == ticket(app, closed).id
    answer = file(client, previous=going)
    assert answer.status_code == 422
    assert "还在办" in answer.text


def test_figures_have_a_numerator_and_a_denominator(session, now):
    last = outcomes.bounds(now)[0] + timedelta(days=3)
    found = outcomes._count(session, *outcomes.bounds(now))
    assert (found.solved.share, found.content.share) == (None, None)
    for solved, score in ((True, 5), (False, 1), (None, 3)):
        one = a_ticket(session, now, "closed").id
        session.add(Rating(ticket_id=one, round=1, score=score, solved=solved, words="", channel="web", at=last))
    session.flush()
    found = outcomes._count(session, *outcomes.bounds(now))
    assert (found.solved.part, found.solved.whole) == (1, 2)
    assert (found.content.part, found.content.whole) == (2, 3)


def test_last_month_is_the_citys_month():
    since, until = outcomes.bounds(datetime(2026, 9, 30, 17, 0, tzinfo=UTC))  # already October 1 in the city
    assert (since.isoformat(), until.isoformat()) == ("2026-09-01T00:00:00+08:00", "2026-10-01T00:00:00+08:00")
