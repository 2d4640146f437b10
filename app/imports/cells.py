"""What a cell says, in our codes: times, Chinese words, names of categories and units. Pure; raises Rejected with the remedy."""

import re
from datetime import UTC, date, datetime, time, timedelta

from app.clock import CITY_ZONE
from app.imports.lines import Rejected
from tickets import codes, words
from tickets.reference import Reference, UnitName

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?)?分?)?$")
MORE_CHANNELS = {
    "来电": "phone",
    "热线": "phone",
    "12345": "phone",
    "语音": "phone",
    "微信公众号": "wechat",
    "公众号": "wechat",
    "小程序": "wechat",
    "网站": "web",
    "网上": "web",
    "网络": "web",
    "互联网": "web",
    "app": "web",
    "网民留言": "web",
    "邮箱": "email",
    "信箱": "email",
    "来访": "visit",
    "上门": "visit",
    "巡查上报": "patrol",
    "网格": "patrol",
    "转办": "transfer",
    "交办": "transfer",
    "系统对接": "api",
}
MORE_STATES = {
    "办结": "closed",
    "已结案": "closed",
    "结案": "closed",
    "已完成": "closed",
    "完成": "closed",
    "归档": "archived",
    "直办": "direct-closed",
    "直接办结": "direct-closed",
    "未办结": "handling",
    "在办": "handling",
    "办理中": "handling",
    "待办": "registered",
    "已受理": "registered",
    "未受理": "refused",
    "终止": "terminated",
}
GUESSES = (
    ("report", ("举报",)),
    ("praise", ("表扬", "点赞", "感谢信", "锦旗")),
    ("complaint", ("投诉", "扰民", "违规", "违法", "乱收费", "不作为", "欺骗", "拖欠", "强制", "垄断")),
    ("suggestion", ("建议", "希望能", "希望增", "呼吁")),
    ("consult", ("咨询", "请问", "想问", "是否可以", "怎么办理", "如何办理", "什么时候")),
    ("help", ("求助", "帮帮", "请求", "恳请", "怎么办", "困难")),
)


def text_of(cell: object) -> str:
    """The cell as people see it: whole numbers without a point, no blanks around."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def instant_of(cell: object, name: str, now: datetime) -> datetime | None:
    """The moment, a bare one read in the city's zone; None when empty. Raises Rejected on what is no date, or lies ahead or long ago."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    said = text_of(cell)
    if not said:
        return None
    found = cell if isinstance(cell, datetime) else _parsed(said)
    if found is None:
        raise Rejected(**{name: f"“{said[:30]}”不是日期，请写成 2026-09-28 10:30"})
    moment = found if found.tzinfo else found.replace(tzinfo=CITY_ZONE)
    if moment > now + timedelta(minutes=5):
        raise Rejected(**{name: f"“{said[:30]}”在将来，请核对年份"})
    if moment < EARLIEST:
        raise Rejected(**{name: f"“{said[:30]}”太早，请核对年份"})
    return moment.astimezone(UTC)


def day_of(said: str) -> date | None:
    """The day a text names, ahead or long ago; None when it names none."""
    found = _parsed(said)
    return found.date() if found else None


def _parsed(said: str) -> datetime | None:
    try:
        found = DATE.match(said)
        if found:
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 the zone is the caller's
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def coded(said: str, name: str, chinese: dict[str, str], more: dict[str, str]) -> str:
    """A code, from itself or from its Chinese word; "" when empty. Raises Rejected naming what can be written."""
    plain = said.strip().lower()
    by_word = {word: code for code, word in chinese.items()} | more
    if not plain or plain in chinese:
        return plain
    if said.strip() in by_word or plain in by_word:
        return by_word.get(said.strip()) or by_word[plain]
    raise Rejected(**{name: f"“{said[:30]}”不认识，可以写：{'、'.join(chinese.values())}"})


def channel_of(said: str) -> str:
    return coded(said, "channel", words.CHANNEL, MORE_CHANNELS)


def appeal_type_of(said: str) -> str:
    return coded(said, "appeal_type", words.APPEAL_TYPE, {})


def state_of(said: str) -> str:
    return coded(said, "status", words.STATUS, MORE_STATES)


def guessed_type(text: str) -> str:
    """The appeal type the words themselves name; "other" when they name none. The order is by what it would cost to be wrong: a report is sealed."""
    return next((kind for kind, signs in GUESSES if any(sign in text for sign in signs)), "other")


class Names:
    """Categories, regions and units by code or by Chinese name, as a file may write them."""

    def __init__(self, reference: Reference):
        active = [category for category in reference.categories.values() if category.active]
        self.categories = {category.name: category.code for category in sorted(active, key=lambda category: -category.level)} | {
            c.code: c.code for c in active
        }
        self.regions = {region.name: region.code for region in reference.regions.values()} | {code: code for code in reference.regions}
        takers = [unit for unit in reference.units.values() if unit.kind not in ("city", "centre")]
        self.units = {name: unit for unit in takers for name in (unit.short_name, unit.name, unit.code)}
        self.reference = reference

    def category(self, said: str) -> str:
        """The code of a category named at any level; of a path, its last name counts."""
        last = re.split(r"[›>/→]", said)[-1].strip()
        return self._known(self.categories, last, "category", "请写分类代码或名称")

    def region(self, said: str) -> str:
        return self._known(self.regions, said, "region", "请写区、街道的代码或名称")

    def unit(self, said: str) -> UnitName | None:
        if said and said not in self.units:
            raise Rejected(unit=f"没有“{said[:30]}”这个单位，请写单位代码或名称")
        return self.units.get(said)

    @staticmethod
    def _known(table: dict[str, str], said: str, name: str, remedy: str) -> str:
        if said and said not in table:
            raise Rejected(**{name: f"没有“{said[:30]}”，{remedy}"})
        return table.get(said, "")


FINISHED = frozenset(codes.STATUSES) - codes.OPEN
