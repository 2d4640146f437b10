"""What words are taken for; a matter is never mistaken for a command, nor a command for a matter."""

import pytest

from app.texting.meaning import (
    ADD,
    CODE,
    FREE,
    HELP,
    IN,
    NEW,
    NOTHING,
    OUT,
    PROGRESS,
    RATE,
    THANKS,
    URGE,
    Meaning,
    appeal_type_of,
    language_of,
    read,
)

CODE10 = "8329471056"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("进度8329471056", Meaning(PROGRESS, CODE10)),
        ("进度 83 2947 1056", Meaning(PROGRESS, CODE10)),
        ("８３２９４７１０５６", Meaning(CODE, CODE10)),
        ("查询", Meaning(PROGRESS)),
        ("“进度”", Meaning(PROGRESS)),
        ("status 8329471056", Meaning(PROGRESS, CODE10)),
        ("查询码 8329471056 进度", Meaning(PROGRESS, CODE10)),
        ("1", Meaning(RATE, score=1)),
        ("５分", Meaning(RATE, score=5)),
        ("5 8329471056", Meaning(RATE, CODE10, 5)),
        ("评价：4", Meaning(RATE, score=4)),
        ("不满意", Meaning(RATE, score=2)),
        ("非常满意！", Meaning(RATE, score=5)),
        ("rate 3", Meaning(RATE, score=3)),
        ("1，没修好", Meaning(RATE, score=1, words="没修好")),
        ("1 没修好", Meaning(RATE, score=1, words="没修好")),
        ("评分 2 星，来得太慢", Meaning(RATE, score=2, words="来得太慢")),
        ("不满意，根本没人来", Meaning(RATE, score=2, words="根本没人来")),
        ("5 8329471056 Well done", Meaning(RATE, CODE10, 5, "Well done")),
        ("3 号楼停水了", Meaning(FREE, words="3 号楼停水了")),
        ("1.路灯不亮 2.井盖坏了", Meaning(FREE, words="1.路灯不亮 2.井盖坏了")),
        ("2，3 栋楼都停水了", Meaning(FREE, words="2，3 栋楼都停水了")),
        ("5 分钟就走了", Meaning(FREE, words="5 分钟就走了")),
        ("满意度调查怎么做", Meaning(FREE, words="满意度调查怎么做")),
        ("好的，谢谢你们！", Meaning(THANKS)),
        ("Thank you very much.", Meaning(THANKS)),
        ("谢谢城管局老王", Meaning(FREE, words="谢谢城管局老王")),
        ("6", Meaning(NOTHING)),
        ("0", Meaning(NOTHING)),
        ("15", Meaning(NOTHING)),
        ("退订", Meaning(OUT)),
        ("TD", Meaning(OUT)),
        (" t ", Meaning(OUT)),
        ("STOP", Meaning(OUT)),
        ("0000", Meaning(OUT)),
        ("恢复", Meaning(IN)),
        ("start", Meaning(IN)),
        ("催办", Meaning(URGE)),
        ("催 8329471056", Meaning(URGE, CODE10)),
        ("帮助", Meaning(HELP)),
        ("？", Meaning(HELP)),
        ("您好", Meaning(HELP)),
        ("不亮", Meaning(HELP)),
        ("新", Meaning(NEW)),
        ("新 路灯不亮了", Meaning(NEW, words="路灯不亮了")),
        ("新诉求路灯不亮", Meaning(NEW, words="路灯不亮")),
        ("NEW broken lamp", Meaning(NEW, words="broken lamp")),
        ("补充 8329471056 又漏水了", Meaning(ADD, CODE10, words="又漏水了")),
        ("补充：又漏水了", Meaning(ADD, words="又漏水了")),
        ("8329471056 又漏水了", Meaning(FREE, CODE10, words="又漏水了")),
        ("新华路堵车严重", Meaning(FREE, words="新华路堵车严重")),
        ("newspapers everywhere", Meaning(FREE, words="newspapers everywhere")),
        ("你们的进度怎么这么慢", Meaning(FREE, words="你们的进度怎么这么慢")),
        ("退订了报纸还在送，没人管", Meaning(FREE, words="退订了报纸还在送，没人管")),
        ("查一下东门街 18 号", Meaning(FREE, words="查一下东门街 18 号")),
        ("楼下噪音，电话13800138000", Meaning(FREE, words="楼下噪音，电话13800138000")),
        ("", Meaning(NOTHING)),
        ("  \n", Meaning(NOTHING)),
        ("😀😀", Meaning(NOTHING)),
        ("12345", Meaning(NOTHING)),
        ("13800138000", Meaning(NOTHING)),
        ("a\x00b\x00c\x00d", Meaning(FREE, words="abcd")),
    ],
)
def test_what_is_meant(text, meant):
    assert read(text) == meant


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("我要举报小作坊", "report"),
        ("投诉餐馆油烟", "complaint"),
        ("请问公积金怎么取", "consult"),
        ("路灯不亮", "help"),
        ("表扬社区小王", "praise"),
    ],
)
def test_what_the_writer_wants(words, kind):
    assert appeal_type_of(words) == kind


def test_the_language_of_the_answer():
    assert [language_of(text) for text in ("STATUS", "进度", "1", "lamp broken 路灯", "My lamp")] == ["en", "zh", "zh", "zh", "en"]
