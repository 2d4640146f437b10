"""The words of messages that leave the house: read them by channel and language, write others with a preview and their cost, put the house's own back."""

from flask import g, render_template, request
from sqlalchemy.orm import Session

from app.auth.people import names_of
from app.errors import Invalid, NotFound
from app.web import forms, messages
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.work import session_now
from notifiers import wordings as verbs
from notifiers.message import SMS, TO_PEOPLE
from notifiers.texts import line_of
from notifiers.wording.citizens import CITIZEN
from notifiers.wording.house import STEPS

NAMES = {
    "accepted": later("收到了"),
    "dispatched": later("交给单位了"),
    "answered": later("答复了"),
    "rectified": later("差评改好了"),
    "missed": later("回访没打通"),
    "urged": later("催过了"),
    "progress": later("有进展"),
    "moved": later("改日子了"),
    "remind": later("快到时限"),
    "yellow-card": later("黄牌"),
    "red-card": later("红牌"),
    "breach": later("超时"),
    "urge-notice": later("催办"),
    "bulletin": later("通报"),
    "supervision-order": later("督办"),
    "coordinate": later("请协调"),
    "whistle-called": later("吹哨叫人"),
    "whistle-reminded": later("再响一遍"),
    "whistle-withdrawn": later("撤哨"),
    "whistle-released": later("放行"),
    "whistle-scored": later("打分"),
    "whistle-decided": later("哨办决定"),
    "whistle-leads": later("改定牵头"),
    "whistle-to-sign": later("请签发"),
    "whistle-to-triage": later("请分派"),
    "whistle-to-ratify": later("请补批"),
    "whistle-begun": later("要吹攻坚哨"),
    "whistle-to-coordinate": later("请区里协调"),
    "whistle-planned": later("方案里的一步"),
    "whistle-handed-over": later("换段长"),
    "whistle-to-decide": later("请决定"),
    "whistle-sent-back": later("哨单退回"),
    "whistle-unsigned": later("没有签发"),
    "whistle-absent": later("到点没来"),
}
LANGUAGE = {"zh": "中文", "en": "English"}
HOLES = {
    "city": later("城市"),
    "tail": later("编号尾号"),
    "code": later("查询码"),
    "link": later("链接"),
    "unit": later("单位"),
    "due": later("日子"),
    "limit": later("时限名"),
    "number": later("哨单号"),
    "kind": later("哨的种类"),
    "street": later("街道"),
}


@pages.get("/wordings")
def wording_list():
    """Every text of a channel and language: the one in force, and which were edited."""
    channel, language = _asked()
    edited = verbs.current(session_now(), channel)
    rows = [
        (
            group,
            [
                (
                    name,
                    _said(name),
                    edited[name, language].line if (name, language) in edited else line_of(name, channel, language),
                    (name, language) in edited,
                )
                for name in verbs.templates()
                if _group(name) == code
            ],
        )
        for code, group in GROUPS
    ]
    return render_template(
        "admin/wordings.html",
        rows=rows,
        channel=channel,
        language=language,
        channels=[(one, _(messages.CHANNEL[one])) for one in TO_PEOPLE],
        languages=list(LANGUAGE.items()),
    )


@pages.get("/wordings/<template>")
def wording(template: str):
    """One text: what it says now, what may stand in it, how it looks and costs, its versions. Raises NotFound."""
    return _page(template)


@pages.post("/wordings/<template>")
def write_wording(template: str):
    """Preview, or write a new version; "own" puts the house's words back. Raises NotFound."""
    channel, language = _asked()
    line = "" if forms.text("do") == "own" else forms.text("line")
    if forms.text("do") == "preview":
        try:
            verbs.check(template, channel, language, line)
        except Invalid as bad:
            return _page(template, {name: [_(one) for one in said] for name, said in bad.fields.items()}), 422
        return _page(template)

    def do(session: Session, now):
        before = verbs.current(session, channel).get((template, language))
        row = verbs.write(session, template, channel, language, line, g.actor.account_id, now)
        return (
            f"wording:{template}:{channel}:{language}",
            {"line": before.line if before else ""},
            {"line": row.line, "version": row.version},
        )

    return change(
        "wording",
        do,
        _("存好了，从下一条消息起用") if line else _("恢复成系统自带的说法"),
        f"/admin/wordings/{template}?channel={channel}&language={language}",
        lambda errors: _page(template, errors),
    )


GROUPS = (("citizen", later("给市民")), ("steps", later("给单位：时限")), ("whistles", later("给单位：吹哨")))


def _group(template: str) -> str:
    return "citizen" if template in CITIZEN else "steps" if template in STEPS else "whistles"


def _said(template: str) -> str:
    return _(NAMES[template]) if template in NAMES else template


def _asked() -> tuple[str, str]:
    """Channel and language, from the form or the address."""
    channel, language = request.values.get("channel", SMS), request.values.get("language", "zh")
    return (channel if channel in TO_PEOPLE else SMS), (language if language in LANGUAGE else "zh")


def _page(template: str, errors: dict | None = None) -> str:
    if template not in verbs.templates():
        raise NotFound("没有这条文字")
    channel, language = _asked()
    session = session_now()
    versions = verbs.history(session, template, channel, language)
    own = line_of(template, channel, language)
    line = forms.text("line") or (versions[0].line if versions else "") or own
    return render_template(
        "admin/wording.html",
        template=template,
        name=_said(template),
        channel=channel,
        language=language,
        own=own,
        line=line,
        errors=errors or {},
        shown=None if errors else verbs.sample(template, line, language),
        holes=[("{" + one + "}", _(HOLES[one]) if one in HOLES else one) for one in sorted(verbs.allowed(template, channel))],
        versions=versions,
        people=names_of(session, [row.made_by_id for row in versions]),
        channel_word=_(messages.CHANNEL[channel]),
        language_word=LANGUAGE[language],
        edited=bool(versions and versions[0].line),
        is_sms=channel == SMS,
    )
