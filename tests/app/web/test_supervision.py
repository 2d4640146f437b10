"""The supervision room's pages: what stands on the desk, lists with their filters, one order, its paper, and a unit's own."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from app import clock, sweeping
from app.db import db
from app.work import work
from escalation import supervision
from escalation.models import LedgerEntry
from escalation.supervision_models import Supervision
from tests import factories
from tests.app.web.seats import look, seat, token_of
from tests.statements import counted
from tickets.models import Ticket

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
DESK = "/desk/supervision"


@pytest.fixture(autouse=True)
def room_cleared(app):
    """No card and no ticket is left from other tests."""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived' WHERE status <> 'merged'"))
            session.execute(
                sa.text(
                    "UPDATE clocks SET stopped_at = now(), stop_reason = 'cancelled', next_step = NULL, next_step_at = NULL WHERE stopped_at IS NULL"
                )
            )
            session.execute(sa.text("UPDATE ledger_entries SET status = 'cleared', closed_at = now() WHERE closed_at IS NULL"))
            session.execute(
                sa.text(
                    "UPDATE supervisions SET state = 'written-off', closed_at = now(), closed_by_name = 'x', written_off_as = 'judged', evidence = 'x' WHERE closed_at IS NULL"
                )
            )
        db.session.remove()
    app.extensions.pop("frame_counts", None)
    app.extensions.pop("supervision_figures", None)


def put(app, status="handling", ago=timedelta(days=20), lead="urban", sweep=True, **matter) -> str:
    """A committed ticket that began `ago`, swept as of now; gives its number."""
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now() - ago, status, lead, **matter).number
        if sweep:
            sweeping.sweep(clock.now())
        db.session.remove()
    return number


def ordered(app, number: str, acknowledged: bool = False) -> int:
    with app.app_context():
        with work() as session:
            now = clock.now()
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            order = supervision.issue(
                session, ticket, "overdue", "请限期办好，书面答复市民", factories.person(session, "supervisor1", now), now
            )
            if acknowledged:
                supervision.acknowledge(session, ticket, order, "周五前修好", factories.person(session, "urban.head", now), now)
            found = order.id
        db.session.remove()
    return found


def order_row(app, order_id: int) -> dict:
    with app.app_context():
        row = db.session.get(Supervision, order_id)
        found = {name: getattr(row, name) for name in ("state", "standing", "listed_until", "plan", "written_off_as", "evidence")}
        db.session.remove()
    return found


def card_of(app, number: str) -> int:
    with app.app_context():
        found = db.session.scalar(
            sa.select(LedgerEntry.id)
            .join(Ticket, Ticket.id == LedgerEntry.ticket_id)
            .where(Ticket.number == number, LedgerEntry.unit_id.is_not(None), LedgerEntry.closed_at.is_(None))
            .order_by(LedgerEntry.level.desc(), LedgerEntry.id.desc())
        )
        db.session.remove()
    return found


@pytest.fixture
def supervisor(app):
    return seat(app, "supervisor1")


def page(client, path, **headers) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:1500]
    return answer.get_data(as_text=True)


def post(client, path, at=DESK, **data):
    return client.post(path, data={"csrf_token": token_of(page(client, at))} | data)


def test_a_late_matter_stands_on_the_desk_once_by_its_heaviest_card(app, supervisor):
    number = put(app)
    html = page(supervisor, DESK)
    rows = re.findall(r'<li class="job[^>]*data-ticket="(\d+)"', html)
    assert rows.count(number) == 1
    assert "该督办了" in html
    assert html.count('aria-label="红牌"') >= 2


def test_the_desk_costs_the_same_for_one_card_and_for_many(app, supervisor):
    put(app)
    page(supervisor, DESK)
    with counted(app) as few:
        page(supervisor, DESK)
    for _ in range(4):
        ordered(app, put(app))
    app.extensions.pop("frame_counts", None)
    with counted(app) as many:
        page(supervisor, DESK)
    assert len(many) <= len(few) + 2, many  # the frame's counts and the photos of what waits
    assert len(many) <= 18, many


@pytest.mark.parametrize("part", ["cards", "soon", "book"])
def test_each_pane_fetches_itself_alone(app, supervisor, part):
    put(app)
    html = page(supervisor, f"{DESK}?part={part}", **HTMX)
    assert html.lstrip().startswith("<section")
    assert "<header" not in html


def test_supervision_is_opened_from_the_desk_with_a_toast(app, supervisor):
    number = put(app)
    answer = post(
        supervisor, f"{DESK}/acts/issue", ticket=number, entry=str(card_of(app, number)), reason="overdue", words="请限期办好，书面答复市民"
    )
    assert answer.status_code == 302
    html = page(supervisor, DESK)
    assert "已开督办 DB" in html
    assert "已督办 DB" in html


def test_what_was_typed_comes_back_with_the_reason_it_was_refused(app, supervisor):
    number = put(app)
    answer = post(supervisor, f"{DESK}/acts/issue", ticket=number, reason="", words="先写好的要求")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="do-issue"' in html
    assert re.search(r'id="do-issue"[^>]*data-show', html)
    assert "先写好的要求" in html
    assert "请选督办的事由" in html


def test_a_second_one_is_refused_with_the_number_of_the_first(app, supervisor):
    number = put(app)
    ordered(app, number)
    answer = post(supervisor, f"{DESK}/acts/issue", ticket=number, reason="overdue", words="请限期办好，书面答复市民")
    assert answer.status_code == 409
    assert "这件已有在办督办 DB" in answer.get_data(as_text=True)


def test_an_urge_and_an_interview_from_the_desk(app, supervisor):
    number = put(app)
    assert post(supervisor, f"{DESK}/acts/urge", ticket=number, words="请今天办好").status_code == 302
    assert (
        post(
            supervisor,
            f"{DESK}/acts/meet",
            ticket=number,
            kind="interview",
            held_at="2026-01-05T09:00",
            place="热线中心",
            people="孙明",
            words="约谈为何不办",
        ).status_code
        == 302
    )
    assert post(supervisor, f"{DESK}/acts/dance", ticket=number).status_code == 404
    html = page(supervisor, f"/tickets/{number}")
    assert "督办员催办" in html
    assert "约谈" in html


def test_the_ledger_is_a_url_and_pages_by_cursor(app, supervisor):
    for _ in range(8):
        put(app)
    first = page(supervisor, f"{DESK}/ledger")
    ids = re.findall(r'<li class="job" id="e-(\d+)"', first)
    assert len(ids) == 25
    following = re.search(r'href="([^"]+)"[^>]*rel="next"', first)[1].replace("&amp;", "&")
    second = re.findall(r'<li class="job" id="e-(\d+)"', page(supervisor, following))
    assert second
    assert not set(ids) & set(second)
    yellow = page(supervisor, f"{DESK}/ledger?card=yellow")
    assert 'class="rcard r' not in yellow.split('id="queue"')[1]
    assert supervisor.get(f"{DESK}/ledger?level=E99").status_code == 422
    file = supervisor.post(f"{DESK}/ledger/exports", data={"csrf_token": token_of(first), "card": "red"})
    lines = list(openpyxl.load_workbook(io.BytesIO(file.data)).active.iter_rows(min_row=3, values_only=True))
    assert {line[4] for line in lines} == {"红牌"}
    assert len({line[0] for line in lines}) >= 8


def test_a_page_of_the_ledger_costs_the_same_however_long(app, supervisor):
    put(app)
    page(supervisor, f"{DESK}/ledger")
    with counted(app) as few:
        page(supervisor, f"{DESK}/ledger")
    for _ in range(5):
        put(app)
    with counted(app) as many:
        page(supervisor, f"{DESK}/ledger")
    assert len(many) <= len(few) + 1, many
    assert len(many) <= 10, many


def test_one_order_and_everything_a_supervisor_does_with_it(app, supervisor):
    number = put(app)
    order = ordered(app, number, acknowledged=True)
    at = f"/supervisions/{order}"
    steps = (
        ("inspect", {"order": order, "mode": "re-inspect", "finding": "还没有动"}),
        ("coordinate", {"order": order, "person": "孙明", "post": "局长", "due": "2099-01-05T18:00"}),
        ("list", {"order": order, "until": "2099-01-01", "words": "影响面大"}),
        ("blame", {"ticket": number, "fault": "delay", "words": "二十天没办"}),
        (
            "meet",
            {
                "ticket": number,
                "kind": "on-site",
                "held_at": "2026-01-05T09:00",
                "place": "海晏小区",
                "people": "孙明",
                "words": "先抽水后修",
            },
        ),
        ("write-off", {"order": order, "written_off_as": "deferred", "evidence": "列入明年计划，有批复"}),
    )
    for name, said in steps:
        answer = post(supervisor, f"{at}/acts/{name}", at, **said)
        assert answer.status_code == 302, (name, answer.get_data(as_text=True)[-800:])
    html = page(supervisor, at)
    for words in ("难落实，再督查", "落实到 孙明（局长）", "先抽水后修", "拖延", "销号：列入计划", "有批复"):
        assert words in html
    assert "do-write-off" not in html, "nothing more to do with it"
    assert order_row(app, order)["state"] == "written-off"


def test_the_paper_has_the_slip_and_no_identity(app, supervisor):
    order = ordered(app, put(app))
    html = page(supervisor, f"/supervisions/{order}/paper")
    for words in ("督办通知单", "督办回执", "盖章", "urban.head", "■ 尚未落实查原因", "supervisor1"):
        assert words in html
    assert "陈" not in html
    assert "1380000" not in html


def test_the_unit_sees_its_own_and_answers(app):
    mine, other = put(app), put(app, lead="water")
    order = ordered(app, mine)
    head = seat(app, "urban.head")
    html = page(head, "/desk/orders")
    assert mine[-6:] in html
    assert other[-6:] not in html
    assert head.get(f"/supervisions/{ordered(app, other)}").status_code == 404
    answer = post(head, "/desk/orders/acts/acknowledge", "/desk/orders", order=order, plan="周五前修好")
    assert answer.status_code == 302
    assert order_row(app, order) | {"listed_until": None} == {
        "state": "acknowledged",
        "standing": "under-way",
        "plan": "周五前修好",
        "listed_until": None,
        "written_off_as": None,
        "evidence": "",
    }
    assert (
        post(
            head, "/desk/orders/acts/write-off", "/desk/orders", order=order, evidence="我说办好了", written_off_as="implemented"
        ).status_code
        == 404
    )
    assert (
        post(
            head, f"/supervisions/{order}/acts/write-off", "/desk/orders", order=order, evidence="我说办好了", written_off_as="implemented"
        ).status_code
        == 403
    )


def test_a_card_is_explained_and_ruled_on(app, supervisor):
    number = put(app, ago=timedelta(days=9))
    head, entry = seat(app, "urban.head"), card_of(app, number)
    assert post(head, "/desk/orders/acts/explain", "/desk/orders", entry=entry, words="材料周四到，到了就修").status_code == 302
    assert "单位说：材料周四到" in page(supervisor, f"{DESK}/ledger?ticket={number}")
    assert (
        post(supervisor, f"{DESK}/acts/rule", f"{DESK}/ledger", entry=entry, ruling="deny", words="等材料不是暂停情形").status_code == 302
    )
    html = page(head, "/desk/orders")
    assert "督办员：等材料不是暂停情形" in html
    empty = post(head, "/desk/orders/acts/explain", "/desk/orders", entry=entry, words="")
    assert empty.status_code == 422
    assert "请写明原因" in empty.get_data(as_text=True)


def test_the_ticket_page_tells_in_short(app, supervisor):
    number = put(app)
    html = page(supervisor, f"/tickets/{number}")
    assert f"{DESK}?t={number}&amp;do=issue" in html
    ordered(app, number)
    assert "等单位回执" in page(supervisor, f"/tickets/{number}")
    assert "回执、说明原因" in page(seat(app, "urban.liaison"), f"/tickets/{number}")
    assert re.search(r'id="do-urge"[^>]*data-show', page(supervisor, f"{DESK}?t={number}&do=urge"))


def test_a_supervisors_note_beside_the_handling_makes_no_form_stale(app, supervisor):
    number = put(app)
    head = seat(app, "urban.head")
    version = look(app, number)["version"]
    ordered(app, number)
    answer = head.post(
        f"/tickets/{number}/notes",
        data={"csrf_token": token_of(page(head, f"/tickets/{number}")), "version": version, "words": "去过现场了"},
    )
    assert answer.status_code == 302
