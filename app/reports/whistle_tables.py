"""The tables of the report `whistles`: by department inside its peer group, by street against its peers, by kind and step; all of it flat."""

from dataclasses import asdict
from statistics import median

from app.reports.owners import group_name, group_of, owner_code, owner_name, owners_in_order
from app.reports.paper import MEAN, NOTHING, RATE, SUM, TEXT, Column, Table, percent
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import short_of
from escalation.whistle_figures import STEPS, Blown, Calling, Step, Whistles
from tickets import whistle_words as words
from tickets.reference import Reference
from tickets.whistle_codes import KINDS

STEP_WORDS = {"sign": later("签收"), "contact": later("联系街道"), "check-in": later("报到"), "close": later("合办完")}


def departments(found: Whistles, names: Reference) -> Table:
    """Every department that was called, beside its like."""
    by_step, callings = found.steps_by(2, 3), found.callings_by(2)
    rows = []
    for unit in owners_in_order(names, {key[0] for key in callings} | {key[0] for key in by_step}):
        one = callings.get((unit,), Calling())
        rows.append(
            {
                **_who(names, unit),
                "group": group_name(group_of(names, unit)),
                **asdict(one),
                **_step_cells({step: by_step.get((unit, step), Step()) for step in STEPS}),
            }
        )
    columns = [
        Column("unit", _("单位"), TEXT),
        Column("group", _("同类组"), TEXT),
        Column("called", _("叫到")),
        *_step_columns(),
        *_calling_columns(),
    ]
    return Table("departments", _("按单位"), columns, rows, _("合计"))


def streets(found: Whistles, names: Reference) -> Table:
    """Every street that blew or had tickets, against the median of its peers."""
    blown, callings, rate = found.blown_by(0), found.callings_by(0), peers(found)
    middle = median(rate.values()) if rate else None
    rows = []
    for street in owners_in_order(names, {key[0] for key in blown} | {key[0] for key in callings} | set(found.tickets)):
        one, call = blown.get((street,), Blown()), callings.get((street,), Calling())
        tickets = found.tickets.get(int(street), 0)
        rows.append({**_who(names, street), "tickets": tickets, **blown_cells(one), "middle": percent(middle), **asdict(call)})
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


def kinds(found: Whistles) -> Table:
    """Every kind of whistle that was blown."""
    blown, callings = found.blown_by(1), found.callings_by(1)
    rows = []
    for kind in KINDS:
        one, call = blown.get((kind,), Blown()), callings.get((kind,), Calling())
        if one.blown or one.sounded or call.called:
            rows.append({"kind": kind, "word": _(words.KIND[kind]), **blown_cells(one), **asdict(call)})
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


def steps(found: Whistles) -> Table:
    """Every limit of every kind: kept, broken, and what was left out."""
    by_step = found.steps_by(1, 3)
    rows = [
        {"kind": kind, "step": step, "word": f"{_(words.KIND[kind])} · {_(STEP_WORDS[step])}", **asdict(by_step[(kind, step)])}
        for kind in KINDS
        for step in STEPS
        if (kind, step) in by_step
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


def flat(found: Whistles, names: Reference) -> Table:
    """Every figure of departments in one table, for machines."""
    rows = []
    for street, kind, unit in sorted(
        {key[:3] for key in found.steps} | set(found.callings), key=lambda key: (key[0], KINDS.index(key[1]), key[2])
    ):
        one = found.callings.get((street, kind, unit), Calling())
        rows.append(
            {
                "since": found.asked.since.isoformat(),
                "until": found.asked.until.isoformat(),
                "street": owner_code(names, street),
                "kind": kind,
                "unit_code": owner_code(names, unit),
                "unit": owner_name(names, unit),
                **asdict(one),
                **_step_cells({step: found.steps.get((street, kind, unit, step), Step()) for step in STEPS}),
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
        *_step_columns(),
        *_calling_columns(),
    ]
    return Table("flat", _("街道 × 哨种 × 单位"), columns, rows)


def peers(found: Whistles) -> dict[int, float]:
    """Street → whistles sounded ÷ tickets of its area, for those that had tickets."""
    blown = found.blown_by(0)
    return {street: blown.get((street,), Blown()).sounded / n for street, n in found.tickets.items() if n}


def blown_cells(one: Blown) -> dict[str, int]:
    """What a street's whistles came to, with those that can be closed."""
    return asdict(one) | {"stood": one.stood}


def _who(names: Reference, unit) -> dict:
    found = names.units.get(unit)
    short = short_of(found) if found else NOTHING
    return {"id": unit, "code": owner_code(names, unit), "unit": owner_name(names, unit), "short": short}


def _step_cells(of_steps: dict[str, Step]) -> dict[str, int]:
    """The cells `_step_columns` wants, and those of every other outcome."""
    cells: dict[str, int] = {}
    for step, one in of_steps.items():
        cells |= {f"{step}_{name}": n for name, n in asdict(one).items()} | {f"{step}_late_all": one.late + one.overdue}
    return cells


def _step_columns() -> list[Column]:
    """On time, broken, the rate of every duty; the due count is their sum."""
    columns = []
    for step, word in ((step, _(STEP_WORDS[step])) for step in STEPS):
        columns += [
            Column(f"{step}_on_time", _("按时%(step)s", step=word)),
            Column(f"{step}_late_all", _("%(step)s超时", step=word)),
            Column(f"{step}_due", _("应%(step)s", step=word), SUM, (f"{step}_on_time", f"{step}_late_all")),
            Column(f"{step}_rate", _("按时%(step)s率", step=word), RATE, (f"{step}_on_time", f"{step}_due")),
        ]
    return columns


def _calling_columns() -> list[Column]:
    return [
        Column("came", _("来了")),
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
