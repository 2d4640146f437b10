"""上会和移送 on the desk and over the API: from the ticket to the meeting and to discipline; the papers carry no citizen and each opening is logged."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from app import clock
from app.auth.models import AuditEntry
from app.db import db
from app.work import session_now, work
from escalation.dossier_models import Dossier, Referral
from tests import factories
from tests.app.api.conftest import caller, integration  # noqa: F401 -- fixtures
from tests.app.web.seats import seat, token_of
from tests.escalation.highest import OBSTACLE, QUESTION, stuck
from tests.statements import counted
from tickets import identity
from tickets.identity import Appellant
from tickets.models import Ticket

DESK = "/desk/supervision/highest"
HOUR = timedelta(hours=1)
SECRET = {"content": "我叫欧阳春晓，电话13911112222，地下室返水三天没人来", "appellant": Appellant(name="欧阳春晓", phone="13911112222")}
LEAKS = ("欧阳春晓", "13911112222")


def put(app, **matter) -> str:
    """A ticket of a citizen who wrote name and telephone into the text; its top coordination did not help."""
    with app.app_context():
        with work() as session:
            now = clock.now()
            ticket = factories.a_ticket(session, now - timedelta(days=20), "handling", **(SECRET | matter))
            identity.reveal(
                session,
                ticket,
                "首次联系",
                factories.person(session, "auditor1" if ticket.sealed else "urban.handler", now),
                now - timedelta(days=9),
            )
            stuck(session, ticket, now - 3 * HOUR)
            number = ticket.number
        db.session.remove()
    return number


def post(client, name: str, at: str = DESK, **data):
    answer = client.get(at)
    assert answer.status_code == 200
    return client.post(f"{DESK}/acts/{name}", data={"csrf_token": token_of(answer.get_data(as_text=True))} | data)


def last(app, model, number: str) -> int:
    with app.app_context():
        found = session_now().scalar(
            sa.select(sa.func.max(model.id)).join(Ticket, Ticket.id == model.ticket_id).where(Ticket.number == number)
        )
        db.session.remove()
    return found


def logged(app, action: str) -> list[AuditEntry]:
    with app.app_context():
        return list(session_now().scalars(sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def text_of(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).replace("\x00", "").replace("\n", "")


def words(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.fixture
def raised(app) -> tuple[str, int]:
    number = put(app)
    assert (
        post(
            seat(app, "supervisor1"), "raise-dossier", f"{DESK}?t={number}", ticket=number, question=QUESTION, obstacle=OBSTACLE
        ).status_code
        == 302
    )
    return number, last(app, Dossier, number)


@pytest.fixture
def referred(app) -> tuple[str, int]:
    number = put(app)
    assert (
        post(
            seat(app, "supervisor1"),
            "refer",
            f"{DESK}?t={number}",
            ticket=number,
            misconduct="leak",
            words="九月三日把欧阳春晓的电话13911112222给了商家",
        ).status_code
        == 302
    )
    return number, last(app, Referral, number)


def test_the_dossier_goes_its_way_on_the_desk(app, raised):
    number, row_id = raised
    leader = seat(app, "leader1")
    assert "等领导签报" in words(leader, DESK)
    assert post(leader, "submit-dossier", dossier=row_id, opinion="同意，报政府办公厅").status_code == 302
    due = clock.local(clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    wrong = post(
        leader,
        "decide-dossier",
        dossier=row_id,
        meeting="第 12 次常务会议",
        held_on="",
        decision="由住建局出资",
        person="孙明",
        post="局长",
        due=due,
    )
    assert wrong.status_code == 422
    assert "由住建局出资" in wrong.get_data(as_text=True), "nothing typed is lost"
    today = clock.local(clock.now()).date().isoformat()
    assert (
        post(
            leader,
            "decide-dossier",
            dossier=row_id,
            meeting="第 12 次常务会议",
            held_on=today,
            decision="由住建局出资",
            person="孙明",
            post="局长",
            due=due,
        ).status_code
        == 302
    )
    page = words(leader, f"/tickets/{number}")
    assert "会议已定" in page
    assert "会议决定" in page


def test_the_dossier_says_the_whole_story_without_the_citizen(app, raised):
    number, row_id = raised
    supervisor = seat(app, "supervisor1")
    for said in (
        words(supervisor, f"/desk/supervision/dossiers/{row_id}"),
        text_of(supervisor.get(f"/desk/supervision/dossiers/{row_id}/file").data),
    ):
        for part in (QUESTION, "两家产权单位互相推", number, "DB2", "顶格协调", "孙明", "签收", "首次联系", "全部接得上", "supervisor1"):
            assert part in said, part
        for leak in LEAKS:
            assert leak not in said


def test_a_reports_content_stays_sealed_in_the_dossier(app):
    number = put(app, appeal_type="report", accused="某餐馆")
    assert (
        post(seat(app, "leader1"), "raise-dossier", f"{DESK}?t={number}", ticket=number, question=QUESTION, obstacle=OBSTACLE).status_code
        == 302
    )
    said = words(seat(app, "leader1"), f"/desk/supervision/dossiers/{last(app, Dossier, number)}")
    assert "地下室返水" not in said
    assert "不公开" in said


def test_a_changed_step_is_told_on_the_paper(app, raised):
    _number, row_id = raised
    with app.app_context():
        session = session_now()
        ticket_id = session.get(Dossier, row_id).ticket_id
        session.execute(sa.text("UPDATE tickets SET head_hash = repeat('0', 64) WHERE id = :id"), {"id": ticket_id})
        session.commit()
        db.session.remove()
    assert "对不上" in words(seat(app, "supervisor1"), f"/desk/supervision/dossiers/{row_id}")


def test_the_referral_is_a_sealed_set_without_the_citizen(app, referred):
    _number, row_id = referred
    answer = seat(app, "discipline1").get(f"/desk/supervision/referrals/{row_id}/file")
    whole = zipfile.ZipFile(io.BytesIO(answer.data))
    manifest = json.loads(whole.read("manifest.json"))
    assert (manifest["holds"], manifest["missing"]) == (True, [])
    document = next(name for name in whole.namelist() if name.endswith(".pdf"))
    for said in (
        whole.read("manifest.json").decode(),
        text_of(whole.read(document)),
        words(seat(app, "discipline1"), f"/desk/supervision/referrals/{row_id}"),
    ):
        assert "给了商家" in said
        assert "首次联系" in said
        for leak in LEAKS:
            assert leak not in said


def test_every_opening_and_export_is_a_row_of_the_audit_log(app, raised, referred):
    before = len(logged(app, "export"))
    supervisor, dossier, referral = seat(app, "supervisor1"), raised[1], referred[1]
    for path in (f"dossiers/{dossier}", f"dossiers/{dossier}/file", f"referrals/{referral}", f"referrals/{referral}/file"):
        words_or_bytes = supervisor.get(f"/desk/supervision/{path}")
        assert words_or_bytes.status_code == 200
    rows = logged(app, "export")[before:]
    assert [row.data["form"] for row in rows] == ["text/html", "application/pdf", "text/html", "application/zip"]
    assert all(row.actor_name == "supervisor1" and len(row.data["sha256"]) == 64 and row.data["ticket"] for row in rows)
    assert logged(app, "refer")[-1].data["misconduct"] == "leak"


@pytest.mark.parametrize("username", ["urban.head", "urban.liaison", "water.head", "agent1", "dispatcher1", "publisher1", "admin1"])
def test_nobody_else_finds_the_papers(app, raised, referred, username):
    client = seat(app, username)
    assert client.get(DESK).status_code == 403
    for path in (f"dossiers/{raised[1]}", f"dossiers/{raised[1]}/file", f"referrals/{referred[1]}", f"referrals/{referred[1]}/file"):
        assert client.get(f"/desk/supervision/{path}").status_code == 404


def test_the_unit_sees_that_it_went_up_but_nothing_of_a_referral(app, raised, referred):
    own = words(seat(app, "urban.head"), f"/tickets/{raised[0]}")
    assert "报了上会" in own
    other = words(seat(app, "urban.head"), f"/tickets/{referred[0]}")
    assert "移送" not in other
    assert "纪检监察" not in other
    assert "移送纪检监察" in words(seat(app, "supervisor1"), f"/tickets/{referred[0]}")


def test_who_was_held_to_account_is_a_list_of_its_own(app, raised):
    """R53: from the records of that day, with or without an order; no unit reads it."""
    number, supervisor = raised[0], seat(app, "supervisor1")
    assert (
        post(supervisor, "blame", f"{DESK}?t={number}", ticket=number, fault="delay", person="李某", words="三周没有动静").status_code
        == 302
    )
    for name in ("supervisor1", "discipline1"):
        page = words(seat(app, name), f"{DESK}?ticket={number}")
        assert all(said in page for said in ("拖延 · 李某", "三周没有动静", "超期 "))
    assert seat(app, "urban.head").get(DESK).status_code == 403


def test_discipline_reads_and_changes_nothing(app, referred):
    discipline = seat(app, "discipline1")
    page = words(discipline, DESK)
    assert "泄露信息" in page
    assert "登记结果" not in page
    assert post(discipline, "conclude-referral", referral=referred[1], conclusion="upheld", words="已立案").status_code == 403
    assert post(seat(app, "leader1"), "conclude-referral", referral=referred[1], conclusion="upheld", words="已立案").status_code == 302
    assert "查实" in words(discipline, DESK)


def test_the_lists_cost_the_same_for_one_and_for_many(app, raised, referred):
    supervisor = seat(app, "supervisor1")
    words(supervisor, DESK)
    with counted(app) as few:
        words(supervisor, DESK)
    for _ in range(2):
        number = put(app)
        post(supervisor, "raise-dossier", f"{DESK}?t={number}", ticket=number, question=QUESTION, obstacle=OBSTACLE)
        post(supervisor, "refer", f"{DESK}?t={number}", ticket=number, misconduct="refusal", words="三次通知拒不到场")
    app.extensions.pop("frame_counts", None)
    with counted(app) as many:
        words(supervisor, DESK)
    assert len(many) <= len(few) + 1, many
    assert len(many) <= 10, many


def test_over_the_api(app, raised, referred, caller):  # noqa: F811
    supervisor, discipline = caller("supervisor1"), caller("discipline1")
    one = supervisor.get(f"/dossiers/{raised[1]}").get_json()
    assert (one["ticket"], one["state"], one["question"]) == (raised[0], "raised", QUESTION)
    assert one["id"] in [row["id"] for row in discipline.get("/dossiers", live="true").get_json()["items"]]
    signed = caller("leader1").does(f"/tickets/{raised[0]}/dossiers/{raised[1]}/submissions", {"opinion": "同意"})
    assert signed["state"] == "submitted"
    assert supervisor.post(f"/tickets/{raised[0]}/dossiers", {"question": "再定一次", "obstacle": "还是推"}).status_code == 409
    assert "%PDF" in supervisor.get(f"/dossiers/{raised[1]}/document").data[:5].decode()
    sealed = discipline.get(f"/referrals/{referred[1]}").get_json()
    assert (sealed["holds"], sealed["misconduct"], len(sealed["seal"])) == (True, "leak", 64)
    assert discipline.get(f"/referrals/{referred[1]}/package").data[:2] == b"PK"
    assert (
        discipline.post(
            f"/tickets/{referred[0]}/referrals/{referred[1]}/conclusions", {"conclusion": "upheld", "words": "已立案"}
        ).status_code
        == 403
    )
    assert (
        supervisor.post(
            f"/tickets/{raised[0]}/referrals/{referred[1]}/conclusions", {"conclusion": "upheld", "words": "已立案"}
        ).status_code
        == 404
    ), "another ticket's"
    assert (
        supervisor.does(f"/tickets/{referred[0]}/referrals/{referred[1]}/conclusions", {"conclusion": "unfounded", "words": "查无此事"})[
            "conclusion"
        ]
        == "unfounded"
    )
    assert supervisor.get("/referrals", misconduct="rudeness").status_code == 422
