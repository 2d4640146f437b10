"""Bulletins: figures fill themselves, people write the words, an issued one stands for good and is counted; PDF and Word."""

from datetime import date, timedelta
from io import BytesIO

import docx
import pypdf
import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.errors import Invalid
from app.reports import bulletins as laid_out
from app.work import session_now, work
from escalation import bulletins
from escalation.bulletin_models import KINDS
from tests.app.web.seats import put, seat, token_of

DESK = "/desk/bulletins"


def draft(client, **typed) -> str:
    """Write one through the form; gives its address."""
    page = client.get(f"{DESK}/new").text
    today = clock.local(clock.now()).date()
    form = {
        "csrf_token": token_of(page),
        "version": "0",
        "kind": "bulletin",
        "title": "十一月第三周简报",
        "text": "# 总体\n本期受理 {受理} 件，按期办结率 {按期办结率}。\n\n请城管局复盘。",
        "since": (today - timedelta(days=6)).isoformat(),
        "until": today.isoformat(),
    } | typed
    answer = client.post(f"{DESK}/new", data=form)
    return answer.headers.get("Location", "") if answer.status_code == 302 else answer.text


def press(client, address: str, act: str, **typed):
    page = client.get(address).text
    text = page.split('name="text"', 1)[1].split(">", 1)[1].split("</textarea>", 1)[0] if 'name="text"' in page else ""
    form = {
        "csrf_token": token_of(page),
        "version": token_of(page, "version"),
        "act": act,
        "kind": "bulletin",
        "title": "十一月第三周简报",
        "text": text,
        "since": str(clock.local(clock.now()).date() - timedelta(days=6)),
        "until": str(clock.local(clock.now()).date()),
    } | typed
    return client.post(address, data=form)


def test_holes_are_named_once_and_braces_must_match():
    assert bulletins.holes("受理 {受理}，又 {受理}，{{不是}} {办结}") == ["受理", "办结"]
    assert bulletins.filled("受理 {受理} {{x}}", {"受理": "3"}) == "受理 3 {x}"
    with pytest.raises(Invalid):
        bulletins.holes("{受理")
    with pytest.raises(Invalid) as bad:
        bulletins.filled("{没有}", {})
    assert "没有" in bad.value.fields["text"][0]


def test_every_outline_asks_only_for_figures_there_are(app):
    with app.app_context(), app.test_request_context():
        figures = laid_out.figures_for(session_now(), date(2026, 11, 1), date(2026, 11, 30), clock.now())
        for kind in KINDS:
            assert bulletins.filled(laid_out.template_of(kind), figures)
        db.session.remove()


def test_a_draft_is_mended_issued_once_and_keeps_its_figures(app):
    put(app)
    writer, leader = seat(app, "supervisor1"), seat(app, "leader1")
    address = draft(writer)
    assert press(writer, address, "issue").status_code == 403
    said = leader.get(address).text.split('id="reads"', 1)[1]
    received = said.split("本期受理 ", 1)[1].split(" 件", 1)[0]
    assert press(leader, address, "issue").status_code == 302
    put(app)  # one more ticket changes nothing that was issued
    page = leader.get(address).text
    assert f"本期受理 {received} 件" in page
    assert "按期办结率" in page.split("数字怎么算", 1)[1]
    late = leader.post(address, data={"csrf_token": token_of(leader.get(f"{DESK}/new").text), "version": "2", "act": "drop"})
    assert late.status_code == 409
    assert "已经签发了" in late.text
    with app.app_context():
        now = clock.now()
        assert bulletins.issued_between(session_now(), now - timedelta(days=1), now + timedelta(days=1))["bulletin"] >= 1
        db.session.remove()


def test_numbers_run_through_the_year_by_kind(app):
    leader = seat(app, "leader1")
    numbers = []
    for kind in ("proposal", "proposal", "brief"):
        address = draft(leader, kind=kind)
        press(leader, address, "issue", kind=kind)
        with app.app_context():
            row = bulletins.bulletin(session_now(), int(address.rsplit("/", 1)[1]))
            numbers.append((row.kind, row.serial))
            db.session.remove()
    assert numbers == [("proposal", 1), ("proposal", 2), ("brief", 1)]


def test_what_is_wrong_is_said_beside_what_was_typed(app):
    client = seat(app, "publisher1")
    assert "没有这个数：满意度" in draft(client, text="满意度 {满意度}")
    assert "花括号没有成对" in draft(client, text="{受理")
    assert "标题 2 到 80 个字" in draft(client, title="")
    assert "结束那天要不早于开始那天" in draft(client, until="2020-01-01")
    assert "请选一天" in draft(client, since="")
    assert "日期要像" in draft(client, since="yesterday")


def test_two_people_on_one_draft(app):
    one, other = seat(app, "supervisor1"), seat(app, "publisher1")
    address = draft(one)
    assert press(other, address, "save", text="改过了 {受理}").status_code == 302
    late = press(one, address, "save", version="1", text="我也改了")
    assert late.status_code == 412
    assert "我也改了" in late.text
    assert press(one, address, "drop").status_code == 302
    assert one.get(address).status_code == 404


def test_word_and_pdf_say_what_the_page_says(app):
    client = seat(app, "leader1")
    address = draft(client)
    word = docx.Document(BytesIO(client.get(f"{address}/files/docx").data))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert "十一月第三周简报" in text
    assert "请城管局复盘。" in text
    assert [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"] == ["总体", "数字怎么算"]
    assert "按期办结率" in word.tables[0].cell(0, 0).text
    pages = pypdf.PdfReader(BytesIO(client.get(f"{address}/files/pdf").data)).pages
    assert "请城管局复盘" in "".join(page.extract_text() for page in pages).replace("\x00", "")
    assert client.get(f"{address}/files/exe").status_code == 404


def test_the_list_and_the_report_count_what_went_out(app):
    client = seat(app, "leader1")
    address = draft(client, kind="hotspot", title="报送：搅拌站")
    press(client, address, "issue", kind="hotspot", title="报送：搅拌站")
    assert "报送：搅拌站" in client.get(f"{DESK}?kind=hotspot").text
    assert client.get(f"{DESK}?kind=poem").status_code == 422
    assert client.get(f"{DESK}/new?kind=poem").status_code == 422
    with app.app_context(), app.test_request_context():
        today = clock.local(clock.now()).date()
        paper = laid_out.build(session_now(), today, today, clock.now())
        db.session.remove()
    assert paper.data["counts"]["hotspot"] == 1
    assert any(row["title"] == "报送：搅拌站" for row in paper.data["issued"])


def test_an_issued_paper_is_not_left_half(app):
    with app.app_context():
        with pytest.raises(sa.exc.IntegrityError), work() as session:
            session.execute(
                sa.text(
                    "INSERT INTO bulletins (kind, state, title, text, since, until, version, written_by_id, written_by_name, updated_at) "
                    "SELECT 'brief', 'issued', 'x', 'y', '2026-01-01', '2026-01-02', 1, id, 'x', now() FROM accounts LIMIT 1"
                )
            )
        db.session.remove()


def test_a_case_is_everybodys_once_it_is_issued(app):
    leader, citizen = seat(app, "leader1"), app.test_client()
    address = draft(leader, kind="case", title="三家合力，积水路段不再积水", text="# 怎么回事\n一下雨就积水。\n\n# 怎么办的\n三天办好。")
    case = "/cases/" + address.rsplit("/", 1)[1]
    assert citizen.get(case).status_code == 404
    press(leader, address, "issue", kind="case", title="三家合力，积水路段不再积水")
    assert case in citizen.get("/cases").text
    page = citizen.get(case).text
    assert "三天办好。" in page
    assert "高远" not in page  # who issued it is not said
    other = draft(leader, kind="proposal")
    press(leader, other, "issue", kind="proposal")
    assert citizen.get("/cases/" + other.rsplit("/", 1)[1]).status_code == 404
    assert 'href="/cases"' in citizen.get("/flow").text
