"""What the words suggest: the kind with its reason, the catalogue's unit, the boundary list's assistants, likely copies, articles."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.demo import city
from tests.factories import a_ticket
from tests.statements import counted
from tickets.duties import Knowledge
from tickets.hearing import Ear, ear_of
from tickets.identity import Appellant
from tickets.intake import search_words
from tickets.models import Category
from tickets.organisations import Unit
from tickets.reference import forget, reference
from tickets.suggest import suggest

BACKFLOW = "海晏小区3幢地下室污水倒灌，早上八点多开始，水已经漫到电表箱下沿，楼道里有臭味。"
EAST = "990101001"


@pytest.fixture
def city_session(session, now):
    """The small city of the tests with the demo city's tree, catalogue and knowledge laid over it."""
    city.load_organisation(session, now, "no password")
    session.flush()
    forget(session)
    return session


def test_the_kind_is_told_by_the_citizens_words(city_session, now):
    told = suggest(city_session, BACKFLOW, EAST, now)["categories"]
    assert told[0]["code"] == "urban.drainage.backflow"
    assert "“污水倒灌”" in told[0]["why"]
    assert told[0]["confidence"] > told[1]["confidence"]


def test_a_longer_word_is_heard_and_not_the_shorter_one_inside_it(city_session):
    heard = {word.text for word in ear_of(reference(city_session)).words("楼下路灯不亮，井盖破损")}
    assert heard == {"路灯不亮", "井盖破损"}


def test_blanks_and_width_do_not_hide_a_word(city_session):
    ear = Ear(reference(city_session))
    assert ear.words("ＫＴＶ 太吵，污 水 倒 灌")[0].text == "污水倒灌"


def test_past_tickets_with_the_same_words_weigh_and_are_counted(city_session, now):
    for number in range(3):
        a_ticket(city_session, now, category="urban.drainage.backflow", content=f"{number} 幢污水倒灌，地下室进水")
    told = suggest(city_session, BACKFLOW, EAST, now)["categories"][0]
    assert told["why"].endswith("同类 3 件中 3 件在此")


def test_the_unit_is_the_catalogues_with_basis_and_the_boundary_lists_assistants(city_session, now):
    units = suggest(city_session, BACKFLOW, EAST, now)["units"]
    assert [(unit["code"], unit["role"]) for unit in units] == [("water", "lead"), ("power", "assisting"), ("dongmen", "copy")]
    assert units[0]["basis"]
    assert units[1]["why"] == "断电保安全"


def test_a_streets_own_duty_goes_to_the_street_and_no_other(city_session, now):
    units = suggest(city_session, "对门邻居把鞋柜摆到公共过道，楼道堆满纸箱", EAST, now)["units"]
    assert [(unit["code"], unit["role"]) for unit in units] == [("dongmen", "lead")]


def test_a_chosen_category_decides_the_unit(city_session, now):
    units = suggest(city_session, BACKFLOW, EAST, now, category="commerce.quality.short-weight")["units"]
    assert (units[0]["code"], units[0]["confidence"]) == ("market", 91)


def test_where_the_catalogue_is_silent_no_unit_is_named(city_session, now):
    assert suggest(city_session, "信用卡被银行柜台乱扣费", EAST, now)["units"] == []


def test_a_unit_that_takes_no_tickets_is_not_named(city_session, now):
    city_session.execute(sa.update(Unit).where(Unit.code == "water").values(live=False))
    forget(city_session)
    assert suggest(city_session, BACKFLOW, EAST, now)["units"] == []


def test_likely_copies_are_open_recent_and_ranked_with_their_distance(city_session, now):
    place = {"region": EAST, "category": "urban.drainage.backflow", "lng": 122.95, "lat": 35.06}
    same = a_ticket(
        city_session,
        now,
        "dispatched",
        lead="water",
        content="海晏小区 3 幢地下室污水倒灌，水漫到电表箱了",
        address="海晏小区 3 幢",
        **place,
    )
    near = a_ticket(
        city_session,
        now,
        title="马桶返水",
        content="海晏小区 5 幢一楼马桶返水，污水倒灌进卫生间",
        address="海晏小区 5 幢",
        **place | {"lat": 35.0605},
    )
    old = a_ticket(city_session, now - timedelta(days=40), content=BACKFLOW, **place)
    done = a_ticket(city_session, now - timedelta(days=1), "closed", lead="water", content=BACKFLOW, **place)
    sealed = a_ticket(city_session, now, appeal_type="report", content=BACKFLOW, **place)
    copies = suggest(city_session, BACKFLOW, EAST, now, lng=122.95, lat=35.06, address="海晏小区 3 幢")["duplicates"]
    assert [copy["number"] for copy in copies] == [same.number, near.number]
    assert (copies[0]["distance"], copies[0]["status"], copies[0]["unit"]) == (0, "dispatched", "单位water")
    assert 50 <= copies[1]["distance"] <= 60
    assert not {old.number, done.number, sealed.number} & {copy["number"] for copy in copies}


def test_another_matter_in_the_same_place_is_no_copy(city_session, now):
    a_ticket(
        city_session,
        now,
        title="广场舞",
        content="广场舞音响太大，晚上九点还在跳",
        category="environment.noise.square-dance",
        region=EAST,
        address="海晏小区",
    )
    assert suggest(city_session, BACKFLOW, EAST, now, address="海晏小区")["duplicates"] == []


def test_the_callers_own_open_matter_is_found_by_telephone(city_session, now):
    own = a_ticket(
        city_session,
        now,
        content="地下室返臭，水漫上来了",
        region="990102001",
        category="urban.drainage.backflow",
        appellant=Appellant(name="陈小芳", phone="13800007777"),
    )
    copies = suggest(city_session, "地下室返臭，现在水漫到电表箱", EAST, now, phone="13800007777")["duplicates"]
    assert [copy["number"] for copy in copies] == [own.number]


def test_half_a_telephone_number_harms_nothing(city_session, now):
    assert suggest(city_session, BACKFLOW, EAST, now, phone="1380000")["categories"]


def test_articles_urgency_and_flags_come_along(city_session, now):
    told = suggest(city_session, BACKFLOW + "一楼有老人独自在家", EAST, now)
    assert told["articles"][0]["title"] == "污水倒灌先做三件事"
    assert (told["urgency"], told["flags"]) == ("urgent", ["vulnerable"])


def test_the_article_meant_is_found_among_many_of_the_same_matter(city_session, now):
    unit, content = city_session.scalar(sa.select(Unit.id).limit(1)), "先断电，再报修，等人到场。"
    for title in [*(f"污水倒灌的第 {n} 问" for n in range(40)), "污水倒灌后地板怎么晾干"]:
        row = Knowledge(title=title, content=content, unit_id=unit, updated_at=now, search=search_words(title, content, ""))
        city_session.add(row)
    city_session.flush()
    told = suggest(city_session, "家里污水倒灌，退了水以后地板怎么晾干", EAST, now)["articles"]
    assert title in [article["title"] for article in told]


@pytest.mark.parametrize("text", ["", "啊", "?!，", "1", "'); DROP TABLE tickets; --", "\\' & | ! <-> :*", "％％％", "x" * 5000])
def test_any_text_is_answered(city_session, now, text):
    told = suggest(city_session, text, "", now, address="'号 \\", phone="", lng=0, lat=0)
    assert set(told) == {"categories", "units", "duplicates", "articles", "urgency", "flags"}


def test_six_statements_are_enough(app, city_session, now):
    suggest(city_session, BACKFLOW, EAST, now)
    with counted(app) as sent:
        suggest(city_session, BACKFLOW, EAST, now, phone="13800007777", lng=122.95, lat=35.06, address="海晏小区 3 幢")
    assert len(sent) <= 6, sent


def test_changed_words_are_heard_when_the_names_are_new(city_session, now):
    row = city_session.scalars(sa.select(Category).where(Category.code == "urban.drainage.backflow")).one()
    row.keywords = ["咕嘟咕嘟"]
    city_session.flush()
    forget(city_session)
    assert suggest(city_session, "下水口咕嘟咕嘟", EAST, now)["categories"][0]["code"] == "urban.drainage.backflow"
