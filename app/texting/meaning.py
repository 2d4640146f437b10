"""What a text message means: a word people were told, a code, a score, or a matter in their own words. Pure."""

import re
import unicodedata
from dataclasses import dataclass

HELP, PROGRESS, URGE, RATE, OUT, IN, NEW, ADD, CODE, FREE, THANKS, NOTHING = (
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
    "thanks",
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
# "1，没修好", "1 没修好", "不满意，根本没人来"; but "3 号楼停水", "1.路灯不亮 2.井盖坏了" and "5 分钟就走了" are no ratings
COUNTED = "号单元楼栋幢弄巷座期区组队排层室户家人个条件点天月年日周次小时分秒米公里路岁块名位栏只台辆度级楼棵根张把套间处"
REASONED = re.compile(
    rf"(?:(?:评价|打分|评分|评|rate)[\s:]*)?(?:([1-5])(?:\s*[分星][\s,;:!。.]+|\s*[,;:!\n]\s*|\s+(?![{COUNTED}]))|({'|'.join(SCORES)})[\s,;:!。.]+)(?=[^\W\d_])(.+)",
    re.DOTALL | re.IGNORECASE,
)
POLITE = re.compile(
    r"(?:好的|好|收到|知道|明白|谢谢|多谢|感谢|辛苦|麻烦|你们?|您们?|大家|了|啦|嗯|哦|ok|okay|thanks?|thank you|very much|got it|[\s,.!~。])+",
    re.IGNORECASE,
)
DIGITS = re.compile(r"(?<!\d)(\d(?:[ -]?\d){9})(?!\d)")
GAP = " \t\n,，。.:：;；、!！~-+"
ROUND = GAP + "“”\"'【】()[]"  # what may stand around a command
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
    """`kind`: one of the constants; `code`: ten digits or ""; `score`: 1–5 for a rating; `words`: what is left for a matter, as it was written,
    or why somebody rates so."""

    kind: str
    code: str = ""
    score: int = 0
    words: str = ""


def read(text: str) -> Meaning:
    """What this message means. A message of nothing but signs means nothing."""
    flat = unicodedata.normalize("NFKC", text).replace("\x00", "").strip()
    code, rest = _without_code(flat)
    bare = rest.lower().strip(ROUND)
    found = _rated(code, rest.strip(ROUND)) or _commanded(code, flat, bare, rest)
    if found is not None:
        return found
    if code and not bare:
        return Meaning(CODE, code)
    if LETTER.search(bare) and POLITE.fullmatch(bare):
        return Meaning(THANKS, code)
    if not is_matter(bare):
        return Meaning(HELP if LETTER.search(bare) or flat == "?" else NOTHING, code)
    return Meaning(FREE, code, words=rest.strip() if code else text.replace("\x00", "").strip())


def is_matter(words: str) -> bool:
    """Whether they say enough to be one."""
    return len(LETTER.findall(words)) >= FEWEST


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


def _rated(code: str, plain: str) -> Meaning | None:
    """A score, alone or with its reason."""
    bare, reasoned = plain.lower(), REASONED.fullmatch(plain)
    if reasoned is not None:
        return Meaning(RATE, code, int(reasoned[1] or SCORES[reasoned[2]]), reasoned[3].strip())
    rated = RATED.fullmatch(bare)
    score = SCORES.get(bare) or (int(rated[1]) if rated else 0)
    return Meaning(RATE, code, score) if score else None


def _commanded(code: str, flat: str, bare: str, rest: str) -> Meaning | None:
    """A word people were told, alone; "new" and "add" also before words of their own."""
    for kind, words in WORDS:
        if bare in words or (not bare and flat in words):
            return Meaning(kind, code)
    for kind, words in LEADING:
        found = next((word for word in words if _leads(word, bare)), None)
        if found is not None:
            return Meaning(kind, code, words=rest.strip(GAP)[len(found) :].strip(GAP))
    return None


def _leads(word: str, bare: str) -> bool:
    """The word "新" alone, or set off from what follows: "新 路灯不亮", "新：…", "新诉求路灯不亮"; but not "新华路堵车"."""
    if not bare.startswith(word):
        return False
    after = bare[len(word) : len(word) + 1]
    return not after or after in GAP or (len(word) > 1 and not word.isascii())
