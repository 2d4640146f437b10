"""The house checks itself: import arrows, clock reads, commits, status changes, module docstrings, room sizes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "tickets", "escalation", "notifiers")
FLOOR = {"app.config", "app.db", "app.clock", "app.errors", "app.vault"}
MAY = {"tickets": FLOOR | {"tickets"}, "escalation": FLOOR | {"tickets", "escalation"}, "notifiers": FLOOR | {"notifiers"}}
LONGEST, LONGEST_FUNCTION = 350, 45  # lines
LATE = {"app"}  # create_app alone imports late, so that the floor stays importable by anyone
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def imported(path: Path) -> set[str]:
    """The modules of ours a file imports, as far as the dotted name tells."""
    found = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} if node.module != "app" else {f"app.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ROOMS}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) != "app"], ids=name_of)
def test_arrows_point_one_way(path):
    allowed = MAY[room_of(path)]
    wrong = {name for name in imported(path) if name not in allowed and name.split(".")[0] not in allowed}
    assert not wrong


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_the_floor_imports_only_the_floor(name):
    assert imported(ROOT / (name.replace(".", "/") + ".py")) <= FLOOR


def test_there_is_no_import_cycle():
    arrows = {name_of(path): imported(path) for path in MODULES}
    done, open_ = set(), []

    def walk(name):
        if name in open_:
            pytest.fail(" → ".join([*open_[open_.index(name) :], name]))
        if name in done or name not in arrows:
            return
        open_.append(name)
        for other in sorted(arrows[name] - {name}):
            walk(other)
        open_.pop()
        done.add(name)

    for name in arrows:
        walk(name)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_and_can_be_seen_whole(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(TREES[path]), "a module opens with what belongs in it"
    assert len(text.splitlines()) <= LONGEST


def test_test_files_say_what_they_are_and_can_be_seen_whole():
    """The same for tests and what they share; an empty file marks a package."""
    wrong = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text and not text.startswith('"""'):
            wrong.append(f"{name_of(path)} does not open with what belongs in it")
        if (lines := len(text.splitlines())) > LONGEST:
            wrong.append(f"{name_of(path)}: {lines} lines")
    assert wrong == []


def test_functions_are_short_and_import_nothing():
    """A function fits on a screen; what it needs stands at the top of its module (a cycle hides behind a late import)."""
    wrong = []
    for path in MODULES:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION:
                    wrong.append(f"{name_of(path)}.{node.name}: {node.end_lineno - node.lineno + 1} lines")
                if name_of(path) not in LATE and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)):
                    wrong.append(f"{name_of(path)}.{node.name}: a late import")
    assert wrong == []


def test_nobody_swallows_every_error():
    """`except Exception` and a bare except hide what ruff's BLE would let a comment allow."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not isinstance(node.body[-1], ast.Raise)
    ]
    assert wrong == []


def test_digits_are_read_as_numbers_in_one_way():
    """The sign "²".isdigit() is true and int("²") fails; a number of 5,000 digits fails too: tickets.text.whole_number reads what people send."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if not name_of(path).startswith("app.embedded")
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.IfExp | ast.BoolOp | ast.If)
        and "isdigit()" in ast.unparse(node.test if not isinstance(node, ast.BoolOp) else node)
        and "int(" in ast.unparse(node)
        and "isascii()" not in ast.unparse(node)
    ]
    assert wrong == []


def test_only_the_clock_reads_the_clock():
    allowed = {ROOT / "app" / "clock.py"}
    readers = [
        name_of(path)
        for path in MODULES
        if path not in allowed
        and room_of(path) != "app"
        and any(call in path.read_text(encoding="utf-8") for call in ("datetime.now(", "datetime.utcnow(", "date.today("))
    ]
    assert readers == []


def test_only_work_commits():
    wrong = [name_of(path) for path in MODULES if ".commit()" in path.read_text(encoding="utf-8") and name_of(path) != "app.work"]
    assert wrong == []


def test_only_workflow_changes_a_status():
    """`ticket.status =` stands in workflow.move and nowhere else."""
    writers = set()
    for path in MODULES:
        for node in ast.walk(TREES[path]):
            targets = (
                node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []
            )
            if any(
                isinstance(t, ast.Attribute)
                and t.attr == "status"
                and isinstance(t.value, ast.Name)
                and t.value.id in ("ticket", "master", "child")
                for t in targets
            ):
                writers.add(name_of(path))
    assert writers == {"tickets.workflow"}
