"""No sentence is missing in English, none is broken by its translation, none is kept that nobody says."""

import ast
import re

from app.web import i18n
from app.web.tools import strings

HOLE = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
SAID = re.compile(r"""(?<!\w)(?:_|_n|_html)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
WORD_OF = re.compile(r"{{ *\w*words\.[A-Z_]+\b")
ROOMS = {"tickets", "escalation"}
# what these read is Chinese: what citizens say, files of areas and holidays, laws; a terminal's calendar is Chinese
HEARD = re.compile(
    "(risk|hearing|accused|copies|nearby|topic_words|categories|areas|geojson|regions|notices"
    "|limit_data|supervision_rules|whistle_workflow|evaluation_acts|month|hours|text)\\.py"
)
# what is written into rows, in the city's language
WRITTEN = {
    *(" 岗", "回头看：", " 办结后又出问题）", "\n（", "照片 ", " 张", "违法线索核查：", "；"),
    *("同类 ", " 件中 ", " 件在此", "按办结件学到的 ", "；同类 ", " 件由它办"),
}
MARKS = {*strings.KEYWORDS, *strings.REFUSALS, "split", "replace"}
# what is Chinese in every language: the language's own name, a city's year and month, marks of width, words citizens type, notes kept in the city's language
NOT_SAID = {
    *("中文", "哨响 12345", "街道", "特急", "紧急", "周", " 年 ", " 月 ", " 日", " 月", "\u3000", "镇", "宋体"),
    *("[(（]", "[（(]", "[,，;；]", "[,，;；:： ]", "[=+\\-@\\t\\r＝＋－＠]", "[0-9０-９]"),
    *("app/web/rating.py 、", "app/web/ticket_acts.py ："),  # rows that are kept
    *("市民反映", "来电催办", "来电紧急，已转 ", "请单位说明为什么没有按期答复。"),
}


def test_every_sentence_has_english():
    lacking = strings.missing()
    assert not lacking, "run `python -m app.web.tools.strings`, then fill in:\n" + "\n".join(
        f"{places[0]}: {text}" for text, places in lacking.items()
    )


def test_every_translation_keeps_the_holes_of_its_sentence():
    wrong = {
        source: said
        for source, said in i18n.catalogue().items()
        for one in said
        if set(HOLE.findall(one)) - {"n"} != set(HOLE.findall(source)) - {"n"}
    }
    assert not wrong


def test_no_translation_leaves_chinese_standing():
    wrong = {source: said for source, said in i18n.catalogue().items() if any(ord(letter) in strings.HAN for one in said for letter in one)}
    assert not wrong


def test_no_entry_is_said_nowhere():
    assert strings.stale() == [], "run `python -m app.web.tools.strings --drop`"


def test_no_refusal_says_chinese_past_the_catalogue():
    """A sentence kept in a name, or built with an f-string, is not found by the translators' tool: later("…"), Filled("…%(n)s", n=…)."""
    wrong = []
    for path in strings._files():
        place = path.relative_to(strings.HOUSE)
        if path.suffix == ".py" and place.parts[0] in ROOMS and not HEARD.fullmatch(path.name):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told and CHINESE.search(node.value):
                    wrong += [f"{place}:{node.lineno} {node.value.strip()}"] if node.value not in strings.said().keys() | WRITTEN else []
    assert not wrong


def _beside_gettext(tree: ast.AST) -> list[tuple[int, str]]:
    """The strings of a view that are neither handed to gettext or a refusal, nor a mistake of a form, nor read by a parser."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        handed = isinstance(node, ast.Call) and strings._name(node.func) in MARKS
        if handed or (isinstance(node, ast.Assign) and any(isinstance(to, ast.Subscript) for to in node.targets)):
            told |= {id(piece) for piece in ast.walk(node)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [(node.lineno, node.value) for node in texts if id(node) not in told]


def test_no_page_says_chinese_past_the_catalogue():
    """A label, a comma or a bracket written into a template or a view stays Chinese on the English page."""
    wrong = []
    for path in strings._files():
        place = path.relative_to(strings.HOUSE)
        if path.suffix == ".py" and place.parts[:2] == ("app", "web"):
            left = _beside_gettext(ast.parse(path.read_text(encoding="utf-8"))) if not path.name.endswith("words.py") else ()
        elif path.suffix in {".html", ".jinja"} and place.parts[1] == "web":
            page = re.sub(r"{#.*?#}", "", SAID.sub("_(", path.read_text(encoding="utf-8")), flags=re.DOTALL)
            left = [(0, piece) for piece in re.split("[<>\"'{}]", page)]
            wrong += [f"{place}: {found[0]} without _()" for found in WORD_OF.finditer(page)]
        else:
            continue
        wrong += [
            f"{place}:{line} {text.strip()}" for line, text in left if CHINESE.search(text) and not {text, f"{place} {text}"} & NOT_SAID
        ]
    assert not wrong
