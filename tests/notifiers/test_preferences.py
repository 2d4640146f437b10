"""Who wants which channel: refusing and taking back, the preferred way first, one person's ways nobody else's."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import Invalid
from notifiers import preferences
from notifiers.message import EMAIL, SMS, WECHAT, Way

WANG, ZHAO = "+8613800002716", "+8613900000001"


def test_a_refusal_stands_until_it_is_taken_back(session, now):
    assert preferences.opt_out(session, SMS, WANG, now)
    assert not preferences.opt_out(session, SMS, WANG, now)
    assert preferences.refused(session, SMS, [WANG, ZHAO]) == {WANG}
    assert preferences.refused(session, WECHAT, [WANG]) == set()
    assert preferences.opt_in(session, SMS, WANG, now + timedelta(days=1))
    assert not preferences.opt_in(session, SMS, ZHAO, now)
    assert preferences.refused(session, SMS, [WANG, ZHAO]) == set()
    assert preferences.opt_out(session, SMS, WANG, now + timedelta(days=2))


def test_the_preferred_way_comes_first_and_there_is_one_of_each_kind(session, now, account):
    preferences.set_way(session, Way(WECHAT, "openid-1", "微信"), now, phone="138 0000 2716")
    preferences.set_way(session, Way(SMS, WANG, "138****2716"), now, phone=WANG)
    preferences.set_way(session, Way(EMAIL, "w@example.org", "w***"), now, phone=WANG, preferred=False)
    preferences.set_way(session, Way(WECHAT, "openid-2", "微信"), now, phone=WANG, preferred=False)
    assert [(way.channel, way.address) for way in preferences.ways_of(session, phone=WANG)] == [
        (SMS, WANG),
        (EMAIL, "w@example.org"),
        (WECHAT, "openid-2"),
    ]
    assert preferences.ways_of(session, phone=ZHAO) == []
    preferences.set_way(session, Way(SMS, ZHAO), now, account_id=account("urban.head"))
    assert preferences.ways_of(session, account_id=account("urban.head")) == [Way(SMS, ZHAO)]
    assert preferences.drop_way(session, SMS, account_id=account("urban.head"))
    assert not preferences.drop_way(session, SMS, account_id=account("urban.head"))


def test_nothing_readable_is_kept(session, now):
    preferences.opt_out(session, SMS, WANG, now)
    preferences.set_way(session, Way(SMS, WANG, "138****2716"), now, phone=WANG)
    for table in ("channel_refusals", "ways"):
        assert "13800002716" not in str(session.execute(sa.text(f"SELECT {table}::text FROM {table}")).all())


def test_a_way_needs_a_channel_and_an_address(session, now):
    for way in (Way("inbox", "x"), Way(SMS, " ")):
        with pytest.raises(Invalid):
            preferences.set_way(session, way, now, phone=WANG)
