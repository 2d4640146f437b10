"""The sources of a rule as people cite them: "T10, SD20, JN §24" → "《山东省政务服务热线管理办法》；《济南市12345市民服务热线条例》第 24 条"."""

import re

from app.web.i18n import gettext as _
from app.web.i18n import later

SOURCES = {
    "BJ": later("《北京市接诉即办工作条例》"),
    "JN": later("《济南市12345市民服务热线条例》"),
    "JNB": later("《济南市优化营商环境条例》"),
    "WF": later("《潍坊市12345政务服务便民热线条例》"),
    "AY": later("《安阳市政务服务条例》"),
    "SHB": later("《上海市优化营商环境条例》"),
    "SAMR": later("《市场监督管理投诉举报处理暂行办法》"),
    "XF": later("《信访工作条例》"),
    "XJ": later("《信访事项简易办理办法》"),
    "CC": later("《民法典》"),
    "G66": later("国办函〔2025〕66号"),
    "G51": later("国办发〔2019〕51号"),
    "GB/T": later("国家标准 GB/T"),
    "BJD": later("北京市接诉即办地方标准"),
    "HK19": later("海口“大管家”办法（2019）"),
    "HK17": later("海口九项措施（2017）"),
    "SD20": later("《山东省政务服务热线管理办法》"),
    "SD17": later("《山东省级投诉热线管理办法》"),
    "SDE": later("山东企业诉求接诉即办办法（2020）"),
    "SD2": later("山东企业诉求“2115”办法"),
    "WH17": later("威海热线整合方案（2017）"),
    "JA": later("静安区街道热线办法（2019）"),
    "DZ": later("德州“好差评”办法"),
    "SC": later("四川“好差评”办法"),
    "GL": later("南京鼓楼吹哨报到办法（2023）"),
    "GLY": later("广陵吹哨报到办法"),
    "PG": later("平谷吹哨报到办法"),
    "BJQ": later("北京街道吹哨问答"),
    "HJS": later("平谷吹哨报到办法"),
    "practice": later("本系统的约定"),
    "seed": later("本系统的约定"),
    "domain": later("本系统的约定"),
}
_PART = re.compile(r"^(?P<key>GB/T|[A-Za-z]+\d*)(?P<rest>.*)$")
_OWN_NUMBER = re.compile(r"[TR]\d+[a-z]?(/T\d+)?")
_CLAUSE = re.compile(r"§\s*(\d+(?:[–-]\d+)?)(?:\((\d+)\))?")


def said(article: str) -> str:
    """The article in full names, each once. What is no source (our own numbers) is left out; what an
    administrator wrote in words of their own stays as it is."""
    first = _PART.match(re.split(r"[,，;；:： ]", article.strip())[0])
    if first is None or not (first["key"] in SOURCES or _OWN_NUMBER.fullmatch(first[0])):
        return article
    found: list[str] = []
    for part in re.split(r"[,，;；]", article):
        match = _PART.match(part.strip())
        if match is None or _OWN_NUMBER.fullmatch(part.strip().split(":")[0].split(" ")[0]):
            continue
        name = SOURCES.get(match["key"])
        found.append(_cited(name, match["rest"]) if name else part.strip())
    return _("；").join(dict.fromkeys(found)) or _("本系统的约定")


def _cited(name: str, rest: str) -> str:
    clause = _CLAUSE.search(rest)
    if name == SOURCES["practice"] or clause is None:
        return _(name) + (rest.rstrip() if name == SOURCES["GB/T"] else "")
    return _("%(source)s第 %(n)s 条", source=_(name), n=clause[1])
