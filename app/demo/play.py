"""The hands of the demo city: each method lets the right person take one real verb at one moment."""

import io
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from app.clock import local
from app.demo.cast import cast_of
from app.demo.pace import Pace
from app.demo.tales import DISTRICT, Tale, Teller, accused_of
from tickets import answering, attachments, dispatch, handling, intake, procedures, tasks
from tickets.actors import CITIZEN_ACTOR, Actor
from tickets.catalogue import boundary_for
from tickets.dispatch_models import Request, Task
from tickets.intake import Matter
from tickets.models import Ticket
from tickets.organisations import Region, Unit
from tickets.procedures import Told
from tickets.reference import reference

AT_THE_SEAT = ("phone", "visit", "patrol", "transfer")


def drawn_slip() -> bytes:
    """A picture of a signed slip: lines on paper, no words."""
    picture, out = Image.new("RGB", (480, 340), "#f4efe2"), io.BytesIO()
    pen = ImageDraw.Draw(picture)
    pen.rectangle((24, 24, 456, 316), outline="#8a8474", width=2)
    for row in range(80, 260, 36):
        pen.line((48, row, 432, row), fill="#b9b2a0", width=2)
    for left in (300, 366):
        pen.ellipse((left, 240, left + 54, 294), outline="#b3382c", width=4)
    picture.save(out, "PNG")
    return out.getvalue()


class Play:
    """One telling of the demo city's two months."""

    def __init__(self, session: Session, teller: Teller, pace: Pace):
        self.session, self.teller, self.pace = session, teller, pace
        self.cast = cast_of(session)
        self.units = reference(session).units
        self.held = [*session.scalars(sa.select(Unit)), *session.scalars(sa.select(Region))]  # known rows are not asked for again
        self.rng = teller.rng

    def of_lead(self, ticket: Ticket, post: str) -> Actor:
        """The lead unit's person in this post."""
        return self.cast[f"{self.lead_code(ticket)}.{post}"]

    def lead_code(self, ticket: Ticket) -> str:
        """The code of the lead unit, which the ticket must have."""
        assert ticket.lead_unit_id is not None  # noqa: S101 a life asks only after the dispatch
        return self.units[ticket.lead_unit_id].code

    def register(self, tale: Tale, at: datetime) -> Ticket:
        seat = tale.channel in AT_THE_SEAT
        place = tale.place
        matter = Matter(
            channel=tale.channel,
            appeal_type=tale.appeal_type,
            content=tale.words,
            title=tale.title,
            category=tale.category,
            region=place.region,
            address=place.address,
            lng=place.lng,
            lat=place.lat,
            grid_cell=place.cell,
            appellant=tale.appellant,
            confidential=tale.confidential,
            reply_wanted=tale.reply_wanted,
            track=tale.matter.get("track", ""),
            accused=accused_of(tale),
            call_id=f"CA{int(at.timestamp()):x}" if tale.channel == "phone" else "",
        )
        return intake.register(self.session, matter, self.cast["agent1"] if seat else CITIZEN_ACTOR, at)

    def answer(self, ticket: Ticket, answer: str, article: str, at: datetime) -> None:
        intake.answer_directly(self.session, ticket, answer, self.cast["agent1"], at, article)

    def refuse(self, ticket: Ticket, code: str, words: str, at: datetime) -> None:
        intake.refuse(self.session, ticket, code, self.cast["agent1"], at, words=words)

    def hand_over(self, ticket: Ticket, line: str, words: str, at: datetime) -> None:
        intake.transfer_emergency(self.session, ticket, line, self.cast["agent1"], at, words)

    def merge(self, ticket: Ticket, master: Ticket, at: datetime) -> None:
        intake.merge(self.session, ticket, master, self.cast["dispatcher1"], at)

    def urge(self, ticket: Ticket, at: datetime) -> None:
        intake.urge(self.session, ticket, CITIZEN_ACTOR, at, self.teller.pick("urges"))

    def supplement(self, ticket: Ticket, at: datetime) -> None:
        intake.supplement(self.session, ticket, self.teller.pick("supplements"), CITIZEN_ACTOR, at)

    def dispatch(self, ticket: Ticket, tale: Tale, at: datetime, lead: str = "") -> None:
        """By the catalogue's own answer for half of those it speaks of, else by the dispatcher."""
        wanted = lead or tale.lead
        if ticket.sealed or tale.matter.get("unit") or lead or self.rng.random() < 0.5:
            slip = f"请核查{tale.place.address}有关情况，依法处置并答复。" if ticket.sealed else ""
            dispatch.dispatch(self.session, ticket, wanted, self.cast["dispatcher1"], at, note=slip)
        else:
            dispatch.dispatch_by_rule(self.session, ticket, self.cast["agent1"], at)

    def sign(self, ticket: Ticket, at: datetime) -> None:
        handling.sign(self.session, ticket, self.of_lead(ticket, "liaison"), at)

    def contact(self, ticket: Ticket, at: datetime) -> None:
        anonymous = ticket.sealed
        method = "anonymous" if anonymous else self.rng.choice(("phone", "phone", "visit"))
        result = "not-possible" if anonymous else ("arrived" if method == "visit" else "reached")
        words = "匿名举报，先行到场核查。" if anonymous else self.teller.pick(f"contacts_{method}")
        handling.contact(self.session, ticket, method, result, self.of_lead(ticket, "handler"), at, words=words)

    def note(self, ticket: Ticket, at: datetime) -> None:
        handling.note(self.session, ticket, self.teller.pick("notes"), self.of_lead(ticket, "handler"), at)

    def ask_assistants(self, ticket: Ticket, at: datetime) -> None:
        """The lead asks those the boundary list names, where the dispatch did not do so already."""
        boundary = boundary_for(self.session, ticket.category_id, at)
        asked = set(self.session.scalars(sa.select(Task.unit_id).where(Task.ticket_id == ticket.id)))
        for part in boundary.division if boundary else []:
            if part["unit_id"] not in asked | {ticket.lead_unit_id}:
                tasks.add_task(self.session, ticket, part["unit"], part["ask"], self.of_lead(ticket, "liaison"), at, days=3)

    def open_tasks(self, ticket: Ticket) -> list[Task]:
        """The sub-tasks still to be answered, in the order asked."""
        return list(
            self.session.scalars(sa.select(Task).where(Task.ticket_id == ticket.id, Task.state.in_(("open", "signed"))).order_by(Task.id))
        )

    def ungraded_tasks(self, ticket: Ticket) -> list[Task]:
        return list(self.session.scalars(sa.select(Task).where(Task.ticket_id == ticket.id, Task.score.is_(None)).order_by(Task.id)))

    def sign_task(self, ticket: Ticket, task: Task, at: datetime) -> None:
        """Its handler is put in charge of it."""
        tasks.sign_task(self.session, ticket, task, self._of_task(task, "liaison"), at, self._of_task(task, "handler").account_id)

    def reply_task(self, ticket: Ticket, task: Task, at: datetime) -> None:
        tasks.reply_task(self.session, ticket, task, self.teller.pick("joint_replies"), self._of_task(task, "handler"), at)

    def release_task(self, ticket: Ticket, task: Task, at: datetime) -> None:
        tasks.release_task(self.session, ticket, task, self.teller.pick("releases"), self.of_lead(ticket, "liaison"), at)

    def grade_task(self, ticket: Ticket, task: Task, at: datetime) -> None:
        score, reason = self.teller.pick("joint_grades")
        tasks.grade_task(self.session, ticket, task, score, reason, self.of_lead(ticket, "liaison"), at)

    def ask_return(self, ticket: Ticket, tale: Tale, at: datetime) -> Request:
        said = tale.matter["return"]
        return dispatch.request_return(
            self.session, ticket, said["reason"], said["basis"], self.of_lead(ticket, "liaison"), at, self._other(tale)
        )

    def decide_return(self, ticket: Ticket, request: Request, accept: bool, at: datetime) -> None:
        words = self.teller.pick("return_accept" if accept else "return_deny")
        dispatch.decide_return(self.session, ticket, request, accept, words, self.cast["dispatcher1"], at)

    def dispute(self, ticket: Ticket, tale: Tale, at: datetime) -> None:
        dispatch.dispute(self.session, ticket, tale.said("dispute"), self.of_lead(ticket, "liaison"), at)

    def rule(self, ticket: Ticket, tale: Tale, at: datetime) -> None:
        dispatch.rule(
            self.session,
            ticket,
            self.lead_code(ticket),
            tale.said("ruling"),
            self.cast["auditor1"],
            at,
            locked=True,
            update_catalogue="return" in tale.matter,
        )

    def ask_extension(self, ticket: Ticket, at: datetime) -> Request:
        which = self.rng.randrange(len(self.teller.words["extension"]))
        reason, plan = self.teller.words["extension"][which], self.teller.words["extension_plan"][which]
        return handling.request_extension(
            self.session, ticket, self.rng.choice((3, 5, 5, 10)), reason, plan, self.of_lead(ticket, "liaison"), at
        )

    def decide_extension(self, ticket: Ticket, request: Request, grant: bool, at: datetime) -> None:
        words = self.teller.pick("extension_decision" if grant else "extension_denial")
        handling.decide_extension(self.session, ticket, request, grant, words, self.cast["dispatcher1"], at)

    def ask_suspension(self, ticket: Ticket, tale: Tale, at: datetime) -> Request:
        said = tale.matter["pause"]
        return handling.request_suspension(self.session, ticket, said["code"], said["evidence"], self.of_lead(ticket, "handler"), at)

    def grant_suspension(self, ticket: Ticket, request: Request, at: datetime) -> None:
        handling.decide_suspension(self.session, ticket, request, True, self.teller.pick("suspend_grant"), self.cast["dispatcher1"], at)

    def resume(self, ticket: Ticket, at: datetime) -> None:
        handling.resume(self.session, ticket, self.of_lead(ticket, "handler"), at, self.teller.pick("resume"))

    def terminate(self, ticket: Ticket, tale: Tale, at: datetime) -> None:
        ground = "settled-between-parties" if "和解" in tale.said("ended") else "appellant-withdrew"
        handling.terminate(self.session, ticket, ground, self.cast["dispatcher1"], at, tale.said("ended"))

    def ask_termination(self, ticket: Ticket, at: datetime) -> Request:
        return procedures.request_termination(
            self.session,
            ticket,
            "no-agreement",
            "第一次调解没有谈拢，商家不同意全额退，投诉人不让步。",
            self.of_lead(ticket, "liaison"),
            at,
        )

    def deny_termination(self, ticket: Ticket, request: Request, at: datetime) -> None:
        procedures.decide_termination(
            self.session, ticket, request, False, "离 45 个工作日还早，双方都还愿意谈，请再组织一次调解。", self.cast["dispatcher1"], at
        )

    def accept(self, ticket: Ticket, at: datetime) -> None:
        procedures.accept(self.session, ticket, self.of_lead(ticket, "liaison"), at, words="双方都愿意调解。")

    def find_violation(self, ticket: Ticket, at: datetime) -> None:
        procedures.find_violation(
            self.session,
            ticket,
            "现场看样时发现，涉事商品没有强制性产品认证标志，也没有进货查验记录。",
            self.of_lead(ticket, "handler"),
            at,
        )

    def tell_parties(self, ticket: Ticket, at: datetime) -> None:
        """The receipt both sides signed hangs on the ticket."""
        slip = attachments.check(drawn_slip(), 2**20)
        attachments.attach(
            self.session, ticket, "送达回证.jpg", slip, current_app.config["SETTINGS"].uploads, "proof", self.of_lead(ticket, "handler"), at
        )
        by_hand = Told("in-person", at)
        procedures.tell_parties(self.session, ticket, by_hand, by_hand, self.of_lead(ticket, "handler"), at)

    def draft(self, ticket: Ticket, tale: Tale, at: datetime) -> None:
        handling.draft_reply(self.session, ticket, self.of_lead(ticket, "handler"), at, **self._reply(ticket, tale, at))

    def reply(self, ticket: Ticket, tale: Tale, at: datetime, result: str = "") -> None:
        said = self._reply(ticket, tale, at)
        if result:
            said |= {"result": result, "promised_at": self._promise()}
        if result == "objectively-blocked":
            said |= {
                "content": f"您好，经现场核实，您反映的问题目前受客观条件限制，暂时不能全部解决。{tale.said('ledger')}。到期后我们会再次答复您。"
            }
        handling.reply(self.session, ticket, self.of_lead(ticket, "head"), at, **said)

    def ledger(self, ticket: Ticket, tale: Tale, at: datetime, asked: bool) -> None:
        """First the unit asks, then (asked) the dispatcher confirms."""
        if asked:
            handling.ledger(self.session, ticket, self.cast["dispatcher1"], at, self.teller.pick("ledger_confirm"))
        else:
            handling.ledger(self.session, ticket, self.of_lead(ticket, "liaison"), at, tale.said("ledger"), self._promise())

    def review(self, ticket: Ticket, approve: bool, at: datetime) -> None:
        defect, words = ("", self.teller.pick("audits_good")) if approve else self.teller.pick("audits_bad")
        answering.review(self.session, ticket, approve, self.cast["auditor1"], at, defect, words)

    def call_back(
        self, ticket: Ticket, at: datetime, outcome: str, words: str, satisfied: int | None = None, solved: bool | None = None
    ) -> None:
        """A call that reached the citizen (with an outcome) or not (without, or "close" as unreachable)."""
        reached = satisfied is not None
        known = True if reached else None
        answering.follow_up(
            self.session,
            ticket,
            self.cast["followup1"],
            at,
            reached=reached,
            outcome=outcome,
            contacted=known,
            solved=solved,
            satisfied=satisfied,
            truthful=known,
            words=words,
        )

    def rate(self, ticket: Ticket, score: int, at: datetime) -> None:
        words = self.teller.pick("ratings_good" if score >= 3 else "ratings_bad")
        answering.rate(self.session, ticket, score, at, solved=score >= 3, words=words, channel=self.rng.choice(("sms", "wechat", "web")))

    def archive(self, ticket: Ticket, at: datetime) -> None:
        answering.archive(self.session, ticket, at)

    def _promise(self) -> datetime:
        """Half past five of some day to come."""
        day = local(self.pace.present) + timedelta(days=self.rng.randint(3, 45))
        return day.replace(hour=17, minute=30, second=0, microsecond=0)

    def _other(self, tale: Tale) -> str:
        to = tale.matter["return"]["to"]
        return DISTRICT[tale.place.street] if to == "district" else to

    def _of_task(self, task: Task, post: str) -> Actor:
        return self.cast[f"{self.units[task.unit_id].code}.{post}"]

    def _reply(self, ticket: Ticket, tale: Tale, at: datetime) -> dict:
        """The four elements: when, who, what was done, until when."""
        handler, here = self.of_lead(ticket, "handler"), local(at)
        again = tale.said("again") if ticket.reworks else ""
        return {
            "result": tale.matter.get("result", "resolved"),
            "content": again or tale.said("reply"),
            "measures": tale.said("measures"),
            "time": f"{here.month} 月 {here.day} 日{'上午' if here.hour < 12 else '下午'}",
            "person": f"{handler.unit_name} {handler.name}",
        }
