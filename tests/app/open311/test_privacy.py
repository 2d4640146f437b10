"""Planted names, numbers and words: what a stranger, another system and the one who filed may read of it (domain §11)."""

import pytest

from tests.app.open311.conftest import a_form

PLANTED = ("王秘密", "13987654321", "330203198001011234", "秘密事由", "百花弄 7 号")
WORDS = "王秘密 电话 13987654321 身份证 330203198001011234 秘密事由"


def everything(who, number: str) -> str:
    """All that can be read of it: alone, among others, in both notations."""
    asked = [who.get(path, service_request_id=number) for path in ("requests.json", "requests.xml")]
    asked += [who.get(f"requests/{number}.{form}") for form in ("json", "xml")] + [
        who.get("requests.json"),
        who.get("servicerequestupdates.json", service_request_id=number),
    ]
    return "".join(answer.get_data(as_text=True) for answer in asked)


@pytest.fixture
def planted(registered):
    """A matter an agent took, with secrets in every field."""

    def of(**changed) -> str:
        return registered(
            **{
                "title": "秘密事由",
                "content": WORDS,
                "appellant": {"name": "王秘密", "phone": "13987654321"},
                "place": {"region": "990101001", "address": "百花弄 7 号", "lng": 121.654321, "lat": 29.123456},
            }
            | changed
        )

    return of


def test_a_stranger_learns_kind_state_unit_and_rough_place_only(planted, stranger, other):
    number = planted()
    for who in (stranger, other):
        text = everything(who, number)
        assert not [word for word in PLANTED if word in text]
        (said,) = who.json(f"requests/{number}.json")
        assert (said["service_code"], said["status"], said["description"]) == ("urban.drainage", "open", None)
        assert (said["lat"], said["long"], said["address"]) == (29.12, 121.65, "东门街道，东城区")


@pytest.mark.parametrize(
    "changed",
    [
        {"appeal_type": "report"},
        {"confidential": True},
        {"appeal_type": "consult"},
        {"track": "consumer"},
        {"track": "petition-ordinary"},
        {"appellant": {"kind": "firm", "name": "王秘密"}},
        {"category": ""},
    ],
)
def test_some_matters_are_nobodys_business(planted, stranger, other, changed):
    number = planted(**changed)
    for who in (stranger, other):
        assert who.get(f"requests/{number}.json").status_code == 404
        assert number not in everything(who, number)


def test_who_filed_reads_their_words_with_numbers_starred(civic, other, stranger):
    number = civic.files(description=WORDS, address_string="百花弄 7 号")
    text = everything(civic, number)
    assert "秘密事由" in text
    assert "百花弄 7 号" in text
    assert "13987654321" not in text
    assert "330203198001011234" not in text
    assert "陈" not in text, "the appellant's name is read back by nobody"
    for who in (other, stranger):
        assert "秘密事由" not in everything(who, number)


def test_a_confidential_one_keeps_its_words_from_everybody(civic, stranger):
    number = civic.files(description=WORDS, **{"attribute[confidential]": "true"})
    (said,) = civic.json(f"requests/{number}.json")
    assert (said["status"], said["description"]) == ("open", None)
    assert stranger.get(f"requests/{number}.json").status_code == 404


def test_one_that_became_a_report_is_gone_for_all(civic, stranger, caller):
    number = civic.files(description=WORDS)
    caller("dispatcher1").does(f"/tickets/{number}/classifications", {"appeal_type": "report"})
    for who in (civic, stranger):
        assert who.get(f"requests/{number}.json").status_code == 404
        assert number not in everything(who, number)


def test_a_merged_one_goes_on_with_its_masters_state_and_none_of_its_words(civic, caller, planted):
    child, master = civic.files(service_code="urban.drainage"), planted()
    caller("agent1").does(f"/tickets/{child}/merges", {"master": master})
    caller("dispatcher1").does(f"/tickets/{master}/dispatches", {"lead": "water"})
    (said,) = civic.json(f"requests/{child}.json")
    assert (said["status"], said["status_notes"], said["agency_responsible"]) == ("open", "已转办", "单位water")
    assert not [word for word in PLANTED if word in civic.get(f"requests/{child}.xml").get_data(as_text=True)]
    caller("dispatcher1").does(f"/tickets/{master}/classifications", {"appeal_type": "report"})
    assert civic.get(f"requests/{child}.json").status_code == 404, "a sealed one is not followed"


def test_a_unit_s_answer_is_read_by_who_filed_only(civic, stranger, at):
    number = at("closed")
    (said,) = stranger.json(f"requests/{number}.json")
    assert (said["status"], said["status_notes"]) == ("closed", "已办结")


def test_an_app_that_files_for_itself_sees_no_other_code(civic):
    answer = civic.post(**a_form())
    number = answer.get_json()[0]["service_request_id"]
    code = answer.get_json()[0]["service_notice"]
    assert not [part for part in code.split() if part.isdigit() and part in everything(civic, number)]
