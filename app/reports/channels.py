"""The report `channels`: what came in by channel, what became of it, what kind it was; the three always add up to the same (R06)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports.gathered import Gathered, data_head, fact, figure_columns, flat_of, formulas, gather, value_data
from app.reports.headings import titled
from app.reports.paper import LESS, RATE, SUM, TEXT, Column, Paper, Plot, Series, Table
from app.web.i18n import gettext as _
from escalation.metrics import asking
from escalation.metrics.asking import Figures, Period
from escalation.metrics.figures import OUTCOMES, TYPES
from escalation.metrics.table import BY_CODE
from tickets import codes, words

CODES = ("answered-calls", "answered-in-15s", "direct", "at-once", "accepted-in-time", "repeated", "proactive")


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    asked = Period(since, until)
    return lay_out(gather(session, asked, now), by_channel(session, asked, now))


def by_channel(session: Session, asked: Period, now: datetime) -> dict[str, Figures]:
    """Channel → its figures, in the order people know the channels; those without any are left out."""
    found = {key[0]: one for key, one in asking.figures_by(session, asked, now, asking.BY_CHANNEL).items()}
    return {channel: found[channel] for channel in codes.CHANNELS if channel in found and found[channel]["received"]}


def lay_out(found: Gathered, channels: dict[str, Figures], about: str = "") -> Paper:
    """The figures as a paper in the language of the request. `about`: what they were narrowed to."""
    tables = [_outcomes(channels), _types(channels), _intake(channels)]
    total = found.total()
    facts = [
        (_("受理"), f"{total.get('received', 0):,}"),
        *(fact(_(BY_CODE[code].name), found.value(code)) for code in ("direct", "accepted-in-time", "answered-calls", "proactive")),
    ]
    received = [one["received"] for one in channels.values()]
    plots = [
        Plot(
            "channels",
            _("各渠道受理"),
            [_(words.CHANNEL[channel]) for channel in channels],
            [Series(_("受理"), received)],
            _("，").join(f"{_(words.CHANNEL[channel])} {one['received']}" for channel, one in channels.items()),
            flip=True,
        )
    ]
    notes = [
        _("每件工单在一条渠道、一个结果、一个类型里各算一次：受理 = 各渠道合计 = 各结果合计 = 各类型合计，差数一栏恒为 0。"),
        _("并入他件的也是一件受理，结果单列；它的评价和答复照样有。"),
        *formulas(found, *CODES),
    ]
    return Paper(
        "channels",
        titled(_("渠道对账"), about),
        found.period,
        found.made,
        facts,
        tables,
        plots,
        notes,
        flat_of(found, tables[0]),
        _data(found, channels),
    )


def _rows(channels: dict[str, Figures], names: tuple[str, ...]) -> list[dict]:
    return [
        {
            "channel": channel,
            "code": channel,
            "word": _(words.CHANNEL[channel]),
            "received": one["received"],
            **{name: one[name] for name in names},
        }
        for channel, one in channels.items()
    ]


def _outcomes(channels: dict[str, Figures]) -> Table:
    columns = [
        Column("word", _("渠道"), TEXT),
        Column("received", _("受理")),
        *figure_columns(*OUTCOMES),
        Column("sum", _("结果合计"), SUM, OUTCOMES),
        Column("difference", _("差数"), LESS, ("received", "sum")),
    ]
    return Table("channels", _("渠道和结果"), columns, _rows(channels, OUTCOMES), _("合计"))


def _types(channels: dict[str, Figures]) -> Table:
    columns = [
        Column("word", _("渠道"), TEXT),
        Column("received", _("受理")),
        *figure_columns(*TYPES),
        Column("sum", _("类型合计"), SUM, TYPES),
        Column("difference", _("差数"), LESS, ("received", "sum")),
    ]
    return Table("types", _("渠道和类型"), columns, _rows(channels, TYPES), _("合计"))


def _intake(channels: dict[str, Figures]) -> Table:
    names = ("outcome_direct", "at_once", "accept_met", "accept_due", "repeated", "from_firm")
    columns = [
        Column("word", _("渠道"), TEXT),
        Column("received", _("受理")),
        *figure_columns("outcome_direct"),
        Column("direct_rate", _("直办率"), RATE, ("outcome_direct", "received")),
        *figure_columns("at_once"),
        Column("at_once_rate", _("前台即时办结率"), RATE, ("at_once", "received")),
        *figure_columns("accept_met", "accept_due"),
        Column("accept_rate", _("及时受理率"), RATE, ("accept_met", "accept_due")),
        *figure_columns("repeated"),
        Column("repeated_rate", _("重复诉求率"), RATE, ("repeated", "received")),
        *figure_columns("from_firm"),
    ]
    return Table("intake", _("直办、及时、重复"), columns, _rows(channels, names), _("合计"))


def _data(found: Gathered, channels: dict[str, Figures]) -> dict:
    def row(figures: Figures) -> dict:
        return {
            "received": figures.get("received", 0),
            "outcomes": {name.removeprefix("outcome_"): figures.get(name, 0) for name in OUTCOMES},
            "types": {name.removeprefix("type_"): figures.get(name, 0) for name in TYPES},
        }

    return {
        **data_head("channels", found),
        "total": row(found.total()),
        "metrics": {code: value_data(found.value(code)) for code in CODES},
        "by_channel": [{"channel": channel, **row(one)} for channel, one in channels.items()],
    }
