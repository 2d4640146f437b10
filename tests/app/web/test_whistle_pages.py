"""Blowing in three screens, the arrivals board and what each side does there, the whistles on a unit's desk."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from app import clock
from app.auth.models import Account
from app.work import session_now, work
from tests import factories
from tests.statements import counted
from tickets.answering import rating_token
from tickets.organisations import Unit
from tickets.reference import forget
from tickets.whistle_models import Summons, Whistle

PIN = {"lng": "121.5", "lat": "29.1"}


@pytest.fixture
def as_(app):
    """`as_("dongmen.head")`: a browser somebody signed in with; its `send` posts with the form token."""

    def browser(username: str):
        client = app.test_client()
        with app.app_context():
            account = session_now().query(Account).filter_by(username=username).one()
            with client.session_transaction() as kept:
                kept.update(account=account.id, epoch=account.epoch, since=clock.now().isoformat())
        page = client.get("/api/docs").get_data(as_text=True)
        headers = {"X-CSRFToken": re.search('csrf-token" content="([^"]+)"', page)[1], "Referer": "http://localhost/"}
        client.send = lambda path, **form: client.post(path, data=form, headers=headers)
        return client

    return browser


def everything(**changed) -> dict:
    return (
        {
            "kind": "emergency",
            "problem": "海晏小区地下室污水倒灌",
            "listed": ["urban", "power"],
            "units": ["urban", "power"],
            "lead": "urban",
            "ask-urban": "围挡、清淤",
            "ask-power": "先断电",
            "address": "3 幢东侧",
            "own_measures": "沙袋堵住楼道",
            "to": "blow",
        }
        | PIN
        | changed
    )


def blown(as_, **changed) -> str:
    answer = as_("dongmen.head").send("/desk/whistles/new", **everything(**changed))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def picture() -> tuple:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), "现场.jpg"


def text(answer) -> str:
    return answer.get_data(as_text=True)


def test_three_screens_and_it_sounds(as_):
    street = as_("dongmen.head")
    assert "哪一种哨" in text(street.get("/desk/whistles/new"))
    second = text(street.send("/desk/whistles/new", kind="emergency", problem="污水倒灌，水到电表箱", to="2"))
    assert "集合点" in second
    third = text(street.send("/desk/whistles/new", **everything(to="3")))
    assert "30 分钟到场" in third
    assert "On site in 30 minutes" in text(as_("dongmen.liaison").send("/desk/whistles/new?lang=en", **everything(to="3")))
    board = text(street.get(blown(as_, source="meeting")))
    assert "倒灌" in board
    assert "来自 会议" in board


def test_the_screens_sent_again_are_one_whistle_and_photos_wait_for_what_is_put_right(as_):
    street = as_("dongmen.head")
    token = re.search(r'name="once" value="([^"]+)"', text(street.get("/desk/whistles/new")))[1]
    first, again = (street.send("/desk/whistles/new", **everything(once=token)).location for _twice in range(2))
    assert first == again
    assert "没有再吹一遍" in text(street.get(first))
    other = street.send("/desk/whistles/new", **everything(once=token, problem="隔壁小区停电", photos=picture()))
    assert (other.status_code, "这是另一哨" in text(other)) == (422, True)
    fresh, kept = (re.search(rf'name="{name}" value="([^"]+)"', text(other))[1] for name in ("once", "kept"))
    second = street.send("/desk/whistles/new", **everything(once=fresh, problem="隔壁小区停电", kept=kept)).location
    assert second != first
    assert "/photos/" in text(street.get(second))
    added = everything(to="add", more="power", **{"ask-urban": "围挡"})
    assert text(street.send("/desk/whistles/new", **added)).count('name="listed" value="power"') == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"problem": "", "to": "2"}, "请写明出了什么事"),
        ({"own_measures": "", "to": "3"}, "请写明街道自己先做了什么"),
        ({"units": [], "to": "3"}, "请至少叫一个单位"),
        ({"own_measures": ""}, "请写明街道自己先做了什么"),
        ({"kind": "routine", "meet_at": "昨天"}, "请填日期和时间"),
        ({"to": "add"}, "请选一个单位"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(as_, changed, said):
    answer = as_("dongmen.head").send("/desk/whistles/new", **everything(**changed))
    assert answer.status_code == 422
    assert said in text(answer)
    assert "沙袋" in text(answer) or "own_measures" in changed or changed.get("problem") == ""


def test_only_a_streets_liaison_and_head_blow(as_):
    assert as_("urban.head").get("/desk/whistles/new").status_code == 403
    assert as_("dongmen.handler").get("/desk/whistles/new").status_code == 403


def test_the_board_follows_a_department_from_call_to_release(as_):
    path, power, street = blown(as_), as_("power.liaison"), as_("dongmen.head")
    assert "要你们做" in text(power.get(path))
    assert power.send(f"{path}/sign").status_code == 302
    refused = power.send(f"{path}/check-in", person="刘凯", lng="121.6", lat="29.1")
    assert refused.status_code == 422
    assert re.search(
        r'id="do-check-in"[^>]* data-show.*value="刘凯".*id="do-check-in-lng-e".{0,300}300 米.*name="lng" data-lng value=""',
        text(refused),
        re.DOTALL,
    )
    worn = text(power.send(f"{path}/check-in", person="刘凯", code="0123"))
    assert re.search(r'id="do-check-in"[^>]* data-show.*value="刘凯".*name="code" value="0123"[^>]* aria-invalid', worn, re.DOTALL), (
        "can be typed anew"
    )
    assert f'hx-get="{path}"' in worn, "the board beneath goes on by its own address"
    code = re.search(r"mono[^>]*>([0-9a-f]+)<", text(street.get(f"{path}/code")))[1]
    assert "扫到街道的码了" in text(power.get(f"{path}?code={code}"))
    assert power.send(f"{path}/check-in", person="刘凯", code=code).status_code == 302
    assert power.send(f"{path}/outcome", result="已断电").status_code == 302
    assert street.send(f"{path}/remind-all").status_code == 302
    board = text(street.get(path))
    assert "到了，报了结果" in board
    assert street.send(f"{path}/note", words="水位在降", photos=picture()).status_code == 302
    assert street.send(f"{path}/note", words="不是照片", photos=(io.BytesIO(b"x"), "x.jpg")).status_code == 422
    held = re.search(
        r'id="do-note"[^>]* data-show.*name="kept" value="([^"]+)"', text(street.send(f"{path}/note", photos=picture())), re.DOTALL
    )[1]
    assert street.send(f"{path}/note", words="第二张", kept=held).status_code == 302
    assert text(street.get(path)).count("<figcaption>") == 2, "what was held hangs on the whistle"
    for words, why in (("长" * 2001, "最多 2000 个字"), ("响铃\x07", "有不能显示的字符")):
        refused = street.send(f"{path}/note", words=words)
        assert (refused.status_code, why in text(refused)) == (422, True)
    board = text(street.get(path))
    assert "水位在降" in board
    assert "不是照片" not in board
    assert re.search(r"<figcaption>\S+ \d\d:\d\d<", board), "whose picture it is"
    assert street.send(f"{path}/release", unit="power").status_code == 302
    assert street.send(f"{path}/approve").status_code == 302
    assert "已放行" in text(street.get(path))
    assert as_("urban.head").send(f"{path}/object", reason="不归城管").status_code == 302
    assert "提了异议，等哨办" in text(street.get(path))
    assert street.send(f"{path}/release").status_code == 302
    assert "等哨办" not in text(street.get(path)) + text(as_("urban.head").get(path)), "nobody decides it any more"
    assert as_("power.head").send(f"{path}/release", unit="power").status_code == 403
    assert as_("market.head").get(path).status_code == 404
    assert as_("power.head").get(f"{path}/code").status_code == 403


def test_a_whistle_stands_on_the_departments_desk_and_leads_to_its_page(as_):
    path = blown(as_, problem="化工仓库异味扰民")
    desk = text(as_("power.liaison").get("/desk/unit"))
    assert "化工仓库异味扰民" in desk
    assert path in desk


def test_the_board_costs_few_statements_for_forty_departments(app, as_):
    path, street = blown(as_), as_("dongmen.head")
    with app.app_context(), work() as session:
        whistle = session.query(Whistle).filter_by(number=path.rpartition("/")[2]).one()
        for n in range(38):
            unit = Unit(
                code=f"crowd{n:02d}",
                name=f"第 {n} 家",
                name_en=f"Unit {n}",
                short_name=f"第{n}家",
                kind="department",
                path=f"crowd{n:02d}",
                live=False,
            )
            session.add(unit)
            session.flush()
            session.add(Summons(whistle_id=whistle.id, unit_id=unit.id, ask="来", state="called", called_at=whistle.sounded_at))
        forget(session)
    street.get(path)
    with counted(app) as seen:
        answer = street.get(path, headers={"HX-Request": "true"})
    assert text(answer).count("<tr data-row") == 40
    assert len(seen) <= 6, seen


def test_a_plan_is_written_and_written_off_on_the_board(app, as_):
    path = blown(as_, problem="老旧管网反复返水")
    urban, power = as_("urban.head"), as_("power.handler")
    day = f"{clock.now() + timedelta(days=4):%Y-%m-%d}"
    assert urban.send(f"{path}/plan", of="power", what="", due=day).status_code == 422
    assert urban.send(f"{path}/plan", of="power", what="迁出接头", due="").status_code == 422
    people = dict(re.findall(r'<option value="(\d+)"[^>]*>(?:\w+) · (\w+\.\w+)</option>', text(urban.get(path))))
    named = {name: number for number, name in people.items()}
    assert {"urban.handler", "power.handler"} <= set(named)
    wrong = {"of": "power", "what": "迁出接头", "due": day, "person": named["urban.handler"]}
    assert "只能指定这家单位在用的账号" in text(urban.send(f"{path}/plan", **wrong))
    assert urban.send(f"{path}/plan", **wrong | {"person": named["power.handler"]}).status_code == 302
    assert "段长：power.handler" in text(power.get(path))
    assert "段长：power.handler" in text(power.get("/desk/unit"))
    number = re.search(r'id="do-hand-over-step-(\d+)"', text(power.get(path)))[1]
    refused = power.send(f"{path}/hand-over-step", row=number, person=named["power.handler"], reason="")
    assert (refused.status_code, "现在就是这个人" in text(refused), "请写明为什么换人" in text(refused)) == (422, True, True)
    assert re.search(rf'do-hand-over-step-{number}"[^>]* data-show', text(refused)), "its own form stays open"
    assert urban.send(f"{path}/hand-over-step", row=number, person=named["power.backup"], reason="休假").status_code == 403
    assert power.send(f"{path}/hand-over-step", row=number, person=named["power.backup"], reason="休假").status_code == 302
    assert "段长：power.handler → power.backup" in text(urban.get(path))
    with app.app_context(), work() as session:
        session.get(Account, int(named["power.backup"])).active = False
    for shown in (power.get(path), urban.get(path), power.get("/desk/unit")):
        assert "段长：power.backup（账号停用了）" in text(shown)
    with app.app_context(), work() as session:
        session.get(Account, int(named["power.backup"])).active = True
    power.send(f"{path}/sign")
    assert power.send(f"{path}/set-out", minutes="12").status_code == 302
    board = text(power.get(path))
    for words in ("迁出接头", "在路上，还有", "办好了一步", "大约 12 分钟到"):
        assert words in board
    step = re.search(r'<option value="(\d+)"[^>]*>迁出接头', board)[1]
    assert power.send(f"{path}/plan-done", step=step, words="").status_code == 422
    assert power.send(f"{path}/plan-done", step=step, words="已迁").status_code == 302
    assert "已迁" in text(power.get(path))
    assert "办好了一步" not in text(power.get(path)).split("</section>")[1]


def test_the_citizen_of_a_linked_matter_rates_the_joint_work(app, as_):
    with app.app_context(), work() as session:
        ticket = factories.a_ticket(session, clock.now(), "follow-up", "urban", region="990101001", content="海晏小区返水，街道叫了人来")
        number, token = ticket.number, rating_token(ticket, session.info["code_key"])
    path = blown(as_, tickets=[number])
    citizen = app.test_client()
    assert "叫了几个部门" not in text(citizen.get(f"/rate/{token}")), "nothing is done yet"
    for unit in ("urban", "power"):
        as_(f"{unit}.handler").send(f"{path}/check-in", person="刘凯", **PIN)
    street = as_("dongmen.head")
    street.send(f"{path}/release")
    low = {"unit": "power", "speed": 1, "handling": 3, "result": 3, "reason": "来晚了"}
    assert street.send(f"{path}/grades/score", **low).status_code == 422
    assert street.send(f"{path}/grades/score", **low, photos=picture()).status_code == 302, "a picture is evidence"
    assert "佐证：照片 1 张" in text(street.get(f"{path}/grades"))
    page = text(citizen.get(f"/rate/{token}"))
    assert "叫了几个部门一起来办" in page
    token_field = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    assert citizen.post(f"/rate/{token}", data={"csrf_token": token_field, "score": "5", "whistle": "9"}).status_code == 422
    assert citizen.post(f"/rate/{token}", data={"csrf_token": token_field, "score": "5", "whistle": "4"}).status_code == 302
    assert "1 位诉求人评价了这次合办" in text(as_("dongmen.head").get(f"{path}/grades"))
