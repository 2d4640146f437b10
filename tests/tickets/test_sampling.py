"""Must show 7: a draw is drawn again from its seed and its list, equal for everybody; strata get their share; nobody is drawn twice."""

import random

from tickets.evaluation_models import Sample
from tickets.sampling import One, again, draw

PEOPLE = [One(number, number % 7, number % 3) for number in range(1, 2101)]


def test_the_same_seed_draws_the_same_whatever_the_order():
    shuffled = random.Random(4).sample(PEOPLE, len(PEOPLE))
    assert draw(PEOPLE, "公开抽样 20260914", 20) == draw(shuffled, "公开抽样 20260914", 20)
    assert draw(PEOPLE, "公开抽样 20260914", 20) != draw(PEOPLE, "公开抽样 20260915", 20)


def test_every_stratum_gets_its_share():
    chosen = set(draw(PEOPLE, "s", 20))
    for unit in range(7):
        for category in range(3):
            stratum = [one for one in PEOPLE if (one.unit_id, one.category_id) == (unit, category)]
            assert len(stratum) == 100
            assert sum(one.id in chosen for one in stratum) == 20


def test_small_strata_get_their_share_over_time_and_no_more():
    """One ticket a day and unit at 20 %: about a fifth of the days, never all of them."""
    days = sum(len(draw([One(day, 1, 1)], f"day {day}", 20)) for day in range(2000))
    assert 340 <= days <= 460


def test_none_and_all():
    assert draw(PEOPLE, "s", 0) == []
    assert draw(PEOPLE, "s", 100) == [one.id for one in PEOPLE]
    assert draw([], "s", 50) == []


def test_a_kept_draw_tells_when_somebody_touched_it():
    sample = Sample(kind="call-back", seed="s", share=10, population=[list(one) for one in PEOPLE], chosen=draw(PEOPLE, "s", 10))
    assert again(sample) == sample.chosen
    sample.chosen = sample.chosen[1:]
    assert again(sample) != sample.chosen
