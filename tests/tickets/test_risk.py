"""Risk words raise urgency; figures of speech do not."""

import pytest

from tickets import risk


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("他扬言要跳楼", "critical"),
        ("路口井盖缺失", "critical"),
        ("整幢楼停水两天", "urgent"),
        ("家长群都炸了", "ordinary"),
        ("半夜摩托车炸街", "ordinary"),
        ("想问社保怎么补缴", "ordinary"),
    ],
)
def test_words_call_for_an_urgency(text, urgency):
    assert risk.urgency_of(text) == urgency


def test_a_person_s_higher_choice_stays():
    assert risk.highest("critical", risk.urgency_of("路灯不亮")) == "critical"
