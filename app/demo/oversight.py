"""Supervision in the demo city: an order in every state, made by the real verbs on matters that are late or answered by now."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from app import referring
from app.clock import local
from app.demo.play import Play
from app.work import settle
from escalation import dossiers, ledger, meetings, supervision
from escalation.supervision_models import Supervision
from tickets.models import Ticket

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ASKED = {
    "overdue": "请主要负责人组织办理，查明原因，三个工作日内书面答复市民并报热线中心。",
    "repeated": "同一地点一个月内多次反映，请一次办透，附前后照片。",
    "should-have-solved": "上次答复承诺的事没有办到，请说明原因并兑现。",
    "bad-influence": "已有媒体询问，请今天到现场，明天上午报处置情况。",
    "refuses-to-receive": "多次电话提醒仍未安排人员办理，请明确责任人。",
}


class Overseer:
    """The supervisor and the leader at work on one ticket, a few minutes a step."""

    def __init__(self, play: Play, ticket: Ticket, at: datetime):
        self.play, self.session, self.ticket = play, play.session, ticket
        self.at = max(at, ticket.touched_at + MINUTE)
        self.supervisor, self.leader, self.head = play.cast["supervisor1"], play.cast["leader1"], play.of_lead(ticket, "head")

    def order(self, reason: str) -> Supervision:
        made = supervision.issue(self.session, self.ticket, reason, ASKED[reason], self.supervisor, self.at)
        self.then()
        return made

    def then(self, later: timedelta = 25 * MINUTE) -> datetime:
        """Let the reactions follow; some time passes."""
        settle(self.session)
        self.session.flush()
        self.at = min(self.at + later, self.play.pace.present)
        return self.at

    def acknowledge(self, order: Supervision, plan: str) -> None:
        supervision.acknowledge(self.session, self.ticket, order, plan, self.head, self.at)
        self.then()

    def inspect(self, order: Supervision, mode: str, finding: str) -> None:
        supervision.inspect(self.session, self.ticket, order, mode, finding, self.supervisor, self.at)
        self.then()


def _issued(on: Overseer) -> None:
    on.order("overdue")


def _urged(on: Overseer) -> None:
    ledger.urge(on.session, on.ticket, "请今天下班前联系市民，办不到的报办理计划。", on.supervisor, on.at)
    on.then()
    on.order("refuses-to-receive")


def _under_way(on: Overseer) -> None:
    order = on.order("overdue")
    on.acknowledge(order, "分管副局长牵头，今天现场勘查，明天出方案，三天内答复市民。")
    on.inspect(order, "check-progress", "施工队已进场，材料到了一半，进度与回执一致。")


def _not_begun(on: Overseer) -> None:
    order = on.order("repeated")
    on.inspect(order, "check-cause", "两个科室都说不归自己管，没有人到过现场。")


def _hard(on: Overseer) -> None:
    order = on.order("bad-influence")
    on.acknowledge(order, "涉及两家产权单位，正在协商。")
    on.inspect(order, "re-inspect", "协商没有结果，单位自己推不动，建议顶格协调。")
    meetings.record_meeting(
        on.session,
        on.ticket,
        "on-site",
        on.at - HOUR / 2,
        "现场",
        "市领导、主办单位负责人、属地街道",
        "现场定了先排险、后划责，费用由主办单位先行垫付。",
        on.leader,
        on.at,
    )
    on.then()
    supervision.coordinate(
        on.session, on.ticket, order, on.head.name, "主要负责人", _evening(on.at, 2), on.leader, on.at, "两天内排除险情，书面报告。"
    )
    on.then()


def _at_the_meeting(on: Overseer) -> None:
    """Top coordination did not help: the dossier is signed and waits for the standing meeting."""
    order = on.order("bad-influence")
    on.acknowledge(order, "产权单位之间费用谈不拢，先围挡。")
    due = on.at + HOUR
    supervision.coordinate(on.session, on.ticket, order, on.head.name, "主要负责人", due, on.leader, on.at, "一小时内到现场先行处置。")
    if on.then(2 * HOUR) < due:
        return
    row = dossiers.raise_dossier(
        on.session,
        on.ticket,
        "请定由哪家单位先行出资、哪天前改造完。",
        "产权不清，两家单位三次协商没有结果，群众多次反映。",
        on.supervisor,
        on.at,
    )
    on.then()
    dossiers.submit(on.session, on.ticket, row, "情况属实，建议上会研究。", on.leader, on.at)
    on.then()


def _referred(on: Overseer) -> None:
    """A refusal on record: held to account, and to discipline."""
    on.order("refuses-to-receive")
    meetings.hold_to_account(on.session, on.ticket, "refusal", "限期已过仍拒不派人，也不说明原因。", on.supervisor, on.at)
    on.then()
    referring.refer(on.session, on.ticket, "refusal", "限期已过，多次催促仍拒不安排人员到场，也不说明原因。", on.supervisor, on.at)


def _listed(on: Overseer) -> None:
    order = on.order("should-have-solved")
    on.acknowledge(order, "按原承诺施工，下周完工。")
    supervision.list_publicly(
        on.session, on.ticket, order, local(on.at).date() + timedelta(days=30), "承诺两次未兑现，群众意见大。", on.leader, on.at
    )
    on.then()


def _done(on: Overseer) -> None:
    order = on.order("should-have-solved")
    on.acknowledge(order, "已安排返工，当天完成。")
    on.inspect(order, "check-effect", "到现场看过，已恢复正常，市民当面认可。")


def _written_off(on: Overseer) -> None:
    order = on.order("repeated")
    on.acknowledge(order, "全路段排查一遍，一次处理完。")
    on.inspect(order, "check-effect", "抽查三处，均已处理。")
    supervision.write_off(on.session, on.ticket, order, "implemented", "现场抽查三处均已处理，回访市民表示满意。", on.supervisor, on.at)
    on.then()


LATE: tuple[Callable[[Overseer], None], ...] = (_at_the_meeting, _under_way, _hard, _referred, _not_begun, _listed, _issued, _urged)
ANSWERED: tuple[Callable[[Overseer], None], ...] = (_done, _written_off, _done)


def oversee(play: Play, now: datetime) -> int:
    """Orders on the matters that are longest over, and on some that were answered. Returns how many."""
    late = _some(play, len(LATE), Ticket.status == "handling", Ticket.due_at < now - timedelta(days=1))
    answered = _some(play, len(ANSWERED), Ticket.status == "follow-up")
    for ticket, story in (*zip(late, LATE, strict=False), *zip(answered, ANSWERED, strict=False)):
        story(Overseer(play, ticket, now - 7 * HOUR))
    return len(late) + len(answered)


def _some(play: Play, count: int, *tests) -> list[Ticket]:
    wanted = (
        sa.select(Ticket)
        .where(*tests, Ticket.appeal_type.in_(("complaint", "help")), Ticket.touched_at < play.pace.present - 8 * HOUR)
        .order_by(Ticket.due_at, Ticket.id)
        .limit(count)
    )
    return list(play.session.scalars(wanted.with_for_update()))


def _evening(at: datetime, days: int) -> datetime:
    return (local(at) + timedelta(days=days)).replace(hour=18, minute=0, second=0, microsecond=0)
