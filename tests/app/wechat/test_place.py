"""The shift between what WeChat sends and the earth, there and back."""

import pytest

from app.wechat import place


@pytest.mark.parametrize(("lng", "lat"), [(116.391, 39.907), (121.473, 31.23), (122.9584, 35.014), (87.6, 43.8), (110.33, 20.03)])
def test_there_and_back_is_the_same_within_a_metre(lng, lat):
    shifted = place.to_mars(lng, lat)
    assert 0.0005 < abs(shifted[0] - lng) + abs(shifted[1] - lat) < 0.02, "some hundred metres"
    back = place.to_earth(*shifted)
    assert abs(back[0] - lng) < 1e-5
    assert abs(back[1] - lat) < 1e-5


def test_a_known_point():
    """Tiananmen, as published beside the formula: 116.397428, 39.90923 on Chinese maps is 116.391186, 39.907830 on the earth, within ten metres."""
    lng, lat = place.to_earth(116.397428, 39.90923)
    assert abs(lng - 116.391186) < 1e-4
    assert abs(lat - 39.907830) < 1e-4


def test_outside_china_nothing_is_shifted():
    assert place.to_earth(2.35, 48.85) == (2.35, 48.85)


@pytest.mark.parametrize(("lng", "lat"), [(float("nan"), 1), (1, float("inf")), (181, 1), (1, -91)])
def test_what_are_no_coordinates(lng, lat):
    assert not place.is_point(lng, lat)
