"""The table of metrics: every one a pure function with its formula; the seeds' own figures come out; nothing over nothing; peers, ties, tiers, small cells."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from app.errors import Invalid
from app.reports import channels, units
from app.reports.gathered import Gathered
from app.reports.lines import wrapped
from app.reports.pages import WIDE, _bands
from app.reports.paper import Column, percent
from escalation.metrics import ranking
from escalation.metrics.asking import Period
from escalation.metrics.figures import FIGURES, OUTCOMES, TYPES, WORDS
from escalation.metrics.settings import ReportSettings
from escalation.metrics.table import BY_CODE, GROUP_WORDS, METRICS, THREE_RATES
from escalation.metrics.values import Value, composite, meets

ROWS_OF_NO_TICKET = {
    "calls_incoming",
    "calls_answered",
    "calls_in_15s",
    "callbacks_due",
    "callbacks_answered",
    "quality_settled",
    "quality_accurate",
    "awareness_asked",
    "awareness_aware",
    "articles_updated",
    "whistle_check_in_due",
    "whistle_check_in_met",
    "whistles_sounded",
    "whistles_stood",
    "whistles_closed",
    "street_tickets",
    "patrols_due",
    "patrols_kept",
}
SEEDS = [  # metric, figures, how the founding documents say it
    ("good", {"good": 8951, "ratings": 9021}, "99.22%"),
    ("closed", {"closed_on_time": 1600, "closed_late": 115, "due": 2274}, "75.42%"),
    ("closed-on-time", {"closed_on_time": 597, "due": 601}, "99.33%"),
    ("direct", {"outcome_direct": 6673, "received": 8947}, "74.58%"),
]


@pytest.mark.parametrize(("code", "figures", "said"), SEEDS, ids=[seed[0] for seed in SEEDS])
def test_the_seeds_figures_come_out(code, figures, said):
    assert percent(BY_CODE[code].of(figures).share) == said


def test_thirty_five_by_channel_are_thirty_five_by_outcome():
    """R06: 3 by voice and 32 by WeChat are 8 settled and 27 consultations, in the report that reconciles them."""
    voice = dict.fromkeys((*OUTCOMES, *TYPES, "at_once", "accept_met", "accept_due", "repeated", "from_firm"), 0) | {
        "received": 3,
        "outcome_closed": 2,
        "outcome_direct": 1,
        "type_help": 2,
        "type_consult": 1,
    }
    wechat = voice | {"received": 32, "outcome_closed": 6, "outcome_direct": 26, "type_help": 6, "type_consult": 26}
    day = datetime(2020, 6, 30, tzinfo=UTC)
    found = Gathered(
        Period(date(2020, 1, 1), date(2020, 6, 30)),
        day,
        {0: {name: voice[name] + wechat[name] for name in voice}},
        None,
        0,
        ReportSettings(),
        None,
    )
    paper = channels.lay_out(found, {"phone": voice, "wechat": wechat})
    outcomes, types = paper.table("channels"), paper.table("types")
    assert {row["code"]: row["received"] for row in outcomes.rows} == {"phone": 3, "wechat": 32}
    assert (
        outcomes.sums()["received"],
        outcomes.sums()["outcome_closed"],
        outcomes.sums()["outcome_direct"],
        types.sums()["type_consult"],
    ) == (35, 8, 27, 27)
    assert [table.value(row, table.column("difference")) for table in (outcomes, types) for row in (*table.rows, table.sums())] == [0] * 6


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.code)
def test_every_metric_names_its_formula_and_counts_figures_there_are(metric):
    assert metric.formula
    assert metric.source
    assert metric.group in GROUP_WORDS
    assert {*metric.above, *metric.below, *metric.excluded} <= {*FIGURES, *ROWS_OF_NO_TICKET}
    assert metric.of({}).share is None, "over nothing there is no rate"
    assert metric.of(dict.fromkeys(metric.above, 3) | dict.fromkeys(metric.below, 4)).numerator == 3 * len(metric.above)


def test_a_metric_keeps_what_was_left_out_beside_it():
    value = BY_CODE["closed"].of({"closed_on_time": 3, "due": 4, "excluded_wrong": 2})
    assert (value.numerator, value.denominator, value.excluded["excluded_wrong"], value.excluded["paused"]) == (3, 4, 2, 0)


def test_figures_have_words_and_parts_that_add_up():
    assert all(WORDS.values())
    assert len(set(FIGURES)) == len(FIGURES)
    assert (len(OUTCOMES), len(TYPES)) == (7, 7)


def test_a_line_is_reached_from_the_right_side():
    assert meets(BY_CODE["closed-on-time"], Value(95, 100)) is True
    assert meets(BY_CODE["closed-on-time"], Value(94, 100)) is False
    assert meets(BY_CODE["closed-on-time"], Value(0, 0)) is None
    assert meets(BY_CODE["good"], Value(1, 2)) is None


def test_the_composite_weighs_three_rates_and_is_silent_when_one_is():
    weights = ReportSettings().weights
    assert composite(dict(zip(THREE_RATES, (1.0, 0.8, 0.6), strict=True)), weights) == pytest.approx(0.30 + 0.28 + 0.21)
    assert composite({"response": 1.0, "resolution": None, "satisfaction": 1.0}, weights) is None
    assert composite({}, weights) is None


def test_equal_figures_share_a_rank():
    assert ranking.ranks({"a": 0.9, "b": 0.95, "c": 0.9, "d": None, "e": 0.5}) == {"b": 1, "a": 2, "c": 2, "e": 4}
    assert ranking.ranks({"a": 3, "b": 1, "c": 1}, low=True) == {"b": 1, "c": 1, "a": 3}


def test_a_unit_looked_at_alone_stands_among_its_peers():
    names = SimpleNamespace(units={n: SimpleNamespace(id=n, kind="street", path=f"city.{n}") for n in (1, 2, 3)})
    better, worse = (
        {
            "due": 40,
            "contacted_asked": 9,
            "contacted_yes": 9,
            "solved_asked": 9,
            "solved_yes": yes,
            "satisfied_asked": 9,
            "satisfied_yes": 9,
        }
        for yes in (9, 5)
    )
    found = Gathered(
        Period(date(2026, 8, 1), date(2026, 8, 31), units=(2,)),
        datetime(2026, 9, 1, tzinfo=UTC),
        {2: worse},
        None,
        0,
        ReportSettings(),
        names,
        {1: better, 3: better},
    )
    assert (units.stand(found)[2].rank, list(found.groups()), found.total()["due"]) == (3, ["street"], 40)


def test_tiers_are_read_from_their_lower_lines():
    lines = (0.95, 0.85, 0.70)
    assert [ranking.tier(value, lines) for value in (1.0, 0.95, 0.9, 0.7, 0.69, None)] == [
        "excellent",
        "excellent",
        "good",
        "fair",
        "poor",
        "",
    ]


def test_red_and_black_lists_hold_at_most_five_and_half_the_group():
    group = {name: value / 10 for value, name in enumerate("abcdefghijklmn")}
    assert ranking.top(group) == ["n", "m", "l", "k", "j"]
    assert ranking.bottom(group) == ["a", "b", "c", "d", "e"]
    assert (ranking.top({"a": 1.0, "b": 0.5}), ranking.bottom({"a": 1.0, "b": 0.5}), ranking.bottom({"a": 0.4})) == (["a"], ["b"], [])
    assert set(ranking.top({"a": 1.0, "b": 1.0, "c": 0.1})) == {"a", "b"}, "who ties with the last one is listed too"


def test_small_cells_are_hidden_and_never_only_one():
    assert ranking.suppressed({"a": 4, "b": 100, "c": 9, "d": 0}, 5) == {"a": None, "b": 100, "c": None, "d": 0}
    assert ranking.suppressed({"a": 1, "b": 2, "c": 9}, 5) == {"a": None, "b": None, "c": 9}
    assert ranking.suppressed({"a": 7, "b": 5}, 5) == {"a": 7, "b": 5}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"response": 50, "resolution": 50, "satisfaction": 50}},
        {"weights": {"response": 100}},
        {"tiers": (70, 85, 95)},
        {"freeze_day": 31},
        {"fewest": 0},
        {"appeal_days": 90},
        {"lines": {"nothing": 5}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_settings_that_make_no_sense_are_refused_by_name(wrong):
    with pytest.raises(Invalid) as refused:
        ReportSettings(**wrong)
    assert set(refused.value.fields) == set(wrong)


def test_a_line_of_chinese_ends_where_it_may():
    text = "回访说解决了 ÷ 回访答了这一问（《北京市接诉即办工作条例》第三十二条；公式为本市约定）2026-11-23 那天"
    lines = wrapped(text, lambda words: sum(2 if ord(letter) > 255 else 1 for letter in words), 24).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "》；）" or line[-1] in "（《"]
    assert [line for line in lines if "2026-11-23" in line], "a day is not torn"


def test_a_table_wider_than_the_page_is_laid_in_parts_that_fit():
    columns = [Column(f"c{n}", f"第 {n} 列") for n in range(30)]
    bands = _bands(columns, {column.key: 20.0 for column in columns})
    assert all(band[0] is columns[0] and 20 * len(band) <= WIDE for band in bands)
    assert [column for band in bands for column in band[1:]] == columns[1:]
    assert _bands(columns[:5], {column.key: 20.0 for column in columns}) == [columns[:5]]
