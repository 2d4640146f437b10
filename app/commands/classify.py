"""`classify train [FILE]` and `classify predict FILE`: learn categories and units from closed tickets or a labelled file, and guess those of others."""

import csv
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app import clock
from app.commands.time import Plain
from app.errors import Invalid
from app.imports.cells import Names, text_of
from app.imports.lines import Source, Unreadable
from app.imports.mapping import mapped
from app.imports.readers import opened
from app.web.spreadsheet import harmless
from app.work import session_now
from tickets import learning
from tickets.catalogue import entry_for
from tickets.learning import KINDS, UNITS, Guess, Learned, Measured, Sorted
from tickets.reference import reference

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MAP = click.option("--map", "given", multiple=True, metavar="COLUMN=FIELD", help="列名=字段，可多次 / column=field, may be repeated")
HEAD = ("行号", "编号", "分类", "分类名称", "分类把握", "其次", "单位", "单位名称", "单位把握", "标题")
SAID = {KINDS: "分类", UNITS: "单位"}


class Row(NamedTuple):
    """A line of a file: its number, its own id, and its words with what was said of them."""

    number: int
    external: str
    title: str
    region: str
    sorted: Sorted


def register(app: Flask) -> None:
    app.cli.add_command(classify)


@click.group()
def classify() -> None:
    """Learn which category and unit a matter is, and guess it for others."""


@classify.command()
@click.argument("file", required=False, type=FILE)
@MAP
@with_appcontext
def train(file: Path | None, given: tuple[str, ...]) -> None:
    """Learn from FILE (columns content, category, and unit if there is one), or without FILE from this installation's closed tickets."""
    began, session = time.monotonic(), session_now()
    rows = [row.sorted for row in _rows(_opened(file), given, _names(session))] if file else list(learning.closed(session))
    folder = _folder()
    try:
        _learn(KINDS, [(row.text, row.category) for row in rows], folder)
    except Invalid as bad:
        raise Plain("；".join(sentence for said in bad.fields.values() for sentence in said)) from bad
    try:
        _learn(UNITS, [(row.text, row.unit) for row in rows], folder)
    except Invalid:
        learning.file_of(folder, UNITS).unlink(missing_ok=True)
        click.echo("单位：没有两家以上的单位可学，按派单目录定 (units: by the catalogue)")
    click.echo(f"模型在 {folder}，用时 {time.monotonic() - began:.1f} 秒 (model, seconds)")


@classify.command()
@click.argument("file", type=FILE)
@MAP
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写成 CSV (write a CSV)")
@with_appcontext
def predict(file: Path, given: tuple[str, ...], output: Path | None) -> None:
    """Guess the category and unit of every line of FILE, each with how sure; where the file says the category, count how often that was right."""
    session, now = session_now(), clock.now()
    model = learning.learned(_folder(), KINDS)
    if model is None:
        raise Plain("还没有学过：先 classify train (nothing learned yet: classify train first)")
    teller = Teller(session, model, learning.learned(_folder(), UNITS), now)
    source, found = _opened(file), Measured()
    rows = _rows(source, given, _names(session), all_of_them=True)
    if output is None:
        for row in rows:
            click.echo(_line(teller.cells(row, found)))
    else:
        try:
            with (
                output.open("w", encoding="utf-8-sig", newline="") as written,
                click.progressbar(length=source.length, label="判断", show_pos=True) as bar,
            ):
                writer = csv.writer(written)
                writer.writerow(HEAD)
                for row in rows:
                    writer.writerow([harmless(cell) for cell in teller.cells(row, found)])
                    bar.update(row.number - bar.pos)
                bar.update(source.length - bar.pos)
        except OSError as bad:
            raise Plain(f"{output} 写不了：{bad.strerror} (cannot be written)") from bad
        click.echo(f"{output}：{teller.told} 行 (rows)")
    if found.of:
        click.echo(f"文件里有分类的：{_said(found)}", err=output is None)


class Teller:
    """Guesses of one file: the model's category, and the unit the catalogue names for it, else the one the units' model guesses."""

    def __init__(self, session: Session, kinds: Learned, units: Learned | None, now: datetime):
        self.session, self.kinds, self.units, self.now = session, kinds, units, now
        self.names, self.told = reference(session), 0
        self._by_law: dict[tuple[str, str], str] = {}

    def cells(self, row: Row, found: Measured) -> list[str]:
        """One line of HEAD; what the file says of the category is counted in `found`."""
        guesses = self.kinds.guess(row.sorted.text, len(self.kinds.labels))
        self.told += 1
        if row.sorted.category:
            found.add(row.sorted.category, guesses)
        unit = self._unit(row, guesses)
        second = f"{guesses[1].label} {_percent(guesses[1].share)}" if len(guesses) > 1 else ""
        return [
            str(row.number),
            row.external,
            guesses[0].label,
            self._name(guesses[0].label),
            _percent(guesses[0].share),
            second,
            *((unit.label, self._unit_name(unit.label), _percent(unit.share)) if unit else ("", "", "")),
            row.title,
        ]

    def _unit(self, row: Row, guesses: Sequence[Guess]) -> Guess | None:
        first = self._lead(guesses[0].label, row.region)
        if first:
            return Guess(first, sum(guess.share for guess in guesses[:5] if self._lead(guess.label, row.region) == first))
        return self.units.guess(row.sorted.text, 1)[0] if self.units else None

    def _lead(self, category: str, region: str) -> str:
        """The unit the catalogue names; "" where it names none or the label is no category of this city."""
        if category not in self.names.category_codes:
            return ""
        if (category, region) not in self._by_law:
            entry = entry_for(self.session, self.names.category_codes[category].id, region or None, self.now)
            self._by_law[category, region] = self.names.units[entry.unit_id].code if entry else ""
        return self._by_law[category, region]

    def _name(self, category: str) -> str:
        return self.names.category_codes[category].path_name if category in self.names.category_codes else category

    def _unit_name(self, unit: str) -> str:
        return self.names.unit_codes[unit].name if unit in self.names.unit_codes else unit


def _learn(what: str, rows: list[tuple[str, str]], folder: Path) -> None:
    """Measure on one in five with a model of the others, then learn from all. Raises Invalid."""
    kept, file = learning.learnable(rows), learning.file_of(folder, what)
    known = [row for row in kept if not learning.held_out(row[0])]
    unseen = [row for row in kept if learning.held_out(row[0])]
    said = "件数太少，没有留出检验"
    with click.progressbar(length=2 * learning.ROUNDS, label=f"学{SAID[what]}", show_pos=False) as bar:
        if unseen and len({label for _text, label in known}) > 1:
            trial = learning.file_of(folder, f"{what}-trial")
            learning.learn(known, trial, lambda: bar.update(1))
            said = f"留出 {len(unseen):,} 件检验（相近的归在一边），{_said(learning.measure(Learned(trial), unseen))}"
            trial.unlink()
        bar.update(learning.ROUNDS - bar.pos)
        learning.learn(kept, file, lambda: bar.update(1))
        bar.update(2 * learning.ROUNDS - bar.pos)
    labels = len({label for _text, label in kept})
    click.echo(f"{SAID[what]}：{len(kept):,} 件，{labels} 种；{said} (learned, labels; measured on those held out)")
    if len(kept) < len(rows):
        click.echo(
            f"  没学的 {len(rows) - len(kept):,} 件：没有{SAID[what]}，或不足 {learning.FEWEST} 件 (not learned: no label, or too few of it)"
        )


def _said(found: Measured) -> str:
    sure = f"；把握 90 % 以上的占 {_percent(found.sure / found.of)}，其中对 {_percent(found.sure_right / found.sure)}" if found.sure else ""
    return f"第一个就对 {_percent(found.right / found.of)}（{found.right:,} ÷ {found.of:,}），前三个里有 {_percent(found.in_three / found.of)}，各类平均 F1 {found.f1:.3f}{sure}"


def _rows(source: Source, given: tuple[str, ...], names: Names, all_of_them: bool = False) -> Iterator[Row]:
    """The lines with words; without `all_of_them` only those whose category is said. A category or unit we do not have keeps its own name."""
    try:
        fields = mapped(source.columns, given)
    except Unreadable as bad:
        raise click.UsageError(str(bad)) from bad
    if not all_of_them and "category" not in fields:
        raise click.UsageError("没有分类列，请用 --map 列名=category 指明 (no category column; name it with --map)")
    units = {name: unit.code for name, unit in names.units.items()}
    for line in source.lines:
        said = {name: text_of(line.cells.get(column)) for name, column in fields.items()}
        category, unit, region = said.get("category", ""), said.get("unit", ""), said.get("region", "")
        text = f"{said.get('title', '')}。{said.get('content', '')}"
        if not line.broken and len(text) > 1 and (category or all_of_them):
            yield Row(
                line.number,
                said.get("external_id", ""),
                said.get("title", "") or said.get("content", "")[:30],
                names.regions.get(region, ""),
                Sorted(text, names.categories.get(category, category), units.get(unit, unit)),
            )


def _line(cells: list[str]) -> str:
    number, external, _code, category, sure, second, _unit, unit, unit_sure, title = cells
    return "  ".join(
        cell
        for cell in (number, external, f"{category} {sure}", f"({second})" if second else "", f"{unit} {unit_sure}".strip(), title)
        if cell
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _opened(file: Path) -> Source:
    try:
        return opened(file)
    except Unreadable as bad:
        raise click.UsageError(str(bad)) from bad


def _names(session: Session) -> Names:
    return Names(reference(session))


def _folder() -> Path:
    return current_app.config["SETTINGS"].models
