"""Limits as data: every row of domain §4, the presets, which apply to whom, and that later versions do not reach back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from escalation import words
from escalation.due import UNITS
from escalation.limit_data import DEFAULT, PRESETS, PROFILES, ROWS
from escalation.limits import KINDS, OWNERS, Book, limits_for
from escalation.models import LimitRow
from escalation.rules import as_columns, as_limit, limits_of
from escalation.seed import seed_limits
from tickets import codes

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BOOK = Book(ROWS)


def lengths(profile: str) -> dict:
    return {code: (limit.length, limit.unit) for code, limit in BOOK.of_profile(profile, NOW).items()}


@pytest.mark.parametrize(
    ("code", "length"),
    [
        ("sign", (30, "minutes")),
        ("urgent-response", (30, "minutes")),
        ("enterprise-contact", (2, "hours")),
        ("first-contact", (24, "hours")),
        ("consult-reply", (1, "working-days")),
        ("general-reply", (5, "working-days")),
        ("complex-reply", (15, "working-days")),
        ("return-window", (2, "working-days")),
        ("rework", (3, "working-days")),
        ("consumer-accept", (7, "working-days")),
        ("mediation", (45, "working-days")),
        ("termination-notice", (7, "working-days")),
        ("violation-check", (15, "working-days")),
        ("reporter-told", (5, "working-days")),
        ("petition-simple", (10, "working-days")),
        ("petition-accept", (3, "working-days")),
        ("petition-ordinary", (60, "calendar-days")),
        ("petition-objection", (5, "working-days")),
        ("patrol-1", (2, "hours")),
        ("patrol-2", (4, "hours")),
        ("patrol-3", (6, "hours")),
        ("rating-contact", (1, "working-days")),
        ("rectify", (5, "working-days")),
        ("whistle-emergency-check-in", (30, "minutes")),
        ("whistle-routine-check-in", (3, "working-days")),
        ("whistle-tough-check-in", (5, "working-days")),
    ],
)
def test_the_lengths_of_domain_4(code, length):
    assert lengths("default")[code] == length


@pytest.mark.parametrize(
    ("profile", "code", "length"),
    [
        ("beijing", "general-reply", (7, "calendar-days")),
        ("beijing", "critical-reply", (2, "hours")),
        ("anyang", "return-window", (24, "hours")),
        ("weihai", "urgent-reply", (0, "calendar-days")),
        ("laizhou", "enterprise-answer", (1, "working-days")),
        ("laizhou", "general-reply", (5, "working-days")),
    ],
)
def test_what_the_presets_change(profile, code, length):
    assert lengths(profile)[code] == length


def test_extension_rules():
    default, anyang = BOOK.of_profile("default", NOW), BOOK.of_profile("anyang", NOW)
    assert [default[code].extension.cap for code in ("general-reply", "violation-check", "petition-ordinary")] == [10, 15, 30]
    assert default["petition-ordinary"].extension.unit == "calendar-days"
    assert anyang["general-reply"].extension.cap == 5
    assert default["mediation"].extension is None


def test_in_haikou_the_30_minutes_take_the_place_of_two_hours():
    assert "enterprise-contact" not in BOOK.of_profile("haikou", NOW)


def test_pauses_are_per_track():
    limits = BOOK.of_profile("default", NOW)
    assert (limits["mediation"].pauses, limits["general-reply"].pauses, limits["urgent-reply"].pauses) == (
        ("statutory-test",),
        ("applicant-supplement",),
        (),
    )
    assert BOOK.of_profile("zhenhai", NOW)["mediation"].pauses == ("applicant-supplement",), "R73: testing time counts"
    assert "publicity-hearing-tender" in BOOK.of_profile("laizhou", NOW)["enterprise-solve"].pauses, "R57"
    assert {code for limit in ROWS for code in limit.pauses} <= set(codes.PAUSE_CODES)


def test_every_row_is_made_of_known_codes_and_has_a_word_and_an_article():
    for limit in ROWS:
        assert limit.unit in UNITS
        assert limit.kind in KINDS
        assert limit.owner in OWNERS
        assert limit.article
        assert limit.code in words.LIMIT
        for each in limit.applies:
            assert set(each.tracks) <= set(codes.TRACKS)
            assert set(each.appeal_types) <= set(codes.APPEAL_TYPES)
            assert set(each.urgencies) <= set(codes.URGENCIES)
    assert set(PROFILES) == {"default", "haikou", "laizhou", "weihai", "zhenhai", "beijing", "anyang"} == set(words.PROFILE)
    assert len({(limit.profile, limit.code) for limit in ROWS}) == len(ROWS)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_ticket_has_one_promise_one_signature_and_one_dispatch_limit(profile):
    rows = BOOK.of_profile(profile, NOW).values()
    for track in codes.TRACKS:
        for appeal_type in codes.APPEAL_TYPES:
            for urgency in codes.URGENCIES:
                found = limits_for(track, appeal_type, urgency, rows)
                promises = [limit.code for limit in found if limit.kind == "promise"]
                assert len(promises) == 1, (profile, track, appeal_type, urgency, promises)
                assert [limit.code for limit in found].count("sign") == 1
                assert len(limits_for(track, appeal_type, urgency, rows, "register")) == 1, (track, urgency)


def test_thirty_minutes_for_the_urgent_and_for_firms_only():
    rows = list(BOOK.of_profile("default", NOW).values())

    def quick(track, urgency):
        return "urgent-response" in [limit.code for limit in limits_for(track, "help", urgency, rows)]

    assert [quick("general", "ordinary"), quick("general", "urgent"), quick("enterprise", "ordinary"), quick("consumer", "critical")] == [
        False,
        True,
        True,
        True,
    ]


def test_long_promises_bring_the_interim_reply():
    def interim(track, profile="default", appeal_type="complaint"):
        return "interim-reply" in [
            limit.code for limit in limits_for(track, appeal_type, "ordinary", BOOK.of_profile(profile, NOW).values())
        ]

    assert [interim("general"), interim("consumer"), interim("petition-simple"), interim("petition-ordinary"), interim("enterprise")] == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert interim("general", "weihai"), "15 working days there"
    assert not interim("general", "beijing"), "7 days are 5 working days"


def test_rows_survive_the_table(own_rules):
    stored = {(limit.profile, limit.code): limit for row in own_rules.scalars(sa.select(LimitRow)) for limit in [as_limit(row)]}
    for limit in ROWS:
        kept = stored[limit.profile, limit.code]
        assert replace(kept, id=0, effective_from=None) == limit


def test_seeding_again_adds_nothing_and_keeps_what_was_edited(own_rules):
    row = own_rules.scalars(sa.select(LimitRow).where(LimitRow.code == "general-reply", LimitRow.profile == "default")).one()
    row.effective_to = NOW
    own_rules.flush()
    own_rules.add(LimitRow(**(as_columns(as_limit(row)) | {"length": 4, "version": 2, "effective_from": NOW})))
    own_rules.flush()
    assert seed_limits(own_rules) == 0


def test_a_new_version_holds_from_its_day_on():
    old = replace(DEFAULT[0], code="x", id=1, effective_to=NOW)
    new = replace(old, length=99, version=2, id=2, effective_from=NOW, effective_to=None)
    book = Book((old, new))
    assert book.of_profile("default", NOW)["x"].length == 99
    assert book.of_profile("default", NOW.replace(year=2025))["x"].length == old.length
    assert book.by_id[1].length == old.length


def test_a_profile_of_the_installation_is_used_unless_another_is_named(timed):
    assert limits_of(timed, NOW)["general-reply"].unit == "working-days"
    assert limits_of(timed, NOW, "beijing")["general-reply"].unit == "calendar-days"
    assert PRESETS.keys() <= set(PROFILES)
