"""Topics and hotspots: what makes two tickets one matter, five people, merging, order, restart, what is never read."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, NotFound, WrongState
from tests import factories
from tickets.identity import Appellant
from tickets.topic_models import Topic, TopicReading, TopicTicket
from tickets.topic_words import Vocabulary, alike, blended, label_of, scaled, terms_of
from tickets.topics import ALIVE, Reader, deal, forget_cold, hotspot

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MIXER = [
    "云溪湾小区 {} 栋旁边的混凝土搅拌站夜里一直响，粉尘飘进窗户",
    "云溪湾小区边上搅拌站的粉尘太大，混凝土搅拌站夜里一直响（{}）",
    "投诉云溪湾小区的混凝土搅拌站：夜里一直响，粉尘呛人，第 {} 天",
    "云溪湾小区 {} 栋：混凝土搅拌站粉尘和噪声都受不了，夜里一直响",
]
OTHERS = [
    "小学门口的斑马线看不清了，早上接送孩子很危险",
    "公交 {} 路末班车太早，下晚班赶不上",
    "单位拖欠工资三个月，老板电话打不通",
    "社保卡丢了，怎么补办，要带什么",
    "小区电梯坏了一周没人修，老人下不了楼",
    "河边有人电鱼，希望有人管一管",
]


def told(session, words: str, n: int, at: datetime = NOW, phone: str | None = None):
    return factories.a_ticket(
        session, at, content=words.format(n), title="", appellant=Appellant(phone=f"1390000{n:04d}" if phone is None else phone)
    )


def crowd(session, people: int, at: datetime = NOW, **changed):
    """Among other matters, `people` people tell of the mixer."""
    for n in range(people):
        told(session, OTHERS[n % len(OTHERS)], 500 + n, at + timedelta(hours=n))
        told(session, MIXER[n % len(MIXER)], n, at + timedelta(hours=n), **changed)


def read(session, reader: Reader | None = None) -> list[Topic]:
    """Everything that came, in batches of seven."""
    reader, hot = reader or Reader(), []
    while (one := reader.read_on(session, NOW, 7)).tickets:
        hot += one.hot
    return hot


def mixers(session) -> list[Topic]:
    return [topic for topic in session.scalars(sa.select(Topic).where(Topic.merged_into_id.is_(None))) if "搅拌站" in topic.terms]


def test_terms_are_words_and_pairs_without_areas_and_numbers():
    found = terms_of("搅拌站扰民", "A3区 搅拌站 12 点还在响")
    assert found["搅拌站"] == 4
    assert not {"12", "a3区", "3"} & set(found)
    assert not terms_of("", "，。！")


def test_what_the_whole_city_says_weighs_less():
    vocabulary = Vocabulary()
    for n in range(50):
        vocabulary.learn(terms_of("", "物业不管" if n else "物业不管搅拌站"))
    weighed = vocabulary.vector(terms_of("", "物业不管搅拌站"))
    assert weighed["搅拌站"] > weighed["物业"]
    assert Vocabulary.load(vocabulary.dump()) == vocabulary
    assert Vocabulary.load(None) == Vocabulary()


def test_likeness_is_a_cosine_and_a_label_does_not_repeat_itself():
    one = scaled({"搅拌站": 3.0, "粉尘": 1.0})
    assert alike(one, one) == pytest.approx(1.0)
    assert alike(one, {"斑马线": 1.0}) == 0.0
    assert alike({}, one) == 0.0
    assert label_of(blended({"搅拌站": 1.0, "混凝土搅拌站": 2.0}, {"粉尘": 1.5})) == ["混凝土搅拌站", "粉尘"]


def test_four_people_are_a_topic_and_the_fifth_makes_it_hot(session):
    crowd(session, 4)
    assert not read(session)
    assert [(one.people, one.hot_at) for one in mixers(session)] == [(4, None)]
    told(session, MIXER[0], 77)
    (hot,) = read(session)
    assert (hot.people, hot.tickets, hot.hot_at) == (5, 5, NOW)
    assert not read(session)  # it turns hot once


def test_one_person_counts_once_and_the_nameless_count_one(session):
    crowd(session, 5, phone="13900000001")
    for n in range(3):
        told(session, MIXER[n], n, phone="")
    assert not read(session)
    assert [(one.people, one.tickets) for one in mixers(session)] == [(2, 8)]


def test_reading_in_batches_or_by_another_process_is_the_same(session):
    crowd(session, 6)
    one = Reader()
    one.read_on(session, NOW, 5)
    read(session, Reader())  # knows nothing yet: it learns what the first had read
    assert session.scalar(sa.select(sa.func.count()).select_from(TopicTicket)) == 12
    assert [topic.people for topic in mixers(session)] == [6]
    told(session, MIXER[1], 90)
    read(session, one)  # came back after another had gone on
    assert one.vocabulary.read == 13
    assert session.get(TopicReading, 1).read_to == session.scalar(sa.select(sa.func.max(TopicTicket.ticket_id)))


def test_sealed_and_confidential_matters_are_never_read(session):
    crowd(session, 4)
    factories.a_ticket(session, NOW, content=MIXER[0].format(1), title="", appeal_type="report", appellant=Appellant(phone="13900008888"))
    factories.a_ticket(session, NOW, content=MIXER[1].format(1), title="", confidential=True, appellant=Appellant(phone="13900007777"))
    assert not read(session)
    assert [one.tickets for one in mixers(session)] == [4]


def test_after_a_long_silence_the_same_words_are_another_matter(session):
    crowd(session, 3)
    read(session)
    told(session, MIXER[0], 60, NOW + ALIVE + timedelta(days=2))
    read(session)
    assert sorted(one.tickets for one in mixers(session)) == [1, 3]
    assert forget_cold(session, NOW + ALIVE + timedelta(days=1)) > 0
    assert [one.tickets for one in mixers(session)] == [1]


def test_a_hotspot_is_never_forgotten_and_dealt_with_once(session):
    crowd(session, 6)
    (topic,) = read(session)
    forget_cold(session, NOW + 3 * ALIVE)
    supervisor, handler = factories.person(session, "supervisor1", NOW), factories.person(session, "urban.handler", NOW)
    with pytest.raises(Forbidden):
        deal(topic, "watch", "看着", handler, NOW)
    with pytest.raises(Invalid) as bad:
        deal(topic, "watch", " ", supervisor, NOW)
    assert set(bad.value.fields) == {"words"}
    with pytest.raises(Invalid) as bad:
        deal(topic, "burn", "", supervisor, NOW)
    assert set(bad.value.fields) == {"dealt_as"}
    deal(topic, "group-matter", "", supervisor, NOW)
    with pytest.raises(WrongState):
        deal(topic, "watch", "再看看", supervisor, NOW)
    assert hotspot(session, topic.id).dealt_by_name == supervisor.name


def test_only_a_hot_topic_is_found_as_one_and_a_merged_one_leads_on(session):
    crowd(session, 6)
    (topic,) = read(session)
    cold = session.scalar(sa.select(Topic).where(Topic.hot_at.is_(None)).limit(1))
    with pytest.raises(NotFound):
        hotspot(session, cold.id)
    cold.merged_into_id = topic.id
    session.flush()
    assert hotspot(session, cold.id).id == topic.id
    with pytest.raises(NotFound):
        hotspot(session, 10**9)
