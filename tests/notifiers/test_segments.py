"""Parts of a telephone message at their edges, and what they cost."""

from decimal import Decimal

import pytest

from notifiers.segments import GSM, UCS, cost, count


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "left"),
    [
        ("", GSM, 0, 0, 160),
        ("a" * 160, GSM, 160, 1, 0),
        ("a" * 161, GSM, 161, 2, 145),
        ("a" * 306, GSM, 306, 2, 0),
        ("a" * 307, GSM, 307, 3, 152),
        ("é" * 160, GSM, 160, 1, 0),
        ("€" * 80, GSM, 160, 1, 0),
        ("a" * 152 + "€" + "a" * 10, GSM, 164, 2, 141),
        ("好" * 70, UCS, 70, 1, 0),
        ("好" * 71, UCS, 71, 2, 63),
        ("好" * 134, UCS, 134, 2, 0),
        ("好" * 135, UCS, 135, 3, 66),
        ("😀" * 35, UCS, 70, 1, 0),
        ("😀" * 36, UCS, 72, 2, 61),
        ("好" + "a" * 69, UCS, 70, 1, 0),
        ("ê" * 70, UCS, 70, 1, 0),
    ],
)
def test_parts_are_counted_as_they_are_charged(text, encoding, units, parts, left):
    assert count(text) == (encoding, units, parts, left)


def test_a_letter_of_two_places_is_not_torn():
    assert count("好" * 66 + "😀" + "好" * 3).parts == 2
    assert count("好" * 66 + "😀" + "好" * 65).parts == 2
    assert count("好" * 66 + "😀" + "好" * 66).parts == 3, "67 places are left after the first part, two of them the smile's"


def test_what_it_costs():
    assert cost("好" * 71, Decimal("0.045"), people=1000) == Decimal("90.000")
