"""The report `whistles` laid out: its tables, what stands on top, the bars, what was left out and why."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports.headings import days_said, made_said, titled
from app.reports.paper import NOTHING, Paper, Plot, Series, Table, rate_said
from app.reports.whistle_data import data_of
from app.reports.whistle_tables import STEP_WORDS, departments, flat, kinds, steps, streets
from app.web.i18n import aside
from app.web.i18n import gettext as _
from escalation import whistle_reports as reports
from escalation.whistle_figures import STEPS, Blown, Calling, Part, Step, Whistles
from tickets.reference import reference


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    return lay_out(session, reports.whistles(session, Part(since, until), now))


def lay_out(session: Session, found: Whistles, about: str = "") -> Paper:
    """The figures as a paper in the language of the request (Chinese outside one). `about`: what they were narrowed to."""
    names, notes = reference(session), _notes(found)
    tables = (departments(found, names), streets(found, names), kinds(found), steps(found))
    return Paper(
        "whistles",
        titled(_("吹哨报到"), about),
        days_said(found.asked.since, found.asked.until),
        made_said(found.as_of),
        _facts(found),
        tables,
        _plots(tables),
        notes,
        flat(found, names),
        data_of(found, names, notes),
    )


def rates(found: Whistles) -> list[tuple[str, float | None, int, int]]:
    """The rates that matter, each with what it was divided from (domain §10)."""
    by_step, blown = found.steps_by(3), found.blown_by().get((), Blown())
    shown = []
    for step in STEPS[:3]:
        one = by_step.get((step,), Step())
        shown.append((_("按时%(step)s率", step=_(STEP_WORDS[step])), one.rate, one.on_time, one.due))
    return [*shown, (_("哨件办结率"), blown.closing, blown.closed, blown.stood)]


def _facts(found: Whistles) -> list[tuple[str, str]]:
    calling, blown = found.callings_by().get((), Calling()), found.blown_by().get((), Blown())
    return [
        *((name, rate_said(share, above, below)) for name, share, above, below in rates(found)),
        (_("平均到场（分钟）"), _mean_said(calling.mean_minutes, calling.minutes, calling.on_site)),
        (_("缺席家次"), f"{calling.absent:,}" + aside(f"÷ {calling.called:,}")),
        (_("平均合办（小时）"), _mean_said(blown.mean_hours, blown.joint_hours, blown.joint)),
    ]


def _mean_said(mean: float | None, above: int, below: int) -> str:
    return (NOTHING if mean is None else f"{mean:.1f}") + aside(f"{above:,} ÷ {below:,}")


def _plots(tables: tuple[Table, ...]) -> list[Plot]:
    units, places = tables[0].rows, tables[1].rows
    came = [row["came"] - row["came_late"] for row in units]
    late, absent = [row["came_late"] for row in units], [row["absent"] for row in units]
    return [
        Plot(
            "arrivals",
            _("叫到的来了没有"),
            [row["short"] for row in units],
            [Series(_("按时到"), came), Series(_("迟到"), late, "yellow"), Series(_("缺席"), absent, "red")],
            _("按时到 %(came)s，迟到 %(late)s，缺席 %(absent)s", came=sum(came), late=sum(late), absent=sum(absent)),
        ),
        Plot(
            "streets",
            _("各街道吹响"),
            [row["short"] for row in places],
            [Series(_("吹响"), [row["sounded"] for row in places])],
            _("，").join(f"{row['unit']} {row['sounded']}" for row in places),
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
