"""The whistles of the demo city's two months: every kind, every ending, and what sounds just now. Real verbs, by the right people, when they were due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.demo.passing import live_through
from app.demo.play import Play
from app.work import settle
from escalation import ledger
from escalation.models import LedgerEntry
from escalation.no_shows import mark_due
from tickets import arrivals, grading, summons, whistle_plans, whistle_ratings, whistles
from tickets.arrivals import Arrival
from tickets.grading import Grade
from tickets.models import Ticket
from tickets.whistle_calls import Asked, Call
from tickets.whistle_models import Summons, Whistle
from tickets.whistle_suggest import tickets_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# what happened, what the street tried first, whom it takes and for what; the first leads
STORIES = (
    (
        "地下室污水倒灌，水快到电表箱",
        "社区已劝离住户，沙袋堵住楼道",
        (
            ("water", "抽水、疏通主管网"),
            ("power", "先断电，再查电表箱"),
            ("urban", "围挡、照明、清淤车进小区"),
            ("housing", "查地下室结构"),
        ),
    ),
    (
        "夜市油烟和占道反复，商户不听劝",
        "街道劝导三次，发了告知书",
        (("urban", "查处占道经营"), ("market", "查证照和食品"), ("environment", "测油烟和噪声")),
    ),
    (
        "外墙面砖脱落，砸坏两辆车",
        "已拉警戒线，派人值守",
        (("housing", "鉴定外墙，定维修办法"), ("urban", "围挡和清理"), ("police", "疏导车辆")),
    ),
    ("燃气味重，居民不敢开灯", "已通知各户关阀开窗", (("gas", "查漏关阀"), ("power", "必要时断电"), ("police", "疏散和管制"))),
    ("沿河排口夜里冒黑水", "巡河员连续三夜取证", (("environment", "采样溯源"), ("water", "查雨污混接"), ("urban", "查夜间倾倒"))),
    (
        "暖气不热，整栋楼连着投诉",
        "物业已放气两次，没有用",
        (("heating", "查换热站和立管"), ("housing", "督促物业配合"), ("market", "核收费")),
    ),
    ("群租房私拉电线，上下楼堆满杂物", "社区入户劝过两轮", (("housing", "认定违规分隔"), ("power", "查私接线路"), ("police", "核人员"))),
    (
        "校门口早晚堵车，接送车停到马路中间",
        "街道派志愿者站岗两周",
        (("police", "定禁停和分流"), ("education", "错峰放学"), ("transport", "调公交站位")),
    ),
)
# days ago, kind, what became of it
PAST = tuple(
    (
        3 + number * 1.05,
        ("routine", "emergency", "enforcement", "routine", "tough")[number % 5],
        ("good", "late", "good", "low", "absent", "good", "appeal", "good", "upheld", "good")[number % 10],
    )
    for number in range(46)
)
# what the citizens' matters of a story say, in the order of STORIES; the past is told oldest first, so that every minute is lived through once
HEARD = ("倒灌", "油烟", "外墙", "燃气", "黑水", "暖气", "群租", "学校")
FINE, FAIR, POOR = Grade(5, 5, 5, 1), Grade(4, 4, 4), Grade(2, 3, 3)


class Blowing:
    """One whistle on its way. `at` moves on with every step. `street`: whose, "" any."""

    def __init__(self, play: Play, number: int, kind: str, at: datetime, street: str = ""):
        self.play, self.kind, self.at, self.cast, self.session = play, kind, at, play.cast, play.session
        self.units: tuple[tuple[str, str], ...]
        self.problem, self.own, self.units = STORIES[number % len(STORIES)]
        self.heard = HEARD[number % len(STORIES)]
        self.place = play.teller.place("estate")
        while street not in ("", self.place.street):
            self.place = play.teller.place("estate")
        self.whistle: Whistle | None = None

    def by(self, post: str):
        """Somebody of the street."""
        return self.cast[f"{self.place.street}.{post}"]

    def blow(self, post: str = "head") -> "Blowing":
        """The street calls."""
        call = Call(
            self.kind,
            f"{self.place.name}{self.problem}",
            self.own,
            tuple(Asked(unit, ask, place == 0) for place, (unit, ask) in enumerate(self.units)),
            address=f"{self.place.address}东门",
            lng=self.place.lng,
            lat=self.place.lat,
            tickets=self._matters(),
        )
        self.whistle = whistles.blow(self.session, call, self.by(post), self.at)
        return self._on(2 * MINUTE)

    def _matters(self) -> tuple[str, ...]:
        """A citizen's matter of this street that says the same, if there is one."""
        wanted = (
            sa.select(Ticket.number)
            .where(
                Ticket.region_code == self.place.region,
                Ticket.content.contains(self.heard),
                sa.not_(Ticket.sealed),
                Ticket.received_at < self.at,
            )
            .order_by(Ticket.received_at.desc())
            .limit(1)
        )
        return tuple(self.session.scalars(wanted))

    def sign(self, post: str = "secretary") -> "Blowing":
        """One more leader of the street signs, or ratifies."""
        whistles.approve(self.session, self.whistle, True, "同意", self.by(post), self.at)
        return self._on(20 * MINUTE)

    def sound(self) -> "Blowing":
        """Until it sounds: signed as its kind asks, triaged."""
        self.blow()
        if self.kind == "emergency":
            whistles.approve(self.session, self.whistle, True, "情况属实，补批", self.by("head"), self.at)
            return self._on(MINUTE)
        if self.kind == "tough":
            self.sign()
        lead, *others = [unit for unit, _ask in self.units]
        whistles.triage(self.session, self.whistle, lead, others, "", self.cast["dispatcher1"], self.at)
        return self._on(3 * MINUTE)

    def row(self, unit: str) -> Summons:
        """The department's summons as it stands."""
        return summons.summons_of(self.session, self.whistle, unit)

    def answer(self, unit: str, minutes: float) -> None:
        """The department has received it."""
        self.at += minutes * MINUTE
        summons.sign(self.session, self.whistle, self.row(unit), self.cast[f"{unit}.liaison"], self.at)
        self._on()

    def come(self, unit: str, minutes: float, post: str = "handler") -> None:
        """The department is there."""
        self.at += minutes * MINUTE
        who = self.cast[f"{unit}.{post}"]
        arrivals.check_in(self.session, self.whistle, self.row(unit), Arrival(who.name, self.place.lng, self.place.lat), who, self.at)
        self._on()

    def tell(self, unit: str) -> None:
        """What it did there."""
        ask = next(ask for code, ask in self.units if code == unit)
        summons.submit_outcome(self.session, self.whistle, self.row(unit), f"{ask}，已办好", self.cast[f"{unit}.handler"], self.at + MINUTE)
        self._on(5 * MINUTE)

    def end(self, came: Sequence[str]) -> "Blowing":
        """Results, then all may go."""
        for unit in came:
            self.tell(unit)
        if self.kind == "tough":
            self.plan(came)
        summons.release(self.session, self.whistle, whistles.summonses_of(self.session, self.whistle), self.by("head"), self.at)
        return self._on(30 * MINUTE)

    def plan(self, came: Sequence[str]) -> None:
        """The lead's plan with dates, done after two days, if they are over; the last department puts another one in charge of its step."""
        for days, unit in enumerate(came, start=3):
            ask = next(ask for code, ask in self.units if code == unit)
            step = whistle_plans.plan(
                self.session,
                self.whistle,
                self.row(unit),
                f"{ask}，建长效管理台账",
                (self.at + 2 * days * DAY).date(),
                self.cast[f"{came[0]}.head"],
                self.at,
                self.cast[f"{unit}.handler"].account_id,
            )
        mate, head = (self.cast[f"{came[-1]}.{who}"] for who in ("backup", "head"))
        whistle_plans.hand_over_step(self.session, self.whistle, step, mate.account_id, "原来的段长下周外出培训", head, self.at)
        self._on()

    def afterwards(self, number: int, now: datetime) -> None:
        """After closing, as far as time has gone: steps of the plan done, the second look, the citizens' word, a missed arrival written off."""
        steps = whistle_plans.steps_of(self.session, self.whistle)
        for step in steps:
            done = self.at + 2 * DAY
            if done < now - DAY:
                unit = next(code for code, _ask in self.units if self.row(code).id == step.summons_id)
                whistle_plans.finish(self.session, self.whistle, step, "已办好，台账建起来了", self.cast[f"{unit}.handler"], done)
        if self.kind == "tough" and self.at + 3 * DAY < now:
            whistle_plans.look_again(self.session, self.whistle, True, "又去看过，没有反复", self.by("head"), self.at + 3 * DAY)
        for ticket in tickets_of(self.session, self.whistle):
            whistle_ratings.rate(self.session, self.whistle, ticket, (5, 4, 3, 5, 2)[number % 5], min(self.at + DAY, now))
        self._on()
        if self.at + 5 * DAY < now:
            for entry in self.session.scalars(
                sa.select(LedgerEntry).where(
                    LedgerEntry.whistle_id == self.whistle.id, LedgerEntry.level == "E6", LedgerEntry.closed_at.is_(None)
                )
            ).all():
                ledger.write_off(
                    self.session, self.whistle, entry, "约谈了分管领导，记入年度考核", self.cast["supervisor1"], self.at + 5 * DAY
                )
        self._on()

    def grade(self, unit: str, grade: Grade) -> None:
        """The street's one assessment of it."""
        why = ("到得晚，催了两遍", "报到记录和现场照片") if grade.low else ("", "")
        grading.score(self.session, self.whistle, self.row(unit), grade, *why, self.by("head"), self.at)
        self._on(MINUTE)

    def _on(self, span: timedelta = timedelta()) -> "Blowing":
        settle(self.session)
        self.session.flush()
        self.at += span
        return self


def blow_whistles(play: Play, now: datetime) -> int:
    """Tell all of them. Returns how many."""
    for number, (days, kind, ending) in reversed(list(enumerate(PAST))):
        one = Blowing(play, number, kind, now - days * DAY)
        _whole(one, ending, now)
        if one.whistle.status == "closed":
            one.afterwards(number, now)
    return len(PAST) + _now(play, now)


def _whole(one: Blowing, ending: str, now: datetime) -> None:
    """From the call to the last grade."""
    one.sound()
    units = [unit for unit, _ask in one.units]
    absent = units[-1] if ending == "absent" else ""
    for unit in units:
        one.answer(unit, 2)
    if ending == "upheld":
        summons.object_to(one.session, one.whistle, one.row(units[-1]), "权责清单里没有这一项", one.cast[f"{units[-1]}.head"], one.at)
        summons.decide_objection(one.session, one.whistle, one.row(units[-1]), True, "确不归它", one.cast["dispatcher1"], one.at + MINUTE)
        units.pop()
    late = units[-1] if ending in ("late", "low", "appeal") else ""
    for place, unit in enumerate(unit for unit in units if unit not in (absent, late)):
        one.come(unit, 3 + 2 * place, "backup" if place == 1 else "handler")
    if late or absent:
        one.at = max(one.at, one.row(late or absent).check_in_due_at + 10 * MINUTE)
        if one.at > now:
            return
        live_through(one.session, one.at)
        mark_due(one.session, one.at)
        one._on()
    if late:
        one.come(late, 5)
    if one.at > now - HOUR:
        return
    came = [unit for unit in units if unit != absent]
    one.end(came)
    for unit in units:
        if unit in came[1:]:
            grading.rate_assistant(
                one.session, one.whistle, one.row(unit), 3 if unit == late else 5, "", one.cast[f"{came[0]}.head"], one.at
            )
        one.grade(unit, POOR if unit in (late, absent) and ending != "late" else FAIR if unit == late else FINE)
    if ending == "appeal":
        score = next(row for row in grading.scores_of(one.session, one.whistle) if row.speed == POOR.speed)
        grading.appeal(one.session, one.whistle, score, "同一时间在另一处抢险，有出警记录", one.cast[f"{late}.head"], one.at)
        grading.decide_appeal(one.session, one.whistle, score, FAIR, "情况属实", one.cast["dispatcher1"], one.at + HOUR)
        one._on()


def _now(play: Play, now: datetime) -> int:
    """What stands open: one in every state, an emergency in the middle of it."""
    Blowing(play, 1, "routine", now - 3 * HOUR).blow("liaison")
    Blowing(play, 6, "tough", now - 5 * HOUR, "dongmen").blow()
    Blowing(play, 4, "routine", now - 2 * HOUR).blow()
    Blowing(play, 7, "tough", now - 26 * HOUR).blow().sign()
    back = Blowing(play, 5, "routine", now - 8 * HOUR).blow()
    whistles.send_back(play.session, back.whistle, "先请物业和换热站看过再吹", play.cast["dispatcher1"], back.at)
    gone = Blowing(play, 2, "routine", now - 30 * HOUR).blow()
    whistles.withdraw(play.session, gone.whistle, "物业已经修好", gone.by("head"), gone.at)
    back._on()
    fresh = Blowing(play, 1, "routine", now - 50 * MINUTE).sound()
    fresh.answer("urban", 3)
    summons.object_to(play.session, fresh.whistle, fresh.row("market"), "油烟归生态环境部门", play.cast["market.liaison"], fresh.at)
    fresh._on()
    law = Blowing(play, 4, "enforcement", now - 40 * MINUTE).sound()
    law.come("environment", 15)
    over = Blowing(play, 3, "emergency", now - 5 * HOUR, "dongmen").sound()
    for unit, _ask in over.units:
        over.come(unit, 7)
    over.end([unit for unit, _ask in over.units])
    hot = Blowing(play, 0, "emergency", now - 33 * MINUTE).sound()
    for unit in ("power", "water", "housing", "urban"):
        hot.answer(unit, 1)
    hot.come("power", 9, "backup")
    hot.come("water", 8)
    arrivals.set_out(hot.session, hot.whistle, hot.row("housing"), 9, hot.cast["housing.handler"], now - 4 * MINUTE)
    hot._on()
    mark_due(play.session, now)
    hot._on()
    return 10
