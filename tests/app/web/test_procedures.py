"""Statutory procedures at the desks: which buttons a person has, what the forms do, and what the citizen reads of it."""

import sqlalchemy as sa

from app.web.tracking import digits_of
from tests.app.web.at_ticket import buttons, do, of, page, photo, post, put, rows
from tests.app.web.citizens import photo as citizen_photo
from tests.app.web.seats import look, seat, token_of
from tickets import handling, intake, procedures
from tickets.codes import ELIGIBILITY
from tickets.models import Attachment, Category, Ticket

LAW = {"acceptance", "interim-replies", "violations", "conclusion", "reporter-notice", "party-notices"}


def consumer(app) -> str:
    return put(app, "handling", track="consumer", appeal_type="complaint")


def test_a_plain_ticket_offers_none_of_it(app):
    number = put(app, "handling")
    for name in ("urban.liaison", "urban.handler", "urban.head", "followup1"):
        assert not LAW & buttons(page(seat(app, name), number))


def test_a_mediation_is_accepted_and_answered_meanwhile_by_forms(app):
    number = consumer(app)
    liaison, head = seat(app, "urban.liaison"), seat(app, "urban.head")
    assert LAW & buttons(page(liaison, number)) == {"acceptance", "interim-replies", "violations"}
    assert LAW & buttons(page(head, number)) == {"interim-replies"}
    assert post(liaison, number, "acceptance", words="双方同意").status_code == 302
    assert "受理：组织调解" in page(liaison, number)
    assert "acceptance" not in buttons(page(liaison, number))
    assert post(head, number, "interim-replies", content="在办").status_code == 422
    assert post(head, number, "interim-replies", content="已约双方下周一调解，到时告诉您结果").status_code == 302
    assert "interim-replies" not in buttons(page(head, number)), "its clock has stopped"
    story = seat(app, "agent1").get(f"/t/{look(app, number)['query_code']}").get_data(as_text=True)
    assert "单位受理了，组织您和对方调解" in story
    assert "法定期限到" in story


def test_the_checklist_of_a_petition_keeps_its_ticks_when_refused(app):
    number = put(app, "handling", track="petition-simple")
    handler = seat(app, "urban.handler")
    assert "初次提出" in page(handler, number)
    answer = post(handler, number, "acceptance", checks=["first", "easy"], instant="1")
    assert answer.status_code == 422
    kept = answer.get_data(as_text=True)
    assert kept.count('name="checks"') == 4
    assert 'value="easy" checked' in kept
    assert 'value="duty-clear" checked' not in kept
    assert post(handler, number, "acceptance", checks=list(ELIGIBILITY)).status_code == 302
    assert (look(app, number)["track"], look(app, number)["accepted_at"] is not None) == ("petition-simple", True)


def test_a_violation_is_followed_to_its_end(app):
    number = consumer(app)
    handler, head = seat(app, "urban.handler"), seat(app, "urban.head")
    assert post(handler, number, "violations", facts="电子秤没有检定标志", accused="大新海鲜").status_code == 302
    case = rows(app, sa.select(Ticket.number).where(Ticket.found_in_id == of(number)))[0]
    assert "查出的违法线索" in page(handler, number)
    shown = page(head, case)
    assert "来自这件调解" in shown
    assert {"conclusion"} == LAW & buttons(shown)
    assert "replies" not in buttons(shown)
    assert "调解中发现的违法线索" in head.get("/desk/unit").get_data(as_text=True)
    assert post(head, case, "conclusion", outcome="filed", words="查实未经检定，立案").status_code == 302
    desk = handler.get("/desk/unit").get_data(as_text=True)
    assert "要告知" in desk
    assert f"/tickets/{case}?do=reporter-notice" in desk
    assert post(handler, case, "reporter-notice", method="phone", words="说了").status_code == 302
    assert f"/tickets/{case}?do=reporter-notice" not in handler.get("/desk/unit").get_data(as_text=True)


def test_both_sides_are_told_with_a_receipt(app):
    number = consumer(app)
    do(app, number, "dispatcher1", lambda s, t, a, n: handling.terminate(s, t, "no-agreement", a, n))
    liaison = seat(app, "urban.liaison")
    assert f"/tickets/{number}?do=party-notices" in liaison.get("/desk/unit").get_data(as_text=True)
    said = {"appellant": "phone", "respondent": "mail"}
    answer = post(liaison, number, "party-notices", **said)
    assert answer.status_code == 422
    assert "请附送达凭证" in answer.get_data(as_text=True)
    assert post(liaison, number, "party-notices", photos=[photo("回执.jpg")], **said).status_code == 302
    assert rows(app, sa.select(Attachment.purpose).where(Attachment.ticket_id == of(number))) == ["proof"]
    assert look(app, number)["notice"] == "told"
    assert "终止调解的事，已经告知您和对方" in seat(app, "agent1").get(f"/t/{look(app, number)['query_code']}").get_data(as_text=True)


def test_the_centre_tells_the_reporter_of_a_sealed_report(app):
    number = put(app, "handling", appeal_type="report")
    do(app, number, "urban.head", lambda s, t, a, n: procedures.conclude_check(s, t, "not-filed", "没有发现违法", a, n))
    assert "reporter-notice" not in buttons(page(seat(app, "urban.handler"), number))
    follow = seat(app, "followup1")
    assert f"/tickets/{number}?do=reporter-notice" in follow.get("/desk/follow-up").get_data(as_text=True)
    assert post(follow, number, "reporter-notice", method="phone").status_code == 302
    assert f"/tickets/{number}?do=reporter-notice" not in follow.get("/desk/follow-up").get_data(as_text=True)


def test_a_merged_citizen_adds_words_and_a_photo_for_the_unit(app):
    master, child = put(app, "handling"), put(app)
    do(app, child, "agent1", lambda s, t, a, n: intake.merge(s, t, s.scalar(sa.select(Ticket).where(Ticket.number == master)), a, n))
    code, citizen = look(app, child)["query_code"], app.test_client()
    shown = citizen.get(f"/t/{code}").get_data(as_text=True)
    assert "不说是谁说的" in shown
    sent = {"csrf_token": token_of(shown), "content": "我家也淹了，打 13812345678", "photos": (citizen_photo(), "淹水.jpg")}
    assert citizen.post(f"/t/{digits_of(code)}/supplements", data=sent, content_type="multipart/form-data").status_code == 302
    unit = page(seat(app, "urban.handler"), master)
    assert "另一位市民补充" in unit
    assert "13812345678" not in unit
    assert "我家也淹了，打 138****5678" in unit
    assert unit.count("/attachments/") >= 1
    assert "我家也淹了" not in citizen.get(f"/t/{look(app, master)['query_code']}").get_data(as_text=True)
    assert "我家也淹了" in citizen.get(f"/t/{code}").get_data(as_text=True)


def test_a_mediation_offers_no_extension_and_a_check_fifteen_days(app):
    number, liaison = consumer(app), seat(app, "urban.liaison")
    assert "extensions" not in buttons(page(liaison, number))
    assert "这个期限不能延" in page(liaison, number)
    assert post(liaison, number, "violations", facts="电子秤没有检定标志").status_code == 302
    case = rows(app, sa.select(Ticket.number).where(Ticket.found_in_id == of(number)))[0]
    assert 'max="15"' in page(liaison, case)
    assert post(liaison, case, "extensions", days="15", reason="送检未回", plan="报告一到就定").status_code == 302


def test_a_closing_standard_is_set_shown_refused_and_kept(app):
    """R37, R38 at the desks: the administrator sets it, the handler reads it, the head is refused without a photo, the auditor goes there first."""
    admin, head, auditor = seat(app, "admin1"), seat(app, "urban.head"), seat(app, "auditor1")
    street = rows(app, sa.select(Category.id).where(Category.code == "urban.street-trade"))[0]
    token = {"csrf_token": token_of(admin.get("/admin/categories").get_data(as_text=True))}
    wanted = token | {"photos": "1", "on_site": "1", "staged": "1", "words": "恢复原状，附办理前后对比照片"}
    assert admin.post(f"/admin/categories/{street}/standard", data=wanted | {"photos": "9"}).status_code == 422
    assert admin.post(f"/admin/categories/{street}/standard", data=wanted).status_code == 302
    number = put(app, "handling", category="urban.street-trade")
    shown = page(head, number)
    assert "恢复原状，附办理前后对比照片" in shown
    assert "案卷建立" in shown
    reply = {"result": "resolved", "content": "摊位已经收走，路面洗过，以后每晚巡查。"}
    refused = post(head, number, "replies", **reply)
    assert (refused.status_code, "照片不够" in refused.get_data(as_text=True)) == (422, True)
    assert post(head, number, "replies", photos=photo(), **reply).status_code == 302
    assert "还没有现场核查" in auditor.get(f"/desk/audit?t={number}").get_data(as_text=True)
    assert "要先到现场核查" in post(auditor, number, "approval").get_data(as_text=True)
    assert post(auditor, number, "site-checks", words="摊位没了", photos=photo()).status_code == 302
    assert "现场核查过" in auditor.get(f"/desk/audit?t={number}").get_data(as_text=True)
    assert post(auditor, number, "approval").status_code == 302
    assert look(app, number)["status"] == "follow-up"
    assert "核查" in page(auditor, number)
    assert admin.post(f"/admin/categories/{street}/standard", data=token | {"photos": "0", "inherit": "1"}).status_code == 302
    assert "恢复原状" not in page(head, put(app, "handling", category="urban.street-trade"))
