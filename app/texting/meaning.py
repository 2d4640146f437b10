"""What a text message means: a word people were told, a code, a score, or a matter in their own words. Pure."""

import re
import unicodedata
from dataclasses import dataclass

HELP, PROGRESS, URGE, RATE, OUT, IN, NEW, ADD, CODE, FREE, NOTHING = (
    "help",
    "progress",
    "urge",
    "rate",
    "out",
    "in",
    "new",
    "add",
    "code",
    "free",
    "nothing",
)
CODE_LENGTH = 10
FEWEST = 4  # letters; shorter ones are no matter
# the words, longest first where one begins with another; what may follow is a code, or words where that makes sense
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (OUT, ("退订", "拒收", "取消订阅", "td", "tt", "t", "stop", "unsubscribe", "stopall", "0000")),
    (IN, ("恢复", "重新订阅", "订阅", "start", "unstop")),
    (HELP, ("帮助", "怎么用", "你好", "您好", "在吗", "help", "info", "hello", "hi", "?")),
    (PROGRESS, ("查进度", "查询进度", "办理进度", "进度", "查询", "进展", "查", "status", "progress")),
    (URGE, ("催办", "催一下", "催一催", "催单", "催", "urge")),
)
LEADING: tuple[tuple[str, tuple[str, ...]], ...] = ((NEW, ("新诉求", "新", "new")), (ADD, ("补充", "追加", "add")))
SCORES = {"非常满意": 5, "很满意": 5, "基本满意": 3, "非常不满意": 1, "很不满意": 1, "不满意": 2, "满意": 4}
RATED = re.compile(r"(?:评价|打分|评分|评|rate)?[\s:：]*([1-5])\s*(?:分|星)?")
DIGITS = re.compile(r"(?<!\d)(\d(?:[ -]?\d){9})(?!\d)")
GAP = " \t\n,，。.:：;；、!！~-+"
TYPES = (
    ("report", ("举报", "检举")),
    ("complaint", ("投诉",)),
    ("consult", ("咨询", "请问", "想问")),
    ("suggestion", ("建议",)),
    ("praise", ("表扬", "感谢", "点赞")),
)
LETTER = re.compile(r"[\u3400-\u9fffA-Za-z]")


@dataclass(frozen=True)
class Meaning:
    """`kind`: one of the constants; `code`: ten digits or ""; `score`: 1–5 for a rating; `words`: what is left for a matter, as it was written."""

    kind: str
    code: str = ""
    score: int = 0
    words: str = ""


def read(text: str) -> Meaning:
    """What this message means. A message of nothing but signs means nothing."""
    flat = unicodedata.normalize("NFKC", text).replace("\x00", "").strip()
    code, rest = _without_code(flat)
    bare = rest.lower().strip(GAP + "“”\"'【】()[]")
    score = _score(bare)
    if score:
        return Meaning(RATE, code, score)
    for kind, words in WORDS:
        if bare in words or (not bare and flat in words):
            return Meaning(kind, code)
    for kind, words in LEADING:
        found = next((word for word in words if _leads(word, bare)), None)
        if found is not None:
            return Meaning(kind, code, words=rest.strip(GAP)[len(found) :].strip(GAP))
    if code and not bare:
        return Meaning(CODE, code)
    if len(LETTER.findall(bare)) < FEWEST:
        return Meaning(HELP if LETTER.search(bare) or flat == "?" else NOTHING, code)
    return Meaning(FREE, code, words=rest.strip() if code else text.replace("\x00", "").strip())


def appeal_type_of(words: str) -> str:
    """What the writer seems to want: "help" unless they say."""
    return next((code for code, signs in TYPES if any(sign in words for sign in signs)), "help")


def language_of(text: str) -> str:
    """Gives "en" for words in Latin letters alone, else "zh"."""
    return "en" if re.search(r"[A-Za-z]{3}", text) and not re.search(r"[\u3400-\u9fff]", text) else "zh"


def _without_code(flat: str) -> tuple[str, str]:
    """The query code in the text and the text without it; a mobile number has eleven digits and is none."""
    found = DIGITS.search(flat)
    if found is None:
        return "", flat
    return re.sub(r"\D", "", found.group(1)), (flat[: found.start()] + " " + flat[found.end() :]).replace("查询码", " ").strip()


def _score(bare: str) -> int:
    if bare in SCORES:
        return SCORES[bare]
    rated = RATED.fullmatch(bare)
    return int(rated.group(1)) if rated else 0


def _leads(word: str, bare: str) -> bool:
    """The word "新" alone, or set off from what follows: "新 路灯不亮", "新：…", "新诉求路灯不亮"; but not "新华路堵车"."""
    if not bare.startswith(word):
        return False
    after = bare[len(word) : len(word) + 1]
    return not after or after in GAP or (len(word) > 1 and not word.isascii())
