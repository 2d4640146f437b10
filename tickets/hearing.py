"""Which of the citizens' own words for a kind of matter stand in a text, and how much each tells. Pure, over the names in memory."""

import math
from collections import defaultdict
from dataclasses import dataclass

from tickets.reference import Reference
from tickets.text import normal

LENGTHS = {2: 1.0, 3: 1.5, 4: 2.0}
LONGEST = 2.4
ONLY_WHERE = 0.35  # of the weight, for words that mostly say where or with what, not what is wrong
PLACES = frozenset(
    [
        "公园",
        "商场",
        "超市",
        "工地",
        "人行道",
        "公交站",
        "幼儿园",
        "卫生院",
        "菜市场",
        "菜场",
        "农贸市场",
        "楼道",
        "单元门",
        "电动车",
        "电线",
        "鱼塘",
        "食堂",
        "酒店",
        "桥面",
        "河道",
        "学校食堂",
        "邻居",
        "物业",
        "工资",
        "垃圾",
        "退钱",
        "小区大门",
        "卫生服务中心",
        "老旧小区",
        "居住证",
        "户口本",
        "外地户口",
        "驾驶员",
        "护栏",
        "电梯",
        "烧烤摊",
        "厂房",
        "环评",
        "社保",
        "中介",
    ]
)


@dataclass(frozen=True)
class Word:
    """A keyword found: the kinds of matter it stands for, and its weight (longer and rarer words tell more)."""

    text: str
    kinds: tuple[int, ...]
    weight: float


class Ear:
    """All keywords of the active categories, by their first two characters, longest first."""

    def __init__(self, names: Reference):
        self.names = names
        kinds: defaultdict[str, list[int]] = defaultdict(list)
        for category in names.categories.values():
            if category.active:
                for word in {normal(word) for word in category.keywords}:
                    if len(word) >= 2:
                        kinds[word].append(category.id)
        self._starts: dict[str, list[Word]] = {}
        for word in sorted(kinds, key=len, reverse=True):
            self._starts.setdefault(word[:2], []).append(
                Word(word, tuple(kinds[word]), _weight(word, len(kinds[word]), len(names.categories)))
            )

    def words(self, text: str) -> list[Word]:
        """The distinct keywords in the text, most telling first; inside a longer one a shorter one is not heard."""
        plain, at, found = normal(text), 0, {}
        while at < len(plain) - 1:
            word = next((word for word in self._starts.get(plain[at : at + 2], ()) if plain.startswith(word.text, at)), None)
            if word is None:
                at += 1
                continue
            found[word.text] = word
            at += len(word.text)
        return sorted(found.values(), key=lambda word: -word.weight)


def _weight(word: str, shared_by: int, categories: int) -> float:
    rare = math.log((categories + 1) / shared_by) / math.log(categories + 1) if categories else 1.0
    return LENGTHS.get(len(word), LONGEST) * rare / shared_by * (ONLY_WHERE if word in PLACES else 1.0)


_latest: list[Ear] = []


def ear_of(names: Reference) -> Ear:
    """The ear for these names, kept until the names in memory are new ones (tickets/reference.py decides when)."""
    if not _latest or _latest[0].names is not names:
        _latest[:] = [Ear(names)]
    return _latest[0]
