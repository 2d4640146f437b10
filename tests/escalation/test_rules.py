"""One load per process, one small look every so often, and a change is seen."""

import time

import pytest
import sqlalchemy as sa

from escalation import rules
from escalation.models import CalendarDay, LimitRow


def test_no_statement_while_fresh(timed, statements):
    first = rules.rules_for(timed)
    with statements() as seen:
        assert rules.rules_for(timed) is first
        assert rules.calendar_for(timed) is first.calendar
    assert seen == []


def test_one_small_look_after_a_while_and_no_reload_without_a_change(timed, statements, monkeypatch):
    first = rules.rules_for(timed)
    monkeypatch.setattr(rules, "LOOK_AGAIN", -1.0)
    with statements() as seen:
        assert rules.rules_for(timed) is first
    assert [words for words in seen if words.startswith("SELECT")] == seen[-1:]
    assert "rule_versions" in seen[-1]


@pytest.mark.parametrize(
    "change",
    [
        sa.update(CalendarDay).where(CalendarDay.day == sa.func.date("2026-11-24")).values(is_workday=False),
        sa.update(LimitRow).where(LimitRow.code == "sign").values(length=31),
    ],
)
def test_a_change_of_either_table_is_seen(own_rules, monkeypatch, change):
    first = rules.rules_for(own_rules)
    own_rules.execute(change)
    monkeypatch.setattr(rules, "LOOK_AGAIN", -1.0)
    assert rules.rules_for(own_rules) is not first


def test_a_change_is_seen_within_two_seconds(own_rules):
    assert rules.LOOK_AGAIN < 2
    began = time.perf_counter()
    rules.load(own_rules)
    assert time.perf_counter() - began < 2 - rules.LOOK_AGAIN
