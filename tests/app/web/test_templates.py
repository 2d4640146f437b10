"""Laws of all templates: they compile, use only macros and icons that exist, and hold nothing the strict policy refuses."""

import re
from pathlib import Path

import pytest

from app.web import icons
from tests.app.web import kitchen

FOLDER = Path(__file__).resolve().parents[3] / "app" / "web" / "templates"
TEMPLATES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".html", ".jinja"})
NAMES = [path.relative_to(FOLDER).as_posix() for path in TEMPLATES]
FILE_ENDINGS = {"jinja", "html"}


@pytest.fixture(scope="module")
def environment():
    app = kitchen.build()
    with app.test_request_context():
        app.jinja_env.get_template("ui.jinja").module  # noqa: B018 — compiles it
        yield app.jinja_env


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(environment, name):
    environment.parse((FOLDER / name).read_text(encoding="utf-8"), name)


@pytest.mark.parametrize("name", NAMES)
def test_its_macros_exist(environment, name):
    known = set(vars(environment.get_template("ui.jinja").module))
    used = set(re.findall(r"\bui\.(\w+)", (FOLDER / name).read_text(encoding="utf-8")))
    assert used - known - FILE_ENDINGS == set()


@pytest.mark.parametrize("name", NAMES)
def test_its_icons_exist(name):
    source = (FOLDER / name).read_text(encoding="utf-8")
    named = re.findall(r"""icon\(\s*["']([\w-]+)["']""", source) + re.findall(r"""\bico\w*\s*=\s*["']([\w-]+)["']""", source)
    assert [one for one in named if one not in icons.drawings()] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_nothing_the_policy_refuses(name):
    source = re.sub(r"\{#.*?#\}", "", (FOLDER / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle\s*=", source), "style attribute"
    assert not re.search(r"<script(?![^>]*\ssrc=)", source), "inline script"
    assert not re.search(r"<[^>]*\s(on[a-z]+|hx-on[^=]*)\s*=", source), "inline handler"
    assert not re.search(r"""(src|href|action)\s*=\s*["']https?:""", source), "something from elsewhere"


@pytest.mark.parametrize("name", NAMES)
def test_its_posts_carry_a_token(name):
    source = (FOLDER / name).read_text(encoding="utf-8")
    for form in re.findall(r"<form\b(?:(?!</form>).)*", source, flags=re.DOTALL):
        if re.search(r"""method\s*=\s*["']post""", form, flags=re.IGNORECASE):
            assert "csrf" in form, form[:160]
