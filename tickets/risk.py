"""Words at intake that raise urgency at once (domain §4 urgency, §5 risk signals). Pure; never lowers what a person set."""

from tickets.codes import URGENCIES

SIGNALS = {
    "threat": ("扬言", "跳楼", "自杀", "轻生", "炸药", "炸掉", "炸了你", "炸楼", "引爆", "同归于尽", "报复社会"),
    "safety": (
        "燃气泄漏",
        "煤气泄漏",
        "触电",
        "漏电",
        "坍塌",
        "塌方",
        "坠落",
        "井盖缺失",
        "没有井盖",
        "着火",
        "起火",
        "爆炸",
        "被困",
        "高压线",
    ),
    "crowd": ("聚集", "堵路", "集体上访", "拉横幅"),
    "vulnerable": ("老人独自", "孕妇", "产妇", "婴儿", "残疾人", "透析"),
}
URGENT_WORDS = (
    "停水",
    "停电",
    "停气",
    "停暖",
    "断水",
    "断电",
    "断气",
    "不供暖",
    "污水倒灌",
    "爆管",
    "电梯困人",
    "黑烟",
    "刺鼻",
    "偷排",
    "直排",
)
RAISES = {"threat": "critical", "safety": "critical", "crowd": "urgent", "vulnerable": "urgent"}


def signals(text: str) -> list[str]:
    """The risk flags whose words stand in the text."""
    return [flag for flag, words in SIGNALS.items() if any(word in text for word in words)]


def heard(text: str) -> list[str]:
    """The very words that raise urgency, as they stand in the text."""
    return [word for words in (*SIGNALS.values(), URGENT_WORDS) for word in words if word in text]


def urgency_of(text: str) -> str:
    """The urgency the words alone call for."""
    found = [RAISES[flag] for flag in signals(text)]
    if any(word in text for word in URGENT_WORDS):
        found.append("urgent")
    return max(found, key=URGENCIES.index, default="ordinary")


def highest(one: str, other: str) -> str:
    return max(one, other, key=URGENCIES.index)
