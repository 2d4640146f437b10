"""Blowing in three screens, the arrivals board and what each side does there, the whistles on a unit's desk."""

import re

import pytest

from app import clock
from app.auth.models import Account
from app.work import session_now
from tests.statements import counted

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
    return {"kind": "emergency", "problem": "海晏小区地下室污水倒灌", "listed": ["urban", "power"], "units": ["urban", "power"], "lead": "urban", "ask-urban": "围挡、清淤",
            "ask-power": "先断电", "address": "3 幢东侧", "own_measures": "沙袋堵住楼道", "to": "blow"} | PIN | changed


def blown(as_, **changed) -> str:
    answer = as_("dongmen.head").send("/desk/whistles/new", **everything(**changed))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def text(answer) -> str:
    return answer.get_data(as_text=True)


def test_three_screens_and_it_sounds(as_):
    street = as_("dongmen.head")
    assert "哪一种哨" in text(street.get("/desk/whistles/new"))
    second = text(street.send("/desk/whistles/new", kind="emergency", problem="污水倒灌，水到电表箱", to="2"))
    assert "集合点" in second
    third = text(street.send("/desk/whistles/new", **everything(to="3")))
    assert "30 分钟到场" in third
    assert "倒灌" in text(street.get(blown(as_)))


@pytest.mark.parametrize(("changed", "said"), [({"problem": "", "to": "2"}, "请写明出了什么事"), ({"own_measures": "", "to": "3"}, "请写明街道自己先做了什么"),
                                               ({"units": [], "to": "3"}, "请至少叫一个单位"), ({"own_measures": ""}, "请写明街道自己先做了什么"),
                                               ({"kind": "routine", "meet_at": "昨天"}, "时间要像"), ({"to": "add"}, "请选一个单位")])
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
    assert "300 米" in text(refused)
    code = re.search(r"mono[^>]*>([0-9a-f]+)<", text(street.get(f"{path}/code")))[1]
    assert "扫到街道的码了" in text(power.get(f"{path}?code={code}"))
    assert power.send(f"{path}/check-in", person="刘凯", code=code).status_code == 302
    assert power.send(f"{path}/outcome", result="已断电").status_code == 302
    assert street.send(f"{path}/remind-all").status_code == 302
    board = text(street.get(path))
    assert "到了，报了结果" in board
    assert street.send(f"{path}/release", unit="power").status_code == 302
    assert street.send(f"{path}/approve").status_code == 302
    assert "已放行" in text(street.get(path))
    assert as_("power.head").send(f"{path}/release", unit="power").status_code == 403
    assert as_("market.head").get(path).status_code == 404
    assert as_("power.head").get(f"{path}/code").status_code == 403


def test_a_whistle_stands_on_the_departments_desk_and_leads_to_its_page(as_):
    path = blown(as_, problem="化工仓库异味扰民")
    desk = text(as_("power.liaison").get("/desk/unit"))
    assert "化工仓库异味扰民" in desk
    assert path in desk


def test_the_board_costs_few_statements(app, as_):
    path, street = blown(as_), as_("dongmen.head")
    street.get(path)
    with counted(app) as seen:
        street.get(path, headers={"HX-Request": "true"})
    whistle = [one for one in seen if "whistle" in one or "summons" in one or "check_ins" in one]
    assert len(whistle) <= 6, seen
