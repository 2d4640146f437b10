"""Domain §4's T01–T31 and §6's whistle limits as data, and what each preset profile changes (domain §13). No logic."""

from dataclasses import replace

from escalation.due import CALENDAR_DAYS as CD
from escalation.due import HOURS as H
from escalation.due import MINUTES as MIN
from escalation.due import SECONDS as S
from escalation.due import WORKING_DAYS as WD
from escalation.limits import PROMISE, RULE, WINDOW, Applies, Extension, Limit

SUPPLEMENT, TEST, HEARING = "applicant-supplement", "statutory-test", "publicity-hearing-tender"
ALWAYS = (Applies(),)
URGENCY = ("urgent", "critical")
PLAIN = ("general", "city-event")
PETITIONS = ("petition-simple", "petition-ordinary")
SLOW = ("general", "city-event", "consumer", *PETITIONS)
REPLY = ("reply",)
HEARD = ("interim-reply", "reply")

DEFAULT = (
    # intake
    Limit("phone-answer", "接听来电", 15, S, "T01, GB/T 33358", "centre", RULE),
    Limit("sms-response", "短信等媒体首次响应", 3, MIN, "T02, GB/T 33358", "centre", RULE),
    Limit("mailbox-response", "信箱首次响应", 24, H, "T02, GB/T 33358", "centre", RULE),
    Limit("web-intake", "网络诉求受理", 2, H, "T03, BJD (draft)", "centre", RULE),
    Limit("dispatch-urgent", "紧急派单", 10, MIN, "T04, BJ §11, practice", "centre", start="register",
          stop=("dispatch", "dispatch-by-rule"), applies=(Applies(urgencies=URGENCY), Applies(tracks=("urgent",)))),
    Limit("dispatch", "派单", 2, H, "T04, BJ §11, practice", "centre", start="register", stop=("dispatch", "dispatch-by-rule"),
          applies=(Applies(tracks=(*PLAIN, "enterprise", "consumer", *PETITIONS), urgencies=("ordinary",)),)),
    # the unit's first steps
    Limit("sign", "签收", 30, MIN, "T05, seed 002, HK19", "unit", start="dispatch", stop=("sign",), applies=ALWAYS),
    Limit("urgent-response", "紧急响应", 30, MIN, "T06, seed 002, HK19, HK17", "unit", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(urgencies=URGENCY), Applies(tracks=("urgent", "enterprise")))),
    Limit("enterprise-contact", "企业诉求首次联系", 2, H, "T07, SD2", "unit", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(tracks=("enterprise",)),)),
    Limit("first-contact", "首次联系", 24, H, "T08, practice", "unit", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(tracks=SLOW),)),
    Limit("return-window", "申请退单", 2, WD, "T15, SD20", "unit", WINDOW, "dispatch", ("request-return", "dispute"),
          (Applies(tracks=("general", "city-event", "enterprise", "consumer")),)),
    Limit("urgent-return-window", "申请退单（紧急）", 30, MIN, "domain §9.5, practice", "unit", WINDOW, "dispatch", ("request-return", "dispute"),
          (Applies(tracks=("urgent",)),)),
    Limit("return-decision", "退单裁定", 4, H, "T16, practice", "centre", start="request-return", stop=("accept-return", "deny-return"), applies=ALWAYS),
    Limit("dispute-decision", "异议裁定", 2, WD, "T16, practice", "centre", start="dispute", stop=("rule",), applies=ALWAYS),
    Limit("extension-request", "申请延期", 10, WD, "T17, SD20: 到期前申请，最多 10 个工作日，一次", "unit", RULE),
    # what the citizen is promised
    Limit("consult-reply", "咨询建议答复", 1, WD, "T09, JA", "ticket", PROMISE, "dispatch", REPLY,
          (Applies(PLAIN, ("consult", "suggestion")),), extension=Extension(1)),
    Limit("general-reply", "求助投诉举报答复", 5, WD, "T10, SD20, JN §24, WF §20", "ticket", PROMISE, "dispatch", REPLY,
          (Applies(PLAIN, ("help", "complaint", "report", "praise", "other")),), (SUPPLEMENT,), Extension(10)),
    Limit("complex-reply", "疑难事项答复", 15, WD, "T11, JA, SD20 (5+10)", "ticket", PROMISE, "dispatch", REPLY, (), (SUPPLEMENT,)),
    Limit("urgent-reply", "紧急事项反馈", 24, H, "T12/T13, BJD (draft)", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("urgent",)),)),
    Limit("interim-reply", "阶段性答复", 5, WD, "JN §24(2), WF §20(2)", "ticket", start="dispatch", stop=HEARD),
    Limit("enterprise-start", "企业诉求核实启动", 1, WD, "T14, SDE", "ticket", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(tracks=("enterprise",)),)),
    Limit("enterprise-answer", "企业诉求答复", 3, WD, "T14, SDE", "ticket", start="dispatch", stop=HEARD, applies=(Applies(tracks=("enterprise",)),),
          pauses=(SUPPLEMENT,)),
    Limit("enterprise-solve", "企业诉求办结", 15, WD, "T14, SDE, SD2", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("enterprise",)),),
          (SUPPLEMENT,), Extension(15)),
    # consumer disputes
    Limit("consumer-accept", "消费投诉受理告知", 7, WD, "T19, SAMR §14", "unit", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(tracks=("consumer",)),)),
    Limit("mediation", "消费投诉调解", 45, WD, "T20, seed 004, SAMR §20–21", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("consumer",)),), (TEST,)),
    Limit("termination-notice", "终止调解告知双方", 7, WD, "T21, seed 004, SAMR §21", "unit", start="terminate", stop=("tell-parties",),
          applies=(Applies(tracks=("consumer",)),)),
    Limit("violation-check", "违法线索核查", 15, WD, "T22, seed 004, SAMR §23", "unit", start="find-violation", stop=("conclude-check",),
          applies=ALWAYS, extension=Extension(15)),
    Limit("reporter-told", "告知实名举报人", 5, WD, "T23, SAMR §31", "unit", start="file-violation", stop=("tell-reporter",), applies=ALWAYS),
    # petitions
    Limit("petition-accept", "信访事项受理告知", 3, WD, "T25, XJ", "unit", start="dispatch", stop=("contact", "contact-again"),
          applies=(Applies(tracks=("petition-simple",)),)),
    Limit("petition-relay", "信访事项转送", 1, WD, "T25, XJ", "centre", RULE),
    Limit("petition-simple", "初信初访简易办理", 10, WD, "T24, seed 004, XJ", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("petition-simple",)),)),
    Limit("petition-instant", "时效性强的初信初访", 0, CD, "T24, seed 004: 即时办结", "ticket", RULE),
    Limit("petition-ordinary", "普通信访事项", 60, CD, "T26, XF §34", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("petition-ordinary",)),),
          extension=Extension(30, CD)),
    Limit("petition-objection", "信访事项提出异议", 5, WD, "T27, XF §23", "unit", WINDOW, "dispatch", ("request-return", "dispute"), (Applies(tracks=PETITIONS),)),
    # answering back
    Limit("rework", "发回重办", 3, WD, "T18, JA", "unit", PROMISE, "rework", REPLY, ALWAYS),
    Limit("ledger-promise", "挂账承诺", 0, CD, "domain §3 #20–21, JN §24(3)", "unit", PROMISE, "confirm-ledger", ("fulfil",), ALWAYS),
    Limit("rating-contact", "差评联系", 1, WD, "T29, SHB §30, AY §52", "unit", start="bad-rating", stop=("contact-rater",), applies=ALWAYS),
    Limit("rectify", "差评整改", 5, WD, "T30, DZ, SC", "unit", start="bad-rating", stop=("rectify",), applies=ALWAYS),
    Limit("rectify-hard", "差评整改（疑难）", 15, WD, "T30, DZ, SC", "unit", start="bad-rating", stop=("rectify",)),
    # joint handling
    Limit("task-sign", "协办签收", 30, MIN, "T05, domain §9.3", "task", start="add-task", stop=("sign-task", "reply-task"), applies=ALWAYS),
    Limit("task-reply", "协办答复", 5, WD, "R43, domain §9.3: 主办定的期限，不晚于主办自己的期限", "task", start="add-task", stop=("reply-task",), applies=ALWAYS),
    # patrols
    Limit("patrol-1", "一级区域巡查", 2, H, "T28, seed 004", "cell", RULE),
    Limit("patrol-2", "二级区域巡查", 4, H, "T28, seed 004", "cell", RULE),
    Limit("patrol-3", "其他区域巡查", 6, H, "T28, seed 004", "cell", RULE),
    # whistles (domain §6)
    Limit("whistle-ratify", "应急哨补批", 24, H, "T31, practice", "summons", RULE),
    Limit("whistle-emergency-sign", "应急哨签收", 10, MIN, "T31, practice", "summons", start="sound", stop=("sign",)),
    Limit("whistle-emergency-check-in", "应急哨到场", 30, MIN, "T31, PG, HJS", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-enforcement-sign", "执法哨签收", 1, H, "T31, PG, BJQ", "summons", start="sound", stop=("sign",)),
    Limit("whistle-enforcement-contact", "执法哨联系", 24, H, "T31, PG, BJQ", "summons", start="sound", stop=("contact",)),
    Limit("whistle-enforcement-check-in", "执法哨到场", 30, MIN, "T31, PG, BJQ: 现行违法", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-routine-sign", "日常哨签收", 1, H, "T31, GL, GLY", "summons", start="sound", stop=("sign",)),
    Limit("whistle-routine-contact", "日常哨联系", 24, H, "T31, GL, GLY", "summons", start="sound", stop=("contact",)),
    Limit("whistle-routine-check-in", "日常哨报到", 3, WD, "T31, GL, GLY", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-routine-close", "日常哨办结", 10, WD, "T31, GL, GLY", "summons", start="sound", stop=("release",)),
    Limit("whistle-tough-sign", "攻坚哨签收", 1, H, "T31, GL", "summons", start="sound", stop=("sign",)),
    Limit("whistle-tough-contact", "攻坚哨联系", 24, H, "T31, GL", "summons", start="sound", stop=("contact",)),
    Limit("whistle-tough-check-in", "攻坚哨报到", 5, WD, "T31, GL", "summons", start="sound", stop=("check-in",)),
)

_OF = {limit.code: limit for limit in DEFAULT}


def _differs(profile: str, code: str, **changes) -> Limit:
    return replace(_OF[code], profile=profile, **changes)


PRESETS = {
    "haikou": (
        _differs("haikou", "enterprise-contact", off=True, article="T14: 海口以 30 分钟响应取代 2 小时联系"),
    ),
    "laizhou": (
        _differs("laizhou", "enterprise-start", length=2, unit=H, article="T14, SD2"),
        _differs("laizhou", "enterprise-answer", length=1, article="T14, SD2"),
        _differs("laizhou", "enterprise-solve", pauses=(SUPPLEMENT, HEARING), article="T14, SD2; R57, seed 004"),
    ),
    "weihai": (
        _differs("weihai", "urgent-reply", length=0, unit=CD, article="T12, WH17: 紧急当日"),
        _differs("weihai", "general-reply", applies=(Applies(PLAIN, ("help", "praise", "other")),), article="T12, WH17: 3–5 个工作日"),
        _differs("weihai", "complex-reply", applies=(Applies(PLAIN, ("complaint", "report")),), article="T12, WH17: 投诉举报 15 个工作日内"),
    ),
    "zhenhai": (
        _differs("zhenhai", "mediation", pauses=(SUPPLEMENT,), article="T20; R73, seed 003: 中介服务时间计入办理时间"),
    ),
    "beijing": (
        replace(_OF["urgent-reply"], profile="beijing", code="critical-reply", name="危及生命财产反馈", length=2, article="T13, BJD (draft)",
                applies=(Applies(("urgent",), (), ("critical",)),)),
        _differs("beijing", "urgent-reply", applies=(Applies(("urgent",), (), ("ordinary", "urgent")),), article="T13, BJD (draft)"),
        _differs("beijing", "general-reply", length=7, unit=CD, article="T13, BJD (draft)"),
        _differs("beijing", "complex-reply", length=15, unit=CD, article="T13, BJD (draft)"),
    ),
    "anyang": (
        _differs("anyang", "general-reply", extension=Extension(5, who="head"), article="T10, T17, AY §50"),
        _differs("anyang", "extension-request", length=5, article="T17, AY §50"),
        _differs("anyang", "return-window", length=24, unit=H, article="T15, AY §50"),
    ),
}
PROFILES = ("default", *PRESETS)
ROWS = (*DEFAULT, *(row for rows in PRESETS.values() for row in rows))
