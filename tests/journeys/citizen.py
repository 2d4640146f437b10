"""What the citizen does on a phone: files, follows, rates."""

from dataclasses import dataclass
from pathlib import Path

from tests.journeys.people import Person

WORDS = "海晏路 18 号门口的井盖松了，车一压就响，一夜响到天亮。旁边路灯的接线盒也敞着，孩子老去碰。"
ADDRESS = "海晏路 18 号门口"
PHONE = "13900005512"


@dataclass(frozen=True)
class Matter:
    """What the receipt says."""

    code: str
    number: str

    @property
    def tail(self) -> str:
        return self.number[-6:]


def files_with_a_photo(citizen: Person, photo: Path) -> Matter:
    """From the city's front page to the receipt."""
    citizen.goes("/").finds_it_clean()
    citizen.leaves_by("我要反映", within="main")
    form = citizen.page.locator("form[action='/file']")
    citizen.fills(
        form, content=WORDS, appeal_type="help", photos=photo, region="990101001", address=ADDRESS, name="丁小满", phone=PHONE, consent=True
    )
    citizen.finds_it_clean()
    citizen.leaves_by("交给 12345")
    citizen.sees("收到了", "1 张照片也收到了", "请收好这个查询码", "12345 热线中心答应您，最晚")
    citizen.finds_it_clean()
    code = citizen.page.url.split("/t/")[1].split("/")[0]
    return Matter(code, citizen.page.locator(".keepcard .nowrap").inner_text())


def tracks(citizen: Person, matter: Matter, step: str, *words: str, never: tuple[str, ...] = ()) -> None:
    """The tracking page: the step the matter stands at, what is told, and nothing of what units say among themselves."""
    citizen.goes(f"/t/{matter.code}")
    assert citizen.page.locator(".rail .now, .rail .done").last.inner_text() == step
    citizen.sees(*words)
    content = citizen.page.content()
    assert [said for said in never if said in content] == []


def rates(citizen: Person, matter: Matter, level: str, words: str) -> str:
    """By the button on the tracking page. Gives the link, which is good once."""
    citizen.goes(f"/t/{matter.code}")
    citizen.leaves_by("办得怎么样，您来评")
    citizen.finds_it_clean()
    citizen.fills(citizen.page.locator("form[action^='/rate/']"), score=level, solved="yes", words=words)
    citizen.leaves_by("交评价")
    return citizen.page.url
