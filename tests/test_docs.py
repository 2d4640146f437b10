"""The handbook keeps up with the house: every setting, command and room is named, the twins say the same, every link and picture is there."""

import re
from dataclasses import fields
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.config import Settings

ROOT = Path(__file__).resolve().parent.parent
TWINS = ("README.md", "README.zh-CN.md")
HANDBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
VARIABLES = {"home": "HOTLINE_HOME", "production": "APP_ENV"}
NOT_OURS = {"db", "run", "shell", "routes", "limiter", "openapi"}  # commands that Flask and its extensions bring
NOT_ROOMS = {"var", "htmlcov", "__pycache__"}  # made by running it
LARGEST = 150_000  # bytes of a picture


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def links(name: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text(name))


def prose(name: str) -> str:
    """The text without code: a "#" in a script is no heading."""
    return re.sub(r"^ *```.*?^ *```$", "", text(name), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", TWINS)
class TestReadme:
    def test_names_every_setting(self, name):
        wanted = {VARIABLES.get(field.name, field.name.upper()) for field in fields(Settings)}
        assert {each for each in wanted if f"`{each}`" not in text(name)} == set()

    def test_names_every_command(self, name, app):
        wanted = {command for command in app.cli.list_commands(None) if command not in NOT_OURS} | {"test"}
        assert {each for each in wanted if not re.search(rf"^\| .*`{each}[ `]", text(name), re.MULTILINE)} == set()

    def test_names_no_command_there_is_not(self, name, app):
        table = next(block for block in text(name).split("\n\n") if "| `doctor` |" in block)
        named = {words.split()[0] for row in table.splitlines()[2:] for words in re.findall(r"`([^`]+)`", row.split("|")[1])}
        assert named - set(app.cli.list_commands(None)) == {"test"}

    def test_names_every_room(self, name):
        rooms = {
            path.name
            for path in ROOT.iterdir()
            if path.is_dir() and any(path.glob("[!.]*")) and (path.name[0] != "." or path.name == ".ci")
        } - NOT_ROOMS
        assert {room for room in rooms if f"`{room}/`" not in text(name)} == set()


def test_the_twins_have_the_same_outline_pictures_and_scripts():
    for pattern in (r"^(#+) ", r"!\[[^\]]*\]\(([^)]+)\)", r"^\|([-|]+)\|$"):
        first, second = (re.findall(pattern, prose(name), re.MULTILINE) for name in TWINS)
        assert first == second, pattern
    first, second = (re.findall(r"^ *```.*?^ *```$", text(name), re.DOTALL | re.MULTILINE) for name in TWINS)
    assert first == second


@pytest.mark.parametrize("name", [*TWINS, *HANDBOOKS])
def test_every_link_leads_somewhere(name):
    folder = (ROOT / name).parent
    missing = [
        link
        for link in links(name)
        if not link.startswith(("http:", "https:", "#")) and not (folder / unquote(link).split("#")[0]).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("name", [*TWINS, *HANDBOOKS])
def test_no_machine_of_ours_is_named(name):
    assert re.findall(r"/(?:tmp|root|work|home)/\S*", text(name)) == []


def test_every_picture_is_small_and_used():
    used = {link.rpartition("/")[2] for name in [*TWINS, *HANDBOOKS] for link in links(name) if link.endswith(".png")}
    pictures = list((ROOT / "docs" / "shots").glob("*.png"))
    assert [path.name for path in pictures if path.stat().st_size > LARGEST] == []
    assert [path.name for path in pictures if path.name not in used] == []


@pytest.mark.parametrize("name", HANDBOOKS)
def test_every_button_a_handbook_names_is_on_a_page(name):
    said = {
        re.sub(r"%\(\w+\)s", "××××××", message).replace("%%", "%")
        for message in re.findall(r'^msgid "(.+)"$', text("app/translations/en.po"), re.MULTILINE)
    }
    tables = [block.splitlines() for block in text(name).split("\n\n") if block.startswith("| 按钮 |")]
    buttons = {label for rows in tables for row in rows[2:] for label in row.split("|")[1].strip().split("、")}
    assert {
        label for label in buttons if not any(one == label or one.startswith((label + "，", label + "（", label + " ")) for one in said)
    } == set()
