"""Tables of a city's organisation as people fill them in: good ones, what is wrong with bad ones, files no page can take; and the ways to
bring one in."""

import gzip
import io
import re
import zipfile

from app import clock
from app.commands.organisation import reasons_of
from app.imports.readers import opened
from app.organisation.book import Book
from app.organisation.run import KINDS, lay
from app.organisation.table import read
from tests.app.web.seats import token_of
from tests.factories import person

UNITS = "code,name,name_en,short_name,kind,parent,region,phone,superior\n"
PEOPLE = "username,name,unit,roles,post\n"
CATEGORIES = "code,name,keywords,active,photos,on_site,words\n"
DUTIES = "category,region,unit,basis,since\n"
ANSWERS = "title,content,article,category,unit,public,valid_until,review_on\n"
MATTERS = "title,category,lead,parts,basis\n"
SAID = "先离远些，打 12345，说清在哪条路。"
FAMILY = (  # the child stands before its parent
    "trees,树木养护科,Trees,树木科,科室,parks,,,\nparks,市园林绿化局,Parks,园林局,部门,linhai,东门街道,8810-0230,leader1\n"
)
STAFF = (
    "parks.liu,刘一帆,园林局,联络员,A\nparks.chen,陈向阳,parks,承办人,承办人A 联络员B\nparks.wu,吴桐,parks,承办人、负责人,承办人B 负责人A\n"
)

# rows → how a refusal among them begins
BAD_UNITS = {
    "x,某某局,,某局,部门,nowhere,,,": "上级：没有上级 nowhere",
    "a1,甲局,,甲,部门,a2,,,\na2,乙局,,乙,部门,a1,,,\na3,丙局,,丙,部门,a2,,,": "上级：上级绕成了一圈：a1 → a2 → a1",
    "a1,甲局,,甲,部门,a1,,,": "上级：上级绕成了一圈：a1 → a1",
    "a1,甲局,,甲,部门,linhai,,,\na1,乙局,,乙,部门,linhai,,,": "代码：和第 2 行重复，请只留一行",
    "X_1,某某局,,某局,部门,linhai,,,": "代码：代码用小写字母开头",
    "x1,某某局,,某局,星球,linhai,,,": "性质：“星球”不认识，可以写：市、热线中心、区、部门",
    "x1,某某局,,某局,city,linhai,,,": "性质：请选单位性质",
    "urban,单位urban,,urban,街道,linhai,,,": "性质：性质不能改，这个单位是部门",
    "x1,某,,某局,部门,linhai,,,": "全称：全称 2 到 60 个字",
    "x1,某某局,,一二三四五六七八九十一二三,部门,linhai,,,": "简称：简称 1 到 12 个字",
    "x1,某某局,,某局,部门,linhai,火星,,": "区划：没有区划 火星",
    "x1,某某局,,某局,部门,linhai,,11111111111111111111111111111111111111111,": "电话：最多 40 个字",
    "east,单位east,,east,区,dongmen,,,": "上级：不能移到自己或自己的下级下面",
    "x1,某某局,,某局,部门,linhai,,": "列数：这一行有 8 列，表头有 9 列",
    'x1,"某某局,,某局,部门,linhai,,,': "格式：引号没有配对",
    "x1,某\x00某局,,某局,部门,linhai,,,": "格式：有不能显示的字符（NUL）",
    "bad one,甲局,,甲,部门,linhai,,,\nb2,乙局,,乙,部门,bad one,,,": "上级：上级 bad one 那一行没有收",
}
BAD_PEOPLE = {
    "x.new,某人,nowhere,承办人,": "单位：没有单位 nowhere",
    "x.new,某人,urban,国王,": "岗位：没有岗位“国王”，可以写：受理员",
    "x.new,某人,urban,,": "岗位：请至少选一个岗位",
    "x.new,某人,urban,受理员,": "岗位：中心的岗位只能给热线中心和市里的人",
    "x.new,某人,centre,联络员,": "岗位：联络员、承办人、负责人要在承办单位",
    "9,某人,urban,承办人,": "账号：账号用小写字母开头",
    "x.new,,urban,承办人,": "姓名：请写姓名",
    "x.new,某人,urban,承办人,\nX.new,某人,urban,承办人,": "账号：和第 2 行重复",
    "x.new,某人,urban,承办人,C": "A、B 岗：“C”不认识",
    "x.new,某人,urban,承办人,联络员A": "A、B 岗：担 A 岗的，岗位一栏里要有联络员",
    "x.new,某人,centre,受理员,A": "A、B 岗：只有联络员、承办人、负责人分 A、B 岗",
    "x.new,某人,urban,承办人,A\nx.two,某人,urban,承办人,A": "A、B 岗：这个 A 岗或 B 岗已经写给第 2 行的人",
    "x.new,某人,trees,联络员,A": "A、B 岗：请选 B 岗",
    "admin1,许诚,centre,受理员,": "岗位：现有的岗位文件里没有写：管理员。导入不收回岗位",
    "urban.liaison,程晓东,market,联络员,": "单位：还担着urban的岗位",
    "agent1,周敏,centre,受理员,": "账号：这个账号已停用",
}
BAD_CATEGORIES = {
    "no.such.parent,某类,,,,,": "代码：没有上一级 no.such",
    "aa.bb.cc.dd,某类,,,,,\naa,甲,,,,,\naa.bb,乙,,,,,\naa.bb.cc,丙,,,,,": "代码：分类最多三级",
    "Bad code,某类,,,,,": "代码：代码用小写字母开头",
    "x1,,,,,,": "名称：名称 1 到 30 个字",
    "x1,某类,,也许,,,": "在用：“也许”不认识，请写是或否",
    "x1,某类,,,七,,": "结案照片张数：请写 0 到 6 的整数",
    "x1,某类,,,7,,": "结案照片张数：照片 0 到 6 张",
}
BAD_DUTIES = {
    "火星,,urban,依据,": "分类：没有分类 火星",
    "urban.drainage,火星,urban,依据,": "区划：没有区划 火星",
    "urban.drainage,,nowhere,依据,": "单位：没有这个承办单位",
    "urban.drainage,,trees,依据,": "单位：这个单位还没有联络员，不能收单",
    "urban.drainage,,urban,,": "法定依据：请写明法定依据",
    "urban.drainage,,urban,依据,明天": "从哪天起：“明天”不是日期",
    "urban.drainage,,urban,依据,\n排水,,urban,依据,": "分类：和第 2 行重复",
}
BAD_ANSWERS = {
    f"井,{SAID},依据,,urban,是,,": "市民会怎么问：标题 2 到 60 个字",
    "井盖丢了,短,依据,,urban,是,,": "怎么答：解答 10 到 5000 个字",
    f"井盖丢了,{SAID},,,urban,是,,": "依据：请写明依据",
    f"井盖丢了,{SAID},依据,火星,urban,是,,": "分类：没有分类 火星，或已停用",
    f"井盖丢了,{SAID},依据,,nowhere,是,,": "谁答：没有单位 nowhere",
    f"井盖丢了,{SAID},依据,,linhai,是,,": "谁答：请写一个单位",
    f"井盖丢了,{SAID},依据,,urban,也许,,": "公开：“也许”不认识",
    f"井盖丢了,{SAID},依据,,urban,是,明天,": "有效到哪天：“明天”不是日期",
    f"井盖丢了,{SAID},依据,,urban,是,2020-01-01,": "有效到哪天：有效期不能早于今天",
    f"井盖丢了,{SAID},依据,,urban,是,,2020-01-01": "哪天复核：复核的日子要在明天到一年半之内",
    f"井盖丢了,{SAID},依据,,urban,是,,\n井盖丢了,{SAID},依据,,单位urban,是,,": "市民会怎么问：和第 2 行重复",
}
BAD_MATTERS = {
    ",排水,urban,water：查管道,依据": "事项：请写这是一件什么事",
    f"{'塌' * 101},排水,urban,water：查管道,依据": "事项：最多 100 个字",
    "塌陷,火星,urban,water：查管道,依据": "分类：没有分类 火星，或已停用",
    "塌陷,排水,nowhere,water：查管道,依据": "牵头：没有单位 nowhere",
    "塌陷,排水,trees,water：查管道,依据": "牵头：这个单位还没有联络员，不能收单",
    "塌陷,排水,urban,,依据": "协办和分工：至少要有一个协办单位",
    "塌陷,排水,urban,查管道,依据": "协办和分工：“查管道”看不懂，请写成“单位：做哪一段”",
    "塌陷,排水,urban,火星：查管道,依据": "协办和分工：没有单位 火星",
    "塌陷,排水,urban,trees：查管道,依据": "协办和分工：树木科 还没有联络员，不能收单",
    "塌陷,排水,urban,water：查；火星：断电,依据": "协办和分工：没有单位 火星",
    "塌陷,排水,urban,water：查；power断电,依据": "协办和分工：“power断电”看不懂",
    '塌陷,排水,urban,"water：查\n随时到场",依据': "协办和分工：“随时到场”看不懂",
    "塌陷,排水,urban,urban：自己,依据": "协办和分工：同一个单位只能出现一次",
    "塌陷,排水,urban,water：,依据": "协办和分工：请写明每个协办单位做哪一段",
    f"塌陷,排水,urban,water：{'查' * 501},依据": "协办和分工：每个单位做哪一段最多 500 个字",
    "塌陷,排水,urban,water：查管道,": "依据：请写明依据",
    f"塌陷,排水,urban,water：查管道,{'据' * 301}": "依据：最多 300 个字",
    "塌陷,排水,urban,water：查,依据\n塌陷,排水,urban,water：查,依据": "事项：和第 2 行重复",
}
BAD = (  # kind, first line, bad rows, a good row
    ("units", UNITS, BAD_UNITS, "good,好的局,,好局,部门,linhai,,,\n"),
    ("accounts", PEOPLE, BAD_PEOPLE, "x.good,好人,urban,承办人,\n"),
    ("categories", CATEGORIES, BAD_CATEGORIES, "good,好的,,,,,\n"),
    ("catalogue", DUTIES, BAD_DUTIES, "commerce,,market,依据,\n"),
    ("knowledge", ANSWERS, BAD_ANSWERS, f"树要倒了找谁,{SAID},依据,排水,urban,是,,\n"),
    ("boundaries", MATTERS, BAD_MATTERS, "占绿毁绿,排水,urban,water：查管道,依据\n"),
)


def zipped_nothing() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 300_001)
    return packed.getvalue()


# what → (kind, file, status, what the page says)
TOO_MANY = PEOPLE + "".join(f"many{number},某人,urban,承办人,\n" for number in range(5001))
REFUSED = {
    "no file": ("units", b"", 422, "请选一个文件"),
    "empty": ("units", b" ", 422, "文件是空的"),
    "no rows": ("units", UNITS.encode(), 422, "一行也没有"),
    "columns missing": ("units", b"code,name\na,b\n", 422, "缺列"),
    "no workbook": ("units", b"PK\x03\x04 nothing", 422, "不是完好的 xlsx"),
    "packed": ("units", gzip.compress(b"code,name"), 422, "请先解开压缩"),
    "too large": ("units", b"x" * 300_001, 413, "文件太大"),
    "too large inside": ("units", zipped_nothing, 413, "文件太大"),
    "5,001 rows": ("accounts", TOO_MANY.encode(), 413, "python3 manage.py import-accounts"),
    "101 new accounts": ("accounts", TOO_MANY[: TOO_MANY.index("many101,")].encode(), 413, "有 101 个新账号，网页上一次最多 100 个"),
}


def table_of(tmp_path, kind: str, text: str, encoding: str = "utf-8"):
    file = tmp_path / f"{kind}.csv"
    file.write_bytes(text.encode(encoding))
    return read(opened(file), file.name, KINDS[kind].columns)


def book_of(session, **options) -> Book:
    return Book(session, clock.now(), **({"actor": person(session, "admin1", clock.now()), "stored": lambda username: "hash"} | options))


def brought(session, tmp_path, kind: str, text: str, **options) -> Book:
    """The table brought in, in a transaction that is rolled back."""
    return lay(KINDS[kind], table_of(tmp_path, kind, text), book_of(session, **options))


def counts(book: Book) -> tuple[int, int, int, int]:
    return len(book.added), len(book.changed), len(book.rejected), book.same


def refusals(kind: str, book: Book) -> dict[int, str]:
    return {entry.line.number: reasons_of(KINDS[kind], entry) for entry in book.rejected}


def put(admin, kind: str, data: bytes, name: str = "table.csv", **more):
    page = f"/admin/{kind}/import"
    form = {"csrf_token": token_of(admin.get(page).text), "file": (io.BytesIO(data), name), **more}
    return admin.post(page, data=form, content_type="multipart/form-data")


def press(admin, kind: str, tried: str):
    waits = re.search(r'name="token" value="([^"]+)"', tried)[1]
    return admin.post(f"/admin/{kind}/imports", data={"csrf_token": token_of(tried), "token": waits})
