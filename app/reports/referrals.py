"""The referral (E8) as a document: the sealed package as it stood, nothing read anew; then the seal and the chain it was cut from."""

from datetime import datetime

from app.reports.document import Document, Line, Part
from app.reports.dossiers import UNTOLD, done_said, facts_said, foot_said
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from escalation import words as time_words
from escalation.dossier_models import Referral
from tickets import words
from tickets.reference import Reference


def referral_document(row: Referral, names: Reference, holds: bool, by: str, now: datetime) -> Document:
    """移送材料. `holds`: whether the package still has the hash it was sealed with."""
    misconduct = _(time_words.MISCONDUCT[row.misconduct])
    return Document(
        _("移送材料"),
        row.number,
        " · ".join((_("密"), misconduct)),
        [_referred(row, names, misconduct), *_held(row.package, names), _result(row)],
        _proof(row, holds),
        foot_said(by, now),
    )


def _referred(row: Referral, names: Reference, misconduct: str) -> Part:
    facts = [
        (_("事由"), misconduct),
        (_("单位"), unit_name(names, row.unit_id)),
        (_("涉及的人"), row.person or _("未写明")),
        (_("移送人"), f"{row.by_name} {format_moment(row.at, True)}"),
    ]
    return Part(_("一、移送什么"), facts, [row.words])


def _held(held: dict, names: Reference) -> list[Part]:
    """What was sealed: the matter, the facts, who was held to account, the evidence, who looked, the answers, the whole way."""
    ticket = held["ticket"]
    return [
        Part(_("二、诉求"), [(_("工单号"), ticket["number"]), (_("标题"), ticket["title"]), (_("内容"), ticket["content"])]),
        Part(_("三、记录里的事实"), facts_said(held["facts"])),
        Part(_("四、追责记录"), lines=[_line(one, _accounted(one), one["words"]) for one in held["accountabilities"]]),
        Part(
            _("五、证据清单"),
            lines=[_line(one, one["name"], f"SHA-256 {one['sha256']} · {one['size']:,} B") for one in held["evidence"]],
        ),
        Part(
            _("六、谁看过身份"),
            lines=[_line(one, _("账号 %(who)s", who=one["account_id"]), one["reason"]) for one in held["reveals"]],
        ),
        Part(_("七、答复"), lines=[_line(one, _answered(one, names), one["content"]) for one in held["replies"]]),
        Part(
            _("八、全部经过"),
            lines=[_line(one, done_said(one["kind"], one["who"]), one["words"]) for one in held["events"] if one["kind"] not in UNTOLD],
        ),
    ]


def _line(one: dict, what: str, below: str) -> Line:
    return Line(format_moment(datetime.fromisoformat(one["at"]), True), what, below)


def _accounted(one: dict) -> str:
    fault = time_words.FAULT[one["fault"]]
    return _("%(fault)s %(person)s，%(by)s 记", fault=_(fault), person=one["person"], by=one["by"])


def _answered(one: dict, names: Reference) -> str:
    result = words.RESULT[one["result"]]
    return f"{unit_name(names, one['unit_id'])} {_(result)}"


def _result(row: Referral) -> Part:
    facts: list[tuple[str, str]] = []
    if row.conclusion and row.closed_at:
        facts = [
            (_("结论"), _(time_words.CONCLUSION[row.conclusion])),
            (_("登记"), f"{row.closed_by_name} {format_moment(row.closed_at, True)}"),
        ]
    return Part(_("九、结果"), facts, [row.conclusion_words] if row.conclusion_words else [])


def _proof(row: Referral, holds: bool) -> list[str]:
    chain = row.package["chain"]
    return [
        _(
            "封存的 SHA-256：%(seal)s。%(holds)s",
            seal=row.seal,
            holds=_("现在核对：与封存时一致。") if holds else _("现在核对：与封存时不一致！"),
        ),
        _(
            "封存时工单有 %(n)s 步经过，前后相扣；链尾 %(head)s。%(whole)s",
            n=chain["steps"],
            head=chain["head"],
            whole=_("当时核对：无误。") if chain["whole"] else _("当时核对：有误！"),
        ),
    ]
