"""The dossier for the standing meeting (E7) as a document made from history. No identity: every text passes the blinder."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter

from app.clock import local
from app.reports.document import Document, Line, Part
from app.web.i18n import aside, doer, format_day, format_due, format_moment
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import unit_name
from escalation import words as time_words
from escalation.blinding import Blind
from escalation.dossier_queries import Raised, Story
from escalation.models import LedgerEntry
from escalation.referrals import words_of
from tickets import words
from tickets.models import Identity, Ticket
from tickets.reference import Reference

UNTOLD = frozenset({"reveal", "archive", "import"})  # who looked is the log's, not the meeting's
CITIZENS = frozenset(
    {"register", "supplement", "child-supplement", "urge", "follow-up", "close", "rework", "rate"}
)  # of a report their words stay sealed


def dossier_document(story: Story, names: Reference, blind: Blind, by: str, now: datetime) -> Document:
    """上会材料: what is asked, the matter, its limits, the way it went, what supervision did, the answers, the decision; then the proof."""
    raised, ticket = story.raised, story.raised.ticket
    row = raised.dossier
    parts = [
        Part(_("一、请会议定什么"), sentences=[blind(row.question)]),
        Part(_("二、诉求"), _matter(ticket, names, story.identity, blind)),
        Part(_("三、卡在哪里"), sentences=[blind(row.obstacle)]),
        Part(
            _("四、时限"), _time(story), lines=[Line(format_moment(one.opened_at, True), _card(one, story.codes)) for one in story.entries]
        ),
        Part(_("五、督办"), _order(raised, names), lines=_in_order(_supervised(story, blind))),
        Part(_("六、答复和回访"), lines=_in_order(_answers(story, names, blind))),
        Part(
            _("七、全部经过"),
            lines=[
                Line(
                    format_moment(one.at, True),
                    done_said(one.kind, one.actor_name),
                    "" if ticket.sealed and one.kind in CITIZENS else blind(words_of(one.data)),
                )
                for one in story.events
                if one.kind not in UNTOLD
            ],
        ),
        Part(_("八、会议决定"), _decision(raised), sentences=[blind(row.decision)] if row.decision else []),
    ]
    return Document(
        _("上会材料"),
        row.number,
        f"{unit_name(names, row.unit_id)} · {format_day(local(row.raised_at), year=True)}",
        parts,
        _proof(story),
        foot_said(by, now),
    )


def _matter(ticket: Ticket, names: Reference, identity: Identity | None, blind: Blind) -> list[tuple[str, str]]:
    hidden = ticket.sealed or ticket.confidential
    who = _("不公开") if hidden or identity is None else f"{identity.masked_name} {identity.masked_phone}".strip()
    content = (ticket.slip or _("举报内容密封，不写进材料")) if ticket.sealed else ticket.content
    return [
        (_("工单号"), ticket.number),
        (_("标题"), _("举报件（内容已密封）") if ticket.sealed else blind(ticket.title)),
        (_("诉求人"), who or _("匿名")),
        (
            _("类型"),
            f"{_(words.APPEAL_TYPE[ticket.appeal_type])} · {_(words.CHANNEL[ticket.channel])} · {_(words.URGENCY[ticket.urgency])}",
        ),
        (_("收到"), format_moment(ticket.received_at, True)),
        (_("主办单位"), unit_name(names, ticket.lead_unit_id)),
        (_("内容"), blind(content)),
    ]


def _time(story: Story) -> list[tuple[str, str]]:
    ticket = story.raised.ticket
    due = format_due(ticket.due_at) if ticket.due_at else "—"
    return [
        (_("答应市民"), due + (_("（暂定）") if ticket.due_provisional else "")),
        *facts_said(story.facts),
        (
            _("改过的时限"),
            _("；").join(
                _(
                    "%(why)s：%(old)s 改到 %(new)s",
                    why=_(time_words.CHANGE[one.why]),
                    old=format_due(one.old_due),
                    new=format_due(one.new_due),
                )
                for one in story.changes
            ),
        ),
    ]


def _card(entry: LedgerEntry, codes: Mapping[int, str]) -> str:
    """What stood against which limit, and what became of it."""
    limit = codes.get(entry.id, "")
    level, status = _(time_words.LEVEL[entry.level]), _(time_words.LEDGER_STATUS[entry.status])
    return f"{entry.level} {level} · {_(time_words.LIMIT.get(limit, limit))} · {status}"


def facts_said(facts: dict) -> list[tuple[str, str]]:
    """Returns, urges, reworks, limits broken: what meetings.facts_of counted."""
    broken = _("；").join(
        _(
            "%(limit)s（%(due)s）",
            limit=_(time_words.LIMIT.get(one["code"], one["code"])),
            due=format_due(datetime.fromisoformat(one["due"])),
        )
        for one in facts["breaches"]
    )
    return [
        (_("退单"), _("%(n)s 次，其中不成立 %(denied)s 次", n=facts["returns"], denied=facts["denied_returns"])),
        (_("催办"), _n("%(n)s 次", facts["urges"])),
        (_("重办"), _n("%(n)s 次", facts["reworks"])),
        (_("超期"), broken or _("没有")),
    ]


def _order(raised: Raised, names: Reference) -> list[tuple[str, str]]:
    order = raised.order
    return [
        (_("督办单"), order.number),
        (_("单位"), unit_name(names, order.unit_id)),
        (_("事由"), _(time_words.SUPERVISION_REASON[order.reason])),
        (_("开单"), f"{format_moment(order.issued_at, True)} {doer(order.issued_by_name)}"),
        (_("要求"), order.words),
        (_("单位回执"), order.plan or _("没有")),
    ]


def _supervised(story: Story, blind: Blind) -> Iterable[tuple[datetime, Line]]:
    for one in story.inspections:
        yield one.at, Line(format_moment(one.at, True), f"{_(time_words.MODE[one.mode])} · {one.by_name}", blind(one.finding))
    for one in story.coordinations:
        said = _("顶格协调：%(who)s（%(post)s），%(due)s 前", who=one.person, post=one.post, due=format_due(one.due_at))
        yield one.at, Line(format_moment(one.at, True), f"{said} · {one.by_name}", blind(one.words))
    for one in story.meetings:
        yield (
            one.held_at,
            Line(
                format_moment(one.held_at, True), f"{_(time_words.MEETING[one.kind])} · {one.place} · {blind(one.people)}", blind(one.words)
            ),
        )
    for one in story.accountabilities:
        yield (
            one.at,
            Line(format_moment(one.at, True), f"{_('被追责的')}{_('：')}{_(time_words.FAULT[one.fault])} {one.person}", blind(one.words)),
        )


def _answers(story: Story, names: Reference, blind: Blind) -> Iterable[tuple[datetime, Line]]:
    for one in story.replies:
        yield (
            one.at,
            Line(format_moment(one.at, True), f"{unit_name(names, one.unit_id)} · {_(words.RESULT[one.result])}", blind(one.content)),
        )
    for one in story.follow_ups:
        solved = _("没问到") if one.solved is None else _("已解决") if one.solved else _("没解决")
        yield one.at, Line(format_moment(one.at, True), f"{_('回访')} · {solved}", "" if story.raised.ticket.sealed else blind(one.words))


def _decision(raised: Raised) -> list[tuple[str, str]]:
    row, fixed = raised.dossier, raised.coordination
    facts = (
        [(_("领导意见"), row.opinion + aside(f"{row.submitted_by_name} {format_moment(row.submitted_at, True)}"))]
        if row.submitted_at
        else []
    )
    if fixed is not None and row.held_on:
        facts += [
            (_("会议"), f"{row.meeting} · {format_day(row.held_on, year=True)}"),
            (_("落实到"), fixed.person + aside(fixed.post)),
            (_("时限"), format_due(fixed.due_at)),
        ]
    if row.withdrawn_why and row.closed_at:
        facts += [(_("已撤回"), row.withdrawn_why + aside(f"{row.closed_by_name} {format_moment(row.closed_at, True)}"))]
    return facts


def _proof(story: Story) -> list[str]:
    ticket, whole = story.raised.ticket, story.fault is None
    return [
        _(
            "本材料据工单第 1 至 %(n)s 步经过生成，每一步与上一步用 SHA-256 相扣；链尾 %(head)s。",
            n=len(story.events),
            head=ticket.head_hash,
        ),
        _("现在核对：全部接得上，没有一步被改过。")
        if whole
        else _("现在核对：第 %(seq)s 步对不上，%(what)s。请先查明再用！", seq=story.fault.seq, what=_(story.fault.what)),
        _("材料不含市民身份。要看身份，须在系统里写明理由，每看一次留一行。"),
    ]


def _in_order(told: Iterable[tuple[datetime, Line]]) -> list[Line]:
    return [line for _when, line in sorted(told, key=itemgetter(0))]


def done_said(kind: str, who: str) -> str:
    """An event of the history, and who did it."""
    return f"{_(words.ACTION.get(kind, kind))} · {doer(who)}"


def foot_said(by: str, now: datetime) -> str:
    """Who took the document out, and when."""
    return _("%(who)s %(at)s 导出", who=by, at=f"{local(now):%Y-%m-%d %H:%M}")
