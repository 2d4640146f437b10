"""What the centre evaluates in the demo city: exclusions in every state, a draw of second looks, answers marked by one and by two, a citizen who
is back, surveys of how many know the line."""

from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa

from app.clock import local
from app.demo.play import Play
from app.work import settle
from tickets import draws, exclusions, intake, quality
from tickets.actors import SYSTEM_ACTOR
from tickets.awareness import Survey, enter, newest
from tickets.evaluation_models import QualityCheck
from tickets.identity import Appellant
from tickets.models import Identity, Ticket
from tickets.reference import reference

HOUR = timedelta(hours=1)
ASKED = (
    ("unreasonable", "《信访工作条例》第三十五条：已有终审判决的事项", "法院判决书编号和送达回证，见工单附件", "approved"),
    ("wrongly-dispatched", "权责清单 2026 版第 112 项：该路段归区里管养", "区城管局接收函，2026 年 3 月", "seconded"),
    ("beyond-law", "《物业管理条例》第四十九条：属业主共同决定事项", "业主大会表决结果公示照片", "asked"),
    ("malicious", "热线条例第四十二条：一周内同一内容来电 31 次", "通话清单和劝导录音", "denied"),
)
SURVEYS = (  # how many days ago it ended, people asked, people who knew, who asked
    (52, 806, 597, "市统计局社情民意调查中心，电话调查"),
    (24, 812, 633, "市统计局社情民意调查中心，电话调查"),
    (9, 300, 251, "各街道办事大厅，问卷"),
)
AGAIN = ("上次修过的地方又坏了，跟原来一样，请再派人看看。", "才好了几天，老问题又回来了，能不能修到根上。")


def evaluate(play: Play, now: datetime) -> None:
    """Through the real verbs, on closed matters of the last weeks."""
    settle(play.session)
    play.session.flush()
    _exclude(play, now)
    for days in range(6):
        draws.draw_look_backs(play.session, now - timedelta(days=days), SYSTEM_ACTOR, f"look-back-demo-{days}")
    _mark(play, now)
    _come_again(play, now)
    _survey(play, now)
    settle(play.session)


def _survey(play: Play, now: datetime) -> None:
    """Three surveys of the line (R76), of one a first count that was wrong."""
    publisher, today = play.cast["publisher1"], local(now).date()
    for ago, asked, aware, source in SURVEYS:
        last = today - timedelta(days=ago)
        said = Survey(last - timedelta(days=4), last, asked, aware, source)
        enter(play.session, said, publisher, now - timedelta(days=ago - 1))
    at = now - timedelta(days=SURVEYS[-1][0] - 2)
    enter(play.session, said._replace(asked=asked + 12), publisher, at, newest(play.session).id, "漏计了 12 份没答完的问卷")


def _come_again(play: Play, now: datetime) -> None:
    """Two people ring again about what was closed: repeats, and the first time was not one go (R28)."""
    names = reference(play.session)
    found = play.session.execute(
        sa.select(Ticket, Identity.sealed)
        .join(Identity, Identity.ticket_id == Ticket.id)
        .where(
            Ticket.status == "closed",
            Ticket.channel == "phone",
            Ticket.category_id.is_not(None),
            Identity.contactable,
            ~Ticket.sealed,
            Ticket.closed_at < now - 9 * HOUR,
        )
        .order_by(Ticket.closed_at.desc())
        .limit(2)
    ).all()
    for number, (ticket, sealed) in enumerate(found):
        at = now - timedelta(minutes=55 + 8 * number)
        intake.register(
            play.session,
            intake.Matter(
                channel="phone",
                appeal_type=ticket.appeal_type,
                title=f"又来了：{ticket.title}"[:100],
                content=f"{ticket.address}{AGAIN[number]}",
                address=ticket.address,
                category=names.categories[ticket.category_id].code,
                region=ticket.region_code or "",
                lng=ticket.lng,
                lat=ticket.lat,
                grid_cell=ticket.grid_cell,
                appellant=Appellant(**orjson.loads(play.session.info["vault"].open(sealed))),
                call_id=f"CA{int(at.timestamp()):x}",
                previous=ticket.number,
            ),
            play.cast["agent1"],
            at,
        )


def _exclude(play: Play, now: datetime) -> None:
    found = list(
        play.session.scalars(
            sa.select(Ticket)
            .where(Ticket.status == "closed", Ticket.lead_unit_id.is_not(None), Ticket.closed_at < now - 3 * HOUR, ~Ticket.sealed)
            .order_by(Ticket.closed_at.desc())
            .limit(len(ASKED))
        )
    )
    for ticket, (ground, basis, evidence, end) in zip(found, ASKED, strict=False):
        at = max(ticket.touched_at, now - 30 * HOUR) + (now - max(ticket.touched_at, now - 30 * HOUR)) / 4
        row = exclusions.ask(play.session, ticket, ground, basis, evidence, play.of_lead(ticket, "liaison"), at)
        if end != "asked":
            at += (now - at) / 3
            exclusions.review(
                play.session,
                ticket,
                row,
                end != "denied",
                "材料齐全，依据成立" if end != "denied" else "多次来电是因为一直没修好，不成立",
                play.cast["auditor1"],
                at,
            )
        if end == "approved":
            at += (now - at) / 3
            exclusions.review(play.session, ticket, row, True, "同意剔除，在通报里单列", play.cast["supervisor1"], at)
        settle(play.session)


def _mark(play: Play, now: datetime) -> None:
    """One draw over the answers of a fortnight, of units and of seats each; most are marked, some wait, two people differed about one."""
    session = play.session
    for kind, share in (("quality", 20), ("direct", 30)):
        found = draws.answers_of(session, kind, now - timedelta(days=14), now)[:60]
        draws.put_to_quality(session, kind, found, share, now - HOUR, SYSTEM_ACTOR, now - HOUR, f"{kind}-demo")
        session.flush()
    first, second = play.cast["followup1"], play.cast["supervisor1"]
    for number, check in enumerate(session.scalars(sa.select(QualityCheck).order_by(QualityCheck.id)).all()):
        if number % 3 == 2:
            continue
        wrong = number % 9 == 4
        at = now - HOUR + timedelta(minutes=number)
        words = "只说了派人去看，没说结果" if wrong else ""
        elements = ("time", "person", "measures") if check.reply_id else ()
        quality.mark(session, check, first, at, accurate=not wrong, elements=elements, tone=4 - wrong, words=words)
        session.flush()
        if check.double:
            quality.mark(session, check, second, at + timedelta(minutes=9), accurate=True, elements=elements, tone=4)
            session.flush()
