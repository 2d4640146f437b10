"""The operator desk: how a call ends, what comes back when it cannot, that nothing is registered twice, what the panes show."""

import re
import threading

import pytest
import sqlalchemy as sa

from app.db import db
from tests.app.web.seats import look, put, seat, token_of
from tickets import identity, words
from tickets.identity import Appellant

CALL = {
    "channel": "phone",
    "phone": "13800002799",
    "content": "海晏小区 3 幢地下室污水倒灌，水到脚面了",
    "category": "urban.drainage.backflow",
    "appeal_type": "help",
    "region": "990101001",
    "address": "海晏小区 3 幢",
    "urgency": "ordinary",
    "kind": "person",
    "name": "陈小芳",
    "reply_wanted": "1",
}


@pytest.fixture
def agent(app):
    return seat(app, "agent1")


def fields(client, **changed) -> dict:
    """A whole call as a browser would send it."""
    page = client.get("/desk/intake").get_data(as_text=True)
    return CALL | {"csrf_token": token_of(page), "token": token_of(page, "token")} | changed


def saved(client, answer) -> str:
    """The number the receipt leads to."""
    assert answer.status_code == 302, answer.get_data(as_text=True)[:2000]
    return re.search(r"/receipts/(\d+)", answer.location)[1]


def count(app) -> int:
    with app.app_context():
        found = db.session.scalar(sa.text("SELECT count(*) FROM tickets"))
        db.session.remove()
    return found


def test_a_call_is_registered_and_sent_by_the_catalogue(app, agent):
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, do="dispatch")))
    ticket = look(app, number)
    assert ticket["status"] == "dispatched"
    assert ticket["urgency"] == "urgent"
    assert ticket["due_at"]
    receipt = agent.get(f"/desk/intake/receipts/{number}").get_data(as_text=True)
    assert " ".join(number[-6:]) in receipt
    assert "单位water" in receipt
    assert ticket["query_code"][:3] in receipt
    assert "撤回派单" in receipt


def test_a_dispatch_is_taken_back_from_the_receipt(app, agent):
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, do="dispatch")))
    page = agent.get(f"/desk/intake/receipts/{number}").get_data(as_text=True)
    back = agent.post(f"/desk/intake/receipts/{number}/recalls", data={"csrf_token": token_of(page), "version": token_of(page, "version")})
    assert back.status_code == 302
    assert look(app, number)["status"] == "registered"
    again = agent.post(f"/desk/intake/receipts/{number}/recalls", data={"csrf_token": token_of(page)}, follow_redirects=True)
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"category": ""}, "还没归类"),
        ({"category": "urban"}, "派单目录里没有这一类"),
        ({"appeal_type": "report"}, "交办要点"),
    ],
)
def test_what_cannot_be_sent_by_rule_stays_registered_and_says_why(app, agent, changed, said):
    answer = agent.post("/desk/intake", data=fields(agent, do="dispatch", **changed))
    number = saved(agent, answer)
    assert look(app, number)["status"] == "registered"
    assert said in agent.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"do": "register"}, "registered", "登记好了"),
        ({"do": "answer", "answer": "先拉总闸，抢修队半小时内联系您", "article": "污水倒灌先做三件事"}, "direct-closed", "已经答复您了"),
        ({"do": "refuse", "code": "litigation"}, "refused", "人民法院"),
        ({"do": "emergency", "line": "119", "content": ""}, "emergency-transferred", "转 119"),
    ],
)
def test_every_ending_has_its_receipt(app, agent, sent, status, said):
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, **sent)))
    assert look(app, number)["status"] == status
    assert said in agent.get(f"/desk/intake/receipts/{number}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"do": "dispatch", "content": ""}, "请写下发生了什么"),
        ({"do": "dispatch", "phone": "1380000279"}, "手机号是 11 位"),
        ({"do": "dispatch", "region": "000000"}, "没有这个区划代码"),
        ({"do": "dispatch", "channel": "wechat"}, "受理台只登记电话和来访"),
        ({"do": "answer"}, "请写下答复了什么"),
        ({"do": "refuse", "code": "because"}, "请从不予受理的理由里选一个"),
        ({"do": "emergency", "line": "999"}, "紧急专线只有"),
        ({"do": "nothing"}, "请选一种办法"),
        ({"do": "dispatch", "token": ""}, "页面放太久了"),
    ],
)
def test_bad_input_comes_back_with_everything_typed(app, agent, changed, said):
    before = count(app)
    answer = agent.post("/desk/intake", data=fields(agent, title="倒灌了", **changed))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert 'value="倒灌了"' in page
    assert 'value="海晏小区 3 幢"' in page
    assert count(app) == before


def test_a_refused_dialog_opens_again(agent):
    page = agent.post("/desk/intake", data=fields(agent, do="refuse")).get_data(as_text=True)
    assert re.search(r'<dialog id="d-refuse"[^>]*data-open-now', page)


def test_the_same_form_registers_once(app, agent):
    sent = fields(agent, do="dispatch")
    first = saved(agent, agent.post("/desk/intake", data=sent))
    before = count(app)
    assert saved(agent, agent.post("/desk/intake", data=sent)) == first
    assert count(app) == before


def test_two_tabs_share_one_form_until_it_is_used(agent):
    one, other = fields(agent), fields(agent)
    assert one["token"] == other["token"]
    saved(agent, agent.post("/desk/intake", data=one | {"do": "register"}))
    assert fields(agent)["token"] != one["token"]


def test_another_matter_under_a_used_form_is_asked_about_and_kept(app, agent):
    sent = fields(agent, do="register")
    first = saved(agent, agent.post("/desk/intake", data=sent))
    before = count(app)
    answer = agent.post("/desk/intake", data=sent | {"content": "另外一件：路灯也不亮"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert first[-6:] in page
    assert "另外一件：路灯也不亮" in page
    assert count(app) == before
    second = saved(agent, agent.post("/desk/intake", data=sent | {"content": "另外一件：路灯也不亮", "token": token_of(page, "token")}))
    assert second != first


def test_a_double_click_registers_once(app):
    """Two requests at the same instant: the second waits for the first and gets its receipt."""
    client, numbers = seat(app, "agent1"), []
    sent = fields(client, do="register")
    twins = [seat(app, "agent1") for _ in range(2)]
    sent_by = [(twin, sent | {"csrf_token": token_of(twin.get("/desk/intake").get_data(as_text=True))}) for twin in twins]
    before, gate = count(app), threading.Barrier(2)

    def press(twin, data):
        gate.wait(5)
        numbers.append(saved(twin, twin.post("/desk/intake", data=data)))

    presses = [threading.Thread(target=press, args=pair) for pair in sent_by]
    for one in presses:
        one.start()
    for one in presses:
        one.join(20)
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    assert count(app) == before + 1


def test_an_open_matter_of_the_caller_is_added_to_and_urged(app, agent):
    number = put(app, "dispatched", appellant=Appellant(name="王强", phone="13800002701"))
    answer = agent.post("/desk/intake", data=fields(agent, phone="13800002701", content="今天水更高了", append=number))
    assert saved(agent, answer) == number
    assert "did=append" in answer.location
    assert look(app, number)["urges"] == 1
    assert "替您催了一次" in agent.get(answer.location).get_data(as_text=True)
    saved(agent, agent.post("/desk/intake", data=fields(agent, content="", append=number)))
    assert look(app, number)["urges"] == 2


def test_a_likely_duplicate_takes_the_call_in(app, agent):
    master = put(app, "dispatched")
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, merge=master)))
    assert look(app, number)["status"] == "merged"
    assert " ".join(master[-6:]) in agent.get(f"/desk/intake/receipts/{number}").get_data(as_text=True)


def test_a_merge_that_is_not_possible_registers_nothing(app, agent):
    closed, before = put(app, "closed"), count(app)
    answer = agent.post("/desk/intake", data=fields(agent, merge=closed))
    assert answer.status_code == 409
    assert "已经办结" in answer.get_data(as_text=True)
    assert count(app) == before


def test_new_facts_on_a_closed_matter_are_linked(app, agent):
    old = put(app, "closed")
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, do="register", previous=old)))
    assert look(app, number)["previous_id"] == look(app, old)["id"]


def test_the_caller_is_found_by_number_and_masked(app, agent):
    phone = "13800002702"
    put(app, "dispatched", appellant=Appellant(name="林大海", phone=phone), title="路灯坏了没人修")
    put(app, "closed", appellant=Appellant(name="林大海", phone=phone), title="楼道堆杂物")
    csrf = token_of(agent.get("/desk/intake").get_data(as_text=True))
    page = agent.post("/desk/intake/callers", data={"phone": phone, "csrf_token": csrf}).get_data(as_text=True)
    assert "林**" in page
    assert "林大海" not in page
    assert phone not in page
    assert "第 3 次来" in page
    assert "路灯坏了没人修" in page
    assert "楼道堆杂物" in page
    assert 'name="append"' in page


@pytest.mark.parametrize(
    ("phone", "said"), [("", "先记号码"), ("138", "先记号码"), ("13800009999", "以前没来过"), ("138000027", "手机号是 11 位")]
)
def test_the_caller_pane_says_what_it_needs(agent, phone, said):
    csrf = token_of(agent.get("/desk/intake").get_data(as_text=True))
    assert said in agent.post("/desk/intake/callers", data={"phone": phone, "csrf_token": csrf}).get_data(as_text=True)


def test_words_bring_category_unit_promise_and_the_sentence_to_read(agent):
    page = agent.post("/desk/intake/suggestions", data=fields(agent, category="", name="陈女士")).get_data(as_text=True)
    assert "陈女士，这件先登记下来" in page
    page = agent.post("/desk/intake/suggestions", data=fields(agent, name="陈女士")).get_data(as_text=True)
    assert 'data-category="urban.drainage.backflow"' in page
    assert "单位water" in page
    assert "<mark>污水倒灌</mark>" in page
    assert "至少是" in page
    assert "陈女士，这件转给单位water" in page
    assert "最迟" in page


def test_a_sealed_report_of_another_agent_is_not_shown(app, agent):
    phone = "13800002703"
    put(app, "registered", appellant=Appellant(name="举报人", phone=phone), appeal_type="report", title="举报某厂偷排")
    other = seat(app, "dispatcher1")
    assert other.get("/desk/intake").status_code == 403
    csrf = token_of(agent.get("/desk/intake").get_data(as_text=True))
    assert "举报某厂偷排" in agent.post("/desk/intake/callers", data={"phone": phone, "csrf_token": csrf}).get_data(as_text=True)


def test_my_calls_are_listed_and_narrowed(app, agent):
    number = saved(agent, agent.post("/desk/intake", data=fields(agent, do="register", title="西门口井盖翘起来了")))
    assert number[-6:] in agent.get("/desk/intake/mine").get_data(as_text=True)
    assert number[-6:] in agent.get("/desk/intake/mine?q=井盖翘起&status=registered").get_data(as_text=True)
    assert number[-6:] not in agent.get("/desk/intake/mine?status=closed").get_data(as_text=True)
    assert agent.get("/desk/intake/mine?since=tomorrow").status_code == 422


def test_knowledge_is_searched(agent):
    assert agent.get("/desk/intake/knowledge").status_code == 200
    assert "没有查到" in agent.get("/desk/intake/knowledge?q=飞碟降落").get_data(as_text=True)


def test_a_screen_pop_fills_the_number(agent):
    assert 'value="13800002704"' in agent.get("/desk/intake?phone=13800002704").get_data(as_text=True)


def test_nobody_else_has_this_desk(app):
    for name in ("dispatcher1", "urban.liaison", "admin1", "leader1"):
        assert seat(app, name).get("/desk/intake").status_code == 403
    assert app.test_client().get("/desk/intake").status_code == 302


def test_words_of_routes_are_said_for_every_refusal():
    assert set(words.ROUTE) == set(words.REFUSAL)
    assert identity.clean_phone("+86 138 0000 2716") == "13800002716"
