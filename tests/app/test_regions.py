"""`import-regions`: a real city's districts and streets come in by code, again without doubling, and every bad line is named."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.db import db
from app.errors import Invalid
from tickets import regions
from tickets.organisations import Region

GOOD = "code,name,name_en,parent_code\n410502,文峰区,Wenfeng,\n410502001,宝莲寺镇,Baoliansi,410502\n"


@pytest.fixture(scope="module")
def bare(settings, new_database):
    app = create_app(replace(settings, database_url=new_database()))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def lay(bare, tmp_path):
    def from_text(text: str, encoding: str = "utf-8"):
        file = tmp_path / "regions.csv"
        file.write_text(text, encoding)
        return bare.test_cli_runner().invoke(args=["import-regions", str(file)])

    return from_text


def test_districts_and_streets_come_in_once_and_are_renamed(bare, lay):
    first = lay(GOOD)
    assert "新增 2 个，改了 0 个" in first.output, first.exception
    assert "新增 0 个，改了 1 个" in lay(GOOD.replace("宝莲寺镇", "宝莲寺街道"), "utf-8-sig").output
    with bare.app_context():
        assert db.session.execute(sa.select(Region.code, Region.name, Region.parent_code).order_by(Region.code)).all() == [
            ("410502", "文峰区", None),
            ("410502001", "宝莲寺街道", "410502"),
        ]
        db.session.remove()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\n文峰区\n", "缺列 code"),
        ("code,name\n", "一行也没有"),
        ("code,name,parent_code\n4105,x,\n410502001,,\n410502002,y,999999\n", "第 2 行"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(lay, text, said):
    done = lay(text)
    assert done.exit_code != 0
    assert said in done.output


def test_text_of_another_encoding_is_named(lay):
    assert "不是 UTF-8" in lay(GOOD, "gbk").output


def test_every_bad_line_is_named(session):
    with pytest.raises(Invalid) as bad:
        regions.lay(
            session,
            [
                {"code": "4105", "name": "x"},
                {"code": "410502001", "name": ""},
                {"code": "410502002", "name": "y", "parent_code": "410502002"},
            ],
        )
    assert [sentence.split("：")[0] for sentence in bad.value.fields["file"]] == ["第 2 行", "第 3 行", "第 4 行"]
