"""The report `escalations` laid out: by unit inside its peer group, by limit, by step, how late, day by day; what was left out and why."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports.headings import days_said, json_head, made_said, titled
from app.reports.owners import group_name, group_of, owner_code, owner_name, owners_in_order
from app.reports.paper import COUNT, RATE, SUM, TEXT, Column, Paper, Plot, Series, Table, rate_said
from app.web.i18n import gettext as _
from app.web.i18n import later
from escalation import reports
from escalation import words as time_words
from escalation.reports import CENTRE, CITIZEN, EXCLUDED, LATE_BY, Asked, Escalations, Owner, StepTally, Tally
from tickets.reference import Reference, reference

LEVELS = ("E0", "E1", "E2", "E3", "E4", "E5", "E6", "E7")
LATE_WORDS = (
    later("15 分钟以内"),
    later("15 至 60 分钟"),
    later("1 至 4 小时"),
    later("4 至 24 小时"),
    later("1 至 3 天"),
    later("3 至 7 天"),
    later("7 天以上"),
)
APART = {
    "paused": later("暂停中，还没到期"),
    "pending": later("还没到期"),
    "cancelled": later("已撤销（撤回、并案、不予受理等）"),
    "released": later("到期前已转出"),
}
FIGURES = ("on_time", "late", "overdue", "carried", *EXCLUDED)
STEP_FIGURES = ("taken", "late", "cards", "open", "cleared", "written_off")


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    return lay_out(session, reports.escalations(session, Asked(since, until), now))


def lay_out(session: Session, found: Escalations, about: str = "") -> Paper:
    """The figures as a paper in the language of the request (Chinese outside one). `about`: what they were narrowed to."""
    names, total, asked = reference(session), found.total(), found.asked
    tables = (_by_unit(found, names), _by_limit(found), _by_step(found), _how_late(total), _by_day(found))
    return Paper(
        "escalations",
        titled(_("升级与红黄牌"), about),
        days_said(asked.since, asked.until),
        made_said(found.as_of),
        _facts(found),
        tables,
        _plots(found, tables),
        _notes(total),
        _flat(found, names),
        _data(found, names),
    )


def limit_name(code: str) -> str:
    return _(time_words.LIMIT.get(code, code))


def figures_of(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in FIGURES}


def figure_columns() -> list[Column]:
    """The columns every table of clocks has; what is summed or divided is named, so that a spreadsheet can do it again."""
    return [
        Column("counted", _("到期"), SUM, ("on_time", "late", "overdue")),
        Column("on_time", _("按时")),
        Column("late", _("超期办结")),
        Column("overdue", _("超期未办")),
        Column("rate", _("按时率"), RATE, ("on_time", "counted")),
        Column("carried", _("往期未办")),
        Column("standing", _("此刻超期"), SUM, ("overdue", "carried")),
    ]


def excluded_columns() -> list[Column]:
    return [Column("paused", _("暂停")), Column("pending", _("未到期")), Column("cancelled", _("已撤销")), Column("released", _("已转出"))]


def level_name(level: str) -> str:
    return f"{level} {_(time_words.LEVEL.get(level, level))}" if level.startswith("E") else _("超期记录")


def _by_unit(found: Escalations, names: Reference) -> Table:
    owners, levels = found.by_owner(), found.levels_of()
    stepped: list[Owner] = [CENTRE if unit is None else unit for unit in levels]
    rows = []
    for owner in owners_in_order(names, {*owners, *stepped}):
        taken = levels.get(owner if isinstance(owner, int) else None, {}) if owner != CITIZEN else {}
        rows.append(
            {
                "owner": owner,
                "code": owner_code(names, owner),
                "unit": owner_name(names, owner),
                "group": group_name(group_of(names, owner)),
                **figures_of(owners.get(owner, Tally())),
                **{level: taken.get(level, 0) for level in LEVELS},
            }
        )
    columns = [
        Column("unit", _("单位"), TEXT),
        Column("group", _("同类组"), TEXT),
        *figure_columns(),
        *(Column(level, level_name(level)) for level in LEVELS),
        *excluded_columns(),
    ]
    return Table("units", _("按单位"), columns, rows, _("合计"))


def _by_limit(found: Escalations) -> Table:
    rows = [
        {"code": code, "limit": limit_name(code), **figures_of(tally)}
        for code, tally in sorted(found.by_limit().items(), key=lambda pair: (-pair[1].counted, pair[0]))
    ]
    return Table("limits", _("按时限"), [Column("limit", _("时限"), TEXT), *figure_columns(), *excluded_columns()], rows, _("合计"))


def _by_step(found: Escalations) -> Table:
    rows = [
        {
            "level": level,
            "step": step,
            "level_name": level_name(level),
            "step_name": _(time_words.STEP.get(step, step)),
            **_step_figures(one),
        }
        for (level, step), one in found.by_step().items()
    ]
    columns = [
        Column("level_name", _("级别"), TEXT),
        Column("step_name", _("步骤"), TEXT),
        Column("taken", _("次数")),
        Column("late", _("其中补走")),
        Column("cards", _("亮牌")),
        Column("open", _("未摘")),
        Column("cleared", _("已摘牌")),
        Column("written_off", _("已销账")),
    ]
    return Table("steps", _("按级别和步骤"), columns, rows, _("合计"))


def _how_late(total: Tally) -> Table:
    rows = [{"bucket": at, "span": _(LATE_WORDS[at]), "clocks": n} for at, n in enumerate(total.late_by)]
    return Table("lateness", _("迟了多久"), [Column("span", _("迟了多久"), TEXT), Column("clocks", _("超期件数"), COUNT)], rows, _("合计"))


def _by_day(found: Escalations) -> Table:
    rows = [{"day": day.isoformat(), **figures_of(tally)} for day, tally in found.days.items()]
    columns = [
        Column("day", _("到期日"), TEXT),
        *(column for column in figure_columns() if column.key not in ("carried", "standing")),
        *excluded_columns(),
    ]
    return Table("days", _("按天"), columns, rows, _("合计"))


def _facts(found: Escalations) -> list[tuple[str, str]]:
    total, owners = found.total(), found.by_owner()
    citizen, units = owners.get(CITIZEN, Tally()), [tally for owner, tally in owners.items() if isinstance(owner, int)]
    kept, due = sum(one.on_time for one in units), sum(one.counted for one in units)
    steps = found.by_step()
    return [
        (_("对市民的承诺按时率"), rate_said(citizen.rate, citizen.on_time, citizen.counted)),
        (_("单位时限按时率"), rate_said(kept / due if due else None, kept, due)),
        (_("此刻仍超期（含往期）"), f"{total.standing:,}"),
        (_("走过的步骤"), f"{sum(one.taken for one in steps.values()):,}"),
        (_("亮牌"), f"{sum(one.cards for one in steps.values()):,}"),
    ]


def _plots(found: Escalations, tables: tuple[Table, ...]) -> list[Plot]:
    _units, _limits, steps, lateness, days = tables
    kept, broken = [tally.on_time for tally in found.days.values()], [tally.breached for tally in found.days.values()]
    levels: dict[str, int] = dict.fromkeys(LEVELS, 0)
    for row in steps.rows:
        if row["level"] in levels:
            levels[row["level"]] += row["taken"]
    late = [row["clocks"] for row in lateness.rows]
    return [
        Plot(
            "days",
            _("每天到期的时限"),
            [row["day"][5:] for row in days.rows],
            [Series(_("按时"), kept), Series(_("超期"), broken, "red")],
            _("共 %(days)s 天有到期：按时 %(kept)s，超期 %(broken)s", days=len(kept), kept=sum(kept), broken=sum(broken)),
        ),
        Plot(
            "levels",
            _("走到哪一级"),
            [level_name(level) for level in LEVELS],
            [Series(_("次数"), list(levels.values()))],
            _("，").join(f"{level_name(level)} {n}" for level, n in levels.items()),
            flip=True,
        ),
        Plot(
            "lateness",
            _("超期的迟了多久"),
            [_(word) for word in LATE_WORDS],
            [Series(_("超期件数"), late, "red")],
            _("，").join(f"{_(word)} {n}" for word, n in zip(LATE_WORDS, late, strict=True)),
            flip=True,
        ),
    ]


def _notes(total: Tally) -> list[str]:
    return [
        _("计的是时限（时钟），不是工单：一件工单有几个时限。窗口（申请退单等）只关门，不计。24:00 到期算当天。"),
        _(
            "到期 = 按时 + 超期办结 + 超期未办；按时率 = 按时 ÷ 到期，到期为 0 写“—”。还开着的超期件永远在分母里；超期永远算超期，后来办结也不改。"
        ),
        _("往期未办 = 本期以前到期、此刻还没办结；此刻超期 = 超期未办 + 往期未办。"),
        _("不在到期里：") + _("；").join(f"{_(word)} {getattr(total, name):,}" for name, word in APART.items()),
        _("步骤按实际走的时刻计；补走 = 比应走的时刻晚 1 分钟以上。单位时限里的“本单位答复”是承诺在本单位手里的那一段，各算各的。"),
    ]


def _flat(found: Escalations, names: Reference) -> Table:
    rows = []
    for owner in owners_in_order(names, found.by_owner()):
        for (of, code), tally in sorted(found.clocks.items(), key=lambda pair: pair[0][1]):
            if of == owner:
                rows.append(
                    {
                        "since": found.asked.since.isoformat(),
                        "until": found.asked.until.isoformat(),
                        "unit_code": owner_code(names, owner),
                        "unit": owner_name(names, owner),
                        "group": group_name(group_of(names, owner)),
                        "code": code,
                        "limit": limit_name(code),
                        **figures_of(tally),
                        **{f"late_{at}": n for at, n in enumerate(tally.late_by)},
                    }
                )
    columns = [
        Column("since", _("从"), TEXT),
        Column("until", _("到"), TEXT),
        Column("unit_code", _("单位代码"), TEXT),
        Column("unit", _("单位"), TEXT),
        Column("group", _("同类组"), TEXT),
        Column("code", _("时限代码"), TEXT),
        Column("limit", _("时限"), TEXT),
        *figure_columns(),
        *excluded_columns(),
        *(Column(f"late_{at}", _("迟 %(span)s", span=_(word))) for at, word in enumerate(LATE_WORDS)),
    ]
    return Table("flat", _("单位 × 时限"), columns, rows)


def _data(found: Escalations, names: Reference) -> dict:
    owners, total = found.by_owner(), found.total()
    return {
        **json_head("escalations", found.asked.since, found.asked.until, found.as_of),
        "frozen": False,
        "late_by_minutes": [*LATE_BY, None],
        "total": _tally_data(total),
        "by_unit": [
            {
                "unit": owner_code(names, owner),
                "name": owner_name(names, owner),
                "peers": group_of(names, owner),
                **_tally_data(owners[owner]),
            }
            for owner in owners_in_order(names, owners)
        ],
        "by_limit": [{"code": code, **_tally_data(one)} for code, one in sorted(found.by_limit().items())],
        "by_unit_and_limit": [
            {"unit": owner_code(names, owner), "code": code, **_tally_data(one)}
            for (owner, code), one in sorted(found.clocks.items(), key=lambda pair: (owner_code(names, pair[0][0]), pair[0][1]))
        ],
        "steps": [
            {"unit": owner_code(names, unit), "code": code, "level": level, "step": step, **_step_figures(one)}
            for (unit, code, level, step), one in sorted(
                found.steps.items(), key=lambda pair: (owner_code(names, pair[0][0]), *pair[0][1:])
            )
        ],
        "by_day": [{"day": day.isoformat(), **_tally_data(one)} for day, one in found.days.items()],
        "notes": _notes(total),
    }


def _tally_data(one: Tally) -> dict:
    return {
        "due": one.counted,
        "on_time": one.on_time,
        "closed_late": one.late,
        "open_overdue": one.overdue,
        "on_time_rate": one.rate,
        "carried_over": one.carried,
        "standing_overdue": one.standing,
        "excluded": {name: getattr(one, name) for name in EXCLUDED},
        "late_by": one.late_by,
    }


def _step_figures(one: StepTally) -> dict[str, int]:
    return {name: getattr(one, name) for name in STEP_FIGURES}
