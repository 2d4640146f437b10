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
    Limit("phone-answer", 15, S, "T01, GB/T 33358", "centre", RULE),
    Limit("sms-response", 3, MIN, "T02, GB/T 33358", "centre", RULE),
    Limit("mailbox-response", 24, H, "T02, GB/T 33358", "centre", RULE),
    Limit("web-intake", 2, H, "T03, BJD (draft)", "centre", RULE),
    Limit(
        "dispatch-urgent",
        10,
        MIN,
        "T04, BJ §11, practice",
        "centre",
        start="register",
        stop=("dispatch", "dispatch-by-rule"),
        applies=(Applies(urgencies=URGENCY), Applies(tracks=("urgent",))),
    ),
    Limit(
        "dispatch",
        2,
        H,
        "T04, BJ §11, practice",
        "centre",
        start="register",
        stop=("dispatch", "dispatch-by-rule"),
        applies=(Applies(tracks=(*PLAIN, "enterprise", "consumer", *PETITIONS), urgencies=("ordinary",)),),
    ),
    # the unit's first steps
    Limit("sign", 30, MIN, "T05, seed 002, HK19", "unit", start="dispatch", stop=("sign",), applies=ALWAYS),
    Limit(
        "urgent-response",
        30,
        MIN,
        "T06, seed 002, HK19, HK17",
        "unit",
        start="dispatch",
        stop=("contact", "contact-again"),
        applies=(Applies(urgencies=URGENCY), Applies(tracks=("urgent", "enterprise"))),
    ),
    Limit(
        "enterprise-contact",
        2,
        H,
        "T07, SD2",
        "unit",
        start="dispatch",
        stop=("contact", "contact-again"),
        applies=(Applies(tracks=("enterprise",)),),
    ),
    Limit(
        "first-contact",
        24,
        H,
        "T08, practice",
        "unit",
        start="dispatch",
        stop=("contact", "contact-again"),
        applies=(Applies(tracks=SLOW),),
    ),
    Limit(
        "return-window",
        2,
        WD,
        "T15, SD20",
        "unit",
        WINDOW,
        "dispatch",
        ("request-return", "dispute"),
        (Applies(tracks=("general", "city-event", "enterprise", "consumer")),),
    ),
    Limit(
        "urgent-return-window",
        30,
        MIN,
        "domain §9.5, practice",
        "unit",
        WINDOW,
        "dispatch",
        ("request-return", "dispute"),
        (Applies(tracks=("urgent",)),),
    ),
    Limit(
        "return-decision", 4, H, "T16, practice", "centre", start="request-return", stop=("accept-return", "deny-return"), applies=ALWAYS
    ),
    Limit("dispute-decision", 2, WD, "T16, practice", "centre", start="dispute", stop=("rule",), applies=ALWAYS),
    Limit("extension-request", 10, WD, "T17, SD20: 到期前申请，最多 10 个工作日，一次", "unit", RULE),
    # what the citizen is promised
    Limit(
        "consult-reply",
        1,
        WD,
        "T09, JA",
        "ticket",
        PROMISE,
        "dispatch",
        REPLY,
        (Applies(PLAIN, ("consult", "suggestion")),),
        extension=Extension(1),
    ),
    Limit(
        "general-reply",
        5,
        WD,
        "T10, SD20, JN §24, WF §20",
        "ticket",
        PROMISE,
        "dispatch",
        REPLY,
        (Applies(PLAIN, ("help", "complaint", "report", "praise", "other")),),
        (SUPPLEMENT,),
        Extension(10),
    ),
    Limit("complex-reply", 15, WD, "T11, JA, SD20 (5+10)", "ticket", PROMISE, "dispatch", REPLY, (), (SUPPLEMENT,)),
    Limit("urgent-reply", 24, H, "T12/T13, BJD (draft)", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("urgent",)),)),
    Limit("interim-reply", 5, WD, "JN §24(2), WF §20(2)", "ticket", start="dispatch", stop=HEARD),
    Limit(
        "enterprise-start",
        1,
        WD,
        "T14, SDE",
        "ticket",
        start="dispatch",
        stop=("contact", "contact-again"),
        applies=(Applies(tracks=("enterprise",)),),
    ),
    Limit(
        "enterprise-answer",
        3,
        WD,
        "T14, SDE",
        "ticket",
        start="dispatch",
        stop=HEARD,
        applies=(Applies(tracks=("enterprise",)),),
        pauses=(SUPPLEMENT,),
    ),
    Limit(
        "enterprise-solve",
        15,
        WD,
        "T14, SDE, SD2",
        "ticket",
        PROMISE,
        "dispatch",
        REPLY,
        (Applies(tracks=("enterprise",)),),
        (SUPPLEMENT,),
        Extension(15),
    ),
    # consumer disputes
    Limit("consumer-accept", 7, WD, "T19, SAMR §14", "unit", start="dispatch", stop=("accept",), applies=(Applies(tracks=("consumer",)),)),
    Limit(
        "mediation", 45, WD, "T20, seed 004, SAMR §20–21", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("consumer",)),), (TEST,)
    ),
    Limit(
        "termination-notice",
        7,
        WD,
        "T21, seed 004, SAMR §21",
        "unit",
        start="terminate",
        stop=("tell-parties",),
        applies=(Applies(tracks=("consumer",)),),
    ),
    Limit(
        "violation-check",
        15,
        WD,
        "T22, seed 004, SAMR §23",
        "unit",
        PROMISE,
        "find-violation",
        ("conclude-check",),
        ALWAYS,
        extension=Extension(15),
    ),
    Limit("reporter-told", 5, WD, "T23, SAMR §31", "unit", start="conclude-check", stop=("tell-reporter",), applies=ALWAYS),
    # petitions
    Limit("petition-accept", 3, WD, "T25, XJ", "unit", start="dispatch", stop=("accept",), applies=(Applies(tracks=("petition-simple",)),)),
    Limit("petition-relay", 1, WD, "T25, XJ", "centre", RULE),
    Limit("petition-simple", 10, WD, "T24, seed 004, XJ", "ticket", PROMISE, "dispatch", REPLY, (Applies(tracks=("petition-simple",)),)),
    Limit("petition-instant", 0, CD, "T24, seed 004: 即时办结", "ticket", PROMISE, "accept", REPLY),
    Limit(
        "petition-ordinary",
        60,
        CD,
        "T26, XF §34",
        "ticket",
        PROMISE,
        "dispatch",
        REPLY,
        (Applies(tracks=("petition-ordinary",)),),
        extension=Extension(30, CD),
    ),
    Limit(
        "petition-objection", 5, WD, "T27, XF §23", "unit", WINDOW, "dispatch", ("request-return", "dispute"), (Applies(tracks=PETITIONS),)
    ),
    # answering back
    Limit("rework", 3, WD, "T18, JA", "unit", PROMISE, "rework", REPLY, ALWAYS),
    Limit(
        "supervision",
        3,
        WD,
        "T18, JA; E5, JN §28, WF §26",
        "unit",
        start="supervise",
        stop=("reply", "fulfil", "write-off"),
        applies=ALWAYS,
    ),
    Limit("ledger-promise", 0, CD, "domain §3 #20–21, JN §24(3)", "unit", PROMISE, "confirm-ledger", ("fulfil",), ALWAYS),
    Limit("rating-contact", 1, WD, "T29, SHB §30, AY §52", "unit", start="bad-rating", stop=("contact-rater",), applies=ALWAYS),
    Limit("rating-contact-centre", 1, WD, "T29, domain §7: 保密件只由中心联系", "centre", start="bad-rating", stop=("contact-rater",)),
    Limit("rectify", 5, WD, "T30, DZ, SC", "unit", start="bad-rating", stop=("rectify",), applies=ALWAYS),
    Limit("rectify-hard", 15, WD, "T30, DZ, SC", "unit", start="bad-rating", stop=("rectify",)),
    Limit("rating-review", 2, WD, "domain §7, SHB §30, practice", "centre", start="appeal-rating", stop=("rule-rating",), applies=ALWAYS),
    Limit("revisit", 2, WD, "domain §7, DZ 实名差评回访, practice", "centre", start="rectify", stop=("revisit",), applies=ALWAYS),
    Limit(
        "exclusion-review",
        5,
        WD,
        "domain §10, practice",
        "centre",
        start="ask-exclusion",
        stop=("decide-exclusion", "withdraw-exclusion"),
        applies=ALWAYS,
    ),
    # joint handling
    Limit("task-sign", 30, MIN, "T05, domain §9.3", "task", start="add-task", stop=("sign-task", "reply-task"), applies=ALWAYS),
    Limit(
        "task-reply",
        5,
        WD,
        "R43, domain §9.3: 主办定的期限，不晚于主办自己的期限",
        "task",
        start="add-task",
        stop=("reply-task",),
        applies=ALWAYS,
    ),
    # patrols
    Limit("patrol-1", 2, H, "T28, seed 004", "cell", RULE),
    Limit("patrol-2", 4, H, "T28, seed 004", "cell", RULE),
    Limit("patrol-3", 6, H, "T28, seed 004", "cell", RULE),
    # whistles (domain §6)
    Limit("whistle-ratify", 24, H, "T31, practice", "summons", start="sound", stop=("ratify",)),
    Limit("whistle-reopen", 10, WD, "domain §6, R60 找茬, practice", "summons", WINDOW, "close", ("reopen",)),
    Limit("whistle-emergency-sign", 10, MIN, "T31, practice", "summons", start="sound", stop=("sign",)),
    Limit("whistle-emergency-check-in", 30, MIN, "T31, PG, HJS", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-enforcement-sign", 1, H, "T31, PG, BJQ", "summons", start="sound", stop=("sign",)),
    Limit("whistle-enforcement-contact", 24, H, "T31, PG, BJQ", "summons", start="sound", stop=("contact",)),
    Limit("whistle-enforcement-check-in", 30, MIN, "T31, PG, BJQ: 现行违法", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-routine-sign", 1, H, "T31, GL, GLY", "summons", start="sound", stop=("sign",)),
    Limit("whistle-routine-contact", 24, H, "T31, GL, GLY", "summons", start="sound", stop=("contact",)),
    Limit("whistle-routine-check-in", 3, WD, "T31, GL, GLY", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-routine-close", 10, WD, "T31, GL, GLY", "summons", start="sound", stop=("release",)),
    Limit("whistle-tough-sign", 1, H, "T31, GL", "summons", start="sound", stop=("sign",)),
    Limit("whistle-tough-contact", 24, H, "T31, GL", "summons", start="sound", stop=("contact",)),
    Limit("whistle-tough-check-in", 5, WD, "T31, GL", "summons", start="sound", stop=("check-in",)),
    Limit("whistle-plan", 0, CD, "domain §6 TOUGH, GL; R41", "summons", start="plan", stop=("plan-done",)),
    Limit("whistle-look", 5, WD, "R79b 回头看, practice", "summons", start="close", stop=("look-again", "reopen")),
)

_OF = {limit.code: limit for limit in DEFAULT}


def _differs(profile: str, code: str, **changes) -> Limit:
    return replace(_OF[code], profile=profile, **changes)


PRESETS = {
    "haikou": (_differs("haikou", "enterprise-contact", off=True, article="T14: 海口以 30 分钟响应取代 2 小时联系"),),
    "laizhou": (
        _differs("laizhou", "enterprise-start", length=2, unit=H, article="T14, SD2"),
        _differs("laizhou", "enterprise-answer", length=1, article="T14, SD2"),
        _differs("laizhou", "enterprise-solve", pauses=(SUPPLEMENT, HEARING), article="T14, SD2; R57, seed 004"),
    ),
    "weihai": (
        _differs("weihai", "urgent-reply", length=0, unit=CD, article="T12, WH17: 紧急当日"),
        _differs("weihai", "general-reply", applies=(Applies(PLAIN, ("help", "praise", "other")),), article="T12, WH17: 3–5 个工作日"),
        _differs(
            "weihai", "complex-reply", applies=(Applies(PLAIN, ("complaint", "report")),), article="T12, WH17: 投诉举报 15 个工作日内"
        ),
    ),
    "zhenhai": (_differs("zhenhai", "mediation", pauses=(SUPPLEMENT,), article="T20; R73, seed 003: 中介服务时间计入办理时间"),),
    "beijing": (
        replace(
            _OF["urgent-reply"],
            profile="beijing",
            code="critical-reply",
            length=2,
            article="T13, BJD (draft)",
            applies=(Applies(("urgent",), (), ("critical",)),),
        ),
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
