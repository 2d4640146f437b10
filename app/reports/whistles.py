"""The report `whistles` laid out: by department inside its peer group, by street against its peers, by kind and step; what was left out and why."""

from datetime import date, datetime
from statistics import median

from sqlalchemy.orm import Session

from app.clock import local
from app.reports.escalations import group_name, group_of, owner_code, owner_name, owners_in_order
from app.reports.paper import MEAN, NOTHING, RATE, SUM, TEXT, Column, Paper, Plot, Series, Table, percent, rate_said
from app.web.i18n import format_day, later
from app.web.i18n import gettext as _
from app.web.naming import short_of
from escalation import whistle_reports as reports
from escalation.whistle_figures import OUTCOMES, STEPS, Blown, Calling, Part, Step, Whistles
from tickets import whistle_words as words
from tickets.reference import Reference, reference
from tickets.whistle_codes import KINDS

STEP_WORDS = {"sign": later("签收"), "contact": later("联系街道"), "check-in": later("报到"), "close": later("合办完")}
CALLING = (
    "called",
    "came",
    "came_late",
    "absent",
    "remote",
    "on_site",
    "minutes",
    "graded",
    "points",
    "final",
    "low",
    "appealed",
    "upheld",
    "led",
    "led_points",
)
BLOWN = ("blown", "returned", "sounded", "withdrawn", "closed", "reopened", "joint", "joint_hours", "rated", "rated_points")


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    return lay_out(session, reports.whistles(session, Part(since, until), now))


def lay_out(session: Session, found: Whistles, about: str = "") -> Paper:
    """The figures as a paper in the language of the request (Chinese outside one). `about`: what they were narrowed to."""
    names, asked = reference(session), found.asked
    tables = (_departments(found, names), _streets(found, names), _kinds(found), _steps(found))
    return Paper(
        "whistles",
        " · ".join([_("吹哨报到"), *([about] if about else [])]),
        _("%(since)s 至 %(until)s", since=format_day(asked.since, year=True), until=format_day(asked.until, year=True)),
        _("截至 %(at)s，未冻结", at=f"{local(found.as_of):%Y-%m-%d %H:%M}"),
        _facts(found),
        tables,
        _plots(tables),
        _notes(found),
        _flat(found, names),
        _data(found, names),
    )


def rates(found: Whistles) -> list[tuple[str, float | None, int, int]]:
    """The rates that matter, each with what it was divided from (domain §10)."""
    steps, blown = found.steps_by(3), found.blown_by().get((), Blown())
    shown = [(_("按时%(step)s率", step=_(STEP_WORDS[step])), *_parts(steps.get((step,), Step()))) for step in STEPS[:3]]
    return [*shown, (_("哨件办结率"), blown.closing, blown.closed, blown.stood)]


def peers(found: Whistles) -> dict[int, float]:
    """Street → whistles sounded ÷ tickets of its area, for those that had tickets."""
    blown = found.blown_by(0)
    return {street: blown.get((street,), Blown()).sounded / n for street, n in found.tickets.items() if n}


def _parts(step: Step) -> tuple[float | None, int, int]:
    return step.rate, step.on_time, step.due


def _named(prefix: str, step: Step) -> dict[str, int]:
    return {f"{prefix}_{name}": getattr(step, name) for name in OUTCOMES} | {f"{prefix}_late_all": step.late + step.overdue}


def _step_columns(step: str, word: str) -> list[Column]:
    """On time, broken, the rate of one duty; the due count is their sum."""
    return [
        Column(f"{step}_on_time", _("按时%(step)s", step=word)),
        Column(f"{step}_late_all", _("%(step)s超时", step=word)),
        Column(f"{step}_due", _("应%(step)s", step=word), SUM, (f"{step}_on_time", f"{step}_late_all")),
        Column(f"{step}_rate", _("按时%(step)s率", step=word), RATE, (f"{step}_on_time", f"{step}_due")),
    ]


def _calling_columns() -> list[Column]:
    return [
        Column("came", _("到了")),
        Column("came_late", _("其中迟到")),
        Column("absent", _("缺席")),
        Column("remote", _("其中远程")),
        Column("minutes", _("到场用时合计（分钟）")),
        Column("on_site", _("到场家次")),
        Column("mean_minutes", _("平均到场（分钟）"), MEAN, ("minutes", "on_site")),
        *_grade_columns(),
        Column("led_points", _("牵头单位打分合计（1–5）")),
        Column("led", _("牵头单位打分家次")),
        Column("mean_led", _("牵头单位平均打分"), MEAN, ("led_points", "led")),
    ]


def _grade_columns() -> list[Column]:
    return [
        Column("points", _("原分合计")),
        Column("final", _("最后得分合计")),
        Column("graded", _("打分家次")),
        Column("mean_points", _("平均原分"), MEAN, ("points", "graded")),
        Column("mean_final", _("平均最后得分"), MEAN, ("final", "graded")),
        Column("low", _("低分")),
        Column("appealed", _("申诉")),
        Column("upheld", _("申诉改分")),
    ]


def _departments(found: Whistles, names: Reference) -> Table:
    steps, callings = found.steps_by(2, 3), found.callings_by(2)
    rows = []
    for unit in owners_in_order(names, {key[0] for key in callings} | {key[0] for key in steps}):
        one = callings.get((unit,), Calling())
        rows.append(
            {
                "id": unit,
                "code": owner_code(names, unit),
                "unit": owner_name(names, unit),
                "short": _short(names, unit),
                "group": group_name(group_of(names, unit)),
                **{name: getattr(one, name) for name in CALLING},
                **{key: n for step in STEPS for key, n in _named(step, steps.get((unit, step), Step())).items()},
            }
        )
    columns = [
        Column("unit", _("单位"), TEXT),
        Column("group", _("同类组"), TEXT),
        Column("called", _("叫到")),
        *(column for step in STEPS for column in _step_columns(step, _(STEP_WORDS[step]))),
        *_calling_columns(),
    ]
    return Table("departments", _("按单位"), columns, rows, _("合计"))


def _streets(found: Whistles, names: Reference) -> Table:
    blown, callings, rate = found.blown_by(0), found.callings_by(0), peers(found)
    middle = median(rate.values()) if rate else None
    rows = []
    for street in owners_in_order(names, {key[0] for key in blown} | {key[0] for key in callings} | set(found.tickets)):
        one, call = blown.get((street,), Blown()), callings.get((street,), Calling())
        rows.append(
            {
                "id": street,
                "code": owner_code(names, street),
                "unit": owner_name(names, street),
                "short": _short(names, street),
                "tickets": found.tickets.get(int(street), 0),
                **{name: getattr(one, name) for name in BLOWN},
                "stood": one.stood,
                "middle": percent(middle),
                **{name: getattr(call, name) for name in CALLING},
            }
        )
    columns = [
        Column("unit", _("街道"), TEXT),
        Column("tickets", _("辖区工单")),
        Column("sounded", _("吹响")),
        Column("whistle_rate", _("吹哨率"), RATE, ("sounded", "tickets")),
        Column("middle", _("街道中位"), TEXT),
        Column("blown", _("起草")),
        Column("returned", _("被哨办退回")),
        Column("returned_rate", _("退回率"), RATE, ("returned", "blown")),
        Column("withdrawn", _("吹响后撤回")),
        Column("stood", _("应办结")),
        Column("closed", _("已办结")),
        Column("closing_rate", _("哨件办结率"), RATE, ("closed", "stood")),
        Column("reopened", _("找茬重开")),
        Column("joint_hours", _("合办小时合计")),
        Column("joint", _("已全部放行")),
        Column("mean_hours", _("平均合办（小时）"), MEAN, ("joint_hours", "joint")),
        Column("rated_points", _("诉求人打分合计")),
        Column("rated", _("诉求人评价")),
        Column("mean_rated", _("诉求人平均分"), MEAN, ("rated_points", "rated")),
        *_grade_columns(),
    ]
    return Table("streets", _("按街道"), columns, rows, _("合计"))


def _kinds(found: Whistles) -> Table:
    blown, callings = found.blown_by(1), found.callings_by(1)
    rows = []
    for kind in KINDS:
        one, call = blown.get((kind,), Blown()), callings.get((kind,), Calling())
        if one.blown or one.sounded or call.called:
            rows.append(
                {
                    "kind": kind,
                    "word": _(words.KIND[kind]),
                    **{name: getattr(one, name) for name in BLOWN},
                    "stood": one.stood,
                    **{name: getattr(call, name) for name in CALLING},
                }
            )
    columns = [
        Column("word", _("哨种"), TEXT),
        Column("sounded", _("吹响")),
        Column("stood", _("应办结")),
        Column("closed", _("已办结")),
        Column("closing_rate", _("哨件办结率"), RATE, ("closed", "stood")),
        Column("joint_hours", _("合办小时合计")),
        Column("joint", _("已全部放行")),
        Column("mean_hours", _("平均合办（小时）"), MEAN, ("joint_hours", "joint")),
        Column("called", _("叫到家次")),
        *_calling_columns()[:7],
    ]
    return Table("kinds", _("按哨种"), columns, rows, _("合计"))


def _steps(found: Whistles) -> Table:
    steps = found.steps_by(1, 3)
    rows = [
        {
            "kind": kind,
            "step": step,
            "word": f"{_(words.KIND[kind])} · {_(STEP_WORDS[step])}",
            **{name: getattr(steps[(kind, step)], name) for name in OUTCOMES},
        }
        for kind in KINDS
        for step in STEPS
        if (kind, step) in steps
    ]
    columns = [
        Column("word", _("时限"), TEXT),
        Column("on_time", _("按时")),
        Column("late", _("超时办了")),
        Column("overdue", _("超时没办")),
        Column("due", _("到期"), SUM, ("on_time", "late", "overdue")),
        Column("rate", _("按时率"), RATE, ("on_time", "due")),
        Column("pending", _("未到期")),
        Column("released", _("到期前放行")),
        Column("cancelled", _("不用来或撤回")),
    ]
    return Table("steps", _("按哨种和时限"), columns, rows, _("合计"))


def _facts(found: Whistles) -> list[tuple[str, str]]:
    calling, blown = found.callings_by().get((), Calling()), found.blown_by().get((), Blown())
    return [
        *((name, rate_said(share, above, below)) for name, share, above, below in rates(found)),
        (_("平均到场（分钟）"), _mean_said(calling.mean_minutes, calling.minutes, calling.on_site)),
        (_("缺席家次"), f"{calling.absent:,}（÷ {calling.called:,}）"),
        (_("平均合办（小时）"), _mean_said(blown.mean_hours, blown.joint_hours, blown.joint)),
    ]


def _mean_said(mean: float | None, above: int, below: int) -> str:
    return f"{NOTHING if mean is None else f'{mean:.1f}'}（{above:,} ÷ {below:,}）"


def _plots(tables: tuple[Table, ...]) -> list[Plot]:
    departments, streets = tables[0].rows, tables[1].rows
    came = [row["came"] - row["came_late"] for row in departments]
    late, absent = [row["came_late"] for row in departments], [row["absent"] for row in departments]
    return [
        Plot(
            "arrivals",
            _("叫到的来了没有"),
            [row["short"] for row in departments],
            [Series(_("按时到"), came), Series(_("迟到"), late, "yellow"), Series(_("缺席"), absent, "red")],
            _("按时到 %(came)s，迟到 %(late)s，缺席 %(absent)s", came=sum(came), late=sum(late), absent=sum(absent)),
        ),
        Plot(
            "streets",
            _("各街道吹响"),
            [row["short"] for row in streets],
            [Series(_("吹响"), [row["sounded"] for row in streets])],
            _("，").join(f"{row['unit']} {row['sounded']}" for row in streets),
            flip=True,
        ),
    ]


def _notes(found: Whistles) -> list[str]:
    total, calling = found.steps_by().get((), Step()), found.callings_by().get((), Calling())
    return [
        _("一次叫到 = 一个单位在一轮里被叫一次，算在叫它的那天；找茬重新吹响是新的一轮。"),
        _("应签收、应联系、应报到 = 按时 + 超时办了 + 超时没办；率为 0 ÷ 0 写“—”。超时永远算超时，后来补办也不改。"),
        _(
            "不在应办里：未到期 %(pending)s，到期前放行 %(released)s，异议成立或撤回 %(cancelled)s。",
            pending=f"{total.pending:,}",
            released=f"{total.released:,}",
            cancelled=f"{total.cancelled:,}",
        ),
        _(
            "缺席 = 报到时限过了，到现在（或放行时）也没来；迟到的另计。平均到场只算到现场的，远程报到 %(remote)s 家次不算。",
            remote=f"{calling.remote:,}",
        ),
        _("得分满分 100：速度、处置、结果各占三分之一，加分另加，最多 100。原分不改，申诉改的分写在“最后得分”。"),
        _("牵头单位给协同单位打 1 到 5，另列，不并进街道的分。街道自己先做了什么，点“吹响”和“被退回”的件数逐哨看。"),
        _(
            "哨件办结率 = 已办结 ÷（吹响 − 吹响后撤回）；吹哨率 = 吹响 ÷ 辖区工单，和同类街道的中位比：太低是没用起来，太高是常规办不动。平均合办 = 第一次吹响到全部放行，整小时。"
        ),
    ]


def _flat(found: Whistles, names: Reference) -> Table:
    rows = []
    steps = found.steps
    for street, kind, unit in sorted(
        {key[:3] for key in steps} | set(found.callings), key=lambda key: (key[0], KINDS.index(key[1]), key[2])
    ):
        one = found.callings.get((street, kind, unit), Calling())
        rows.append(
            {
                "since": found.asked.since.isoformat(),
                "until": found.asked.until.isoformat(),
                "street": _code(names, street),
                "kind": kind,
                "unit_code": _code(names, unit),
                "unit": owner_name(names, unit),
                **{name: getattr(one, name) for name in CALLING},
                **{key: n for step in STEPS for key, n in _named(step, steps.get((street, kind, unit, step), Step())).items()},
            }
        )
    columns = [
        Column("since", _("从"), TEXT),
        Column("until", _("到"), TEXT),
        Column("street", _("街道代码"), TEXT),
        Column("kind", _("哨种代码"), TEXT),
        Column("unit_code", _("单位代码"), TEXT),
        Column("unit", _("单位"), TEXT),
        Column("called", _("叫到")),
        *(column for step in STEPS for column in _step_columns(step, _(STEP_WORDS[step]))),
        *_calling_columns(),
    ]
    return Table("flat", _("街道 × 哨种 × 单位"), columns, rows)


def _data(found: Whistles, names: Reference) -> dict:
    def step(one: Step) -> dict:
        return {name: getattr(one, name) for name in OUTCOMES} | {"due": one.due, "on_time_rate": one.rate}

    def calling(one: Calling) -> dict:
        return {name: getattr(one, name) for name in CALLING} | {
            "mean_minutes": one.mean_minutes,
            "mean_points": one.mean_points,
            "mean_final": one.mean_final,
            "mean_led": one.mean_led,
        }

    def blown(one: Blown) -> dict:
        return {name: getattr(one, name) for name in BLOWN} | {
            "stood": one.stood,
            "closing_rate": one.closing,
            "mean_hours": one.mean_hours,
            "mean_rated": one.mean_rated,
        }

    rate, steps, callings = peers(found), found.steps_by(2, 3), found.callings_by(2)
    streets = {key[0] for key in found.blown} | set(found.tickets)
    return {
        "report": "whistles",
        "from": found.asked.since.isoformat(),
        "to": found.asked.until.isoformat(),
        "as_of": local(found.as_of).isoformat(),
        "frozen": False,
        "total": {
            **blown(found.blown_by().get((), Blown())),
            **calling(found.callings_by().get((), Calling())),
            "steps": {key[0]: step(one) for key, one in sorted(found.steps_by(3).items())},
        },
        "by_department": [
            {
                "unit": _code(names, unit),
                "name": owner_name(names, unit),
                "peers": group_of(names, unit),
                **calling(callings.get((unit,), Calling())),
                "steps": {name: step(steps[(unit, name)]) for name in STEPS if (unit, name) in steps},
            }
            for unit in owners_in_order(names, {key[0] for key in callings})
        ],
        "by_street": [
            {
                "street": _code(names, street),
                "name": owner_name(names, street),
                "tickets": found.tickets.get(int(street), 0),
                "whistle_rate": rate.get(int(street)),
                "whistle_rate_median": median(rate.values()) if rate else None,
                **blown(found.blown_by(0).get((street,), Blown())),
                "grades": calling(found.callings_by(0).get((street,), Calling())),
            }
            for street in owners_in_order(names, streets)
        ],
        "by_kind": [
            {
                "kind": kind,
                **blown(found.blown_by(1).get((kind,), Blown())),
                "steps": {key[1]: step(one) for key, one in sorted(found.steps_by(1, 3).items()) if key[0] == kind},
            }
            for kind in KINDS
        ],
        "notes": _notes(found),
    }


def _short(names: Reference, unit) -> str:
    found = names.units.get(unit)
    return short_of(found) if found else NOTHING


def _code(names: Reference, unit) -> str:
    found = names.units.get(unit)
    return found.code if found else str(unit)
