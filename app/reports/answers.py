"""A paper as the API answers it: one table's rows, their totals and the formula of everything divided; no rate without numerator and denominator."""

from typing import Any

from app.reports.gathered import formula
from app.reports.paper import COUNT, LESS, MEAN, RATE, SCORE, SUM, TEXT, Column, Paper, Row, Table
from escalation.metrics.settings import ReportSettings
from escalation.metrics.table import BY_CODE

DIVIDED = (RATE, MEAN)
PARTS = ("_above", "_below")


def answer(paper: Paper, table: Table, settings: ReportSettings) -> dict[str, Any]:
    """What GET /reports/NAME says (api.md); the report `metrics` has one row a metric."""
    data = paper.data
    head = {
        "name": paper.name,
        "title": paper.title,
        "from": data["from"],
        "to": data["to"],
        "by": table.key,
        "as_of": data.get("as_of"),
        "frozen_at": data["as_of"] if data.get("frozen") else None,
        "restated": data.get("restated", 0),
    }
    if "metrics" in data and paper.name == "metrics":
        rows = [
            {"metric": code, "group": BY_CODE[code].group, **one}
            for code, one in data["metrics"].items()
            if table.key in ("metrics", BY_CODE[code].group)
        ]
        return {
            **head,
            "rows": rows,
            "totals": {"score": data["score"]},
            "formulas": {row["metric"]: formula(BY_CODE[row["metric"]], settings) for row in rows},
            "notes": list(paper.notes),
        }
    return {
        **head,
        "rows": [_row(table, row) for row in table.rows],
        "totals": _row(table, table.sums(), words=False) if table.rows else {},
        "formulas": _formulas(table, settings),
        "notes": list(paper.notes),
    }


def tables(paper: Paper) -> dict[str, Table]:
    """Key → table, the first being what is told when nobody says which; a key is known in the singular too ("unit", "channel")."""
    found = {table.key: table for table in paper.tables}
    if paper.name == "metrics":
        found = {"metrics": Table("metrics", paper.title, (), ())} | found
    return found


def table_of(paper: Paper, by: str) -> Table | None:
    """The table `by` names; the first for ""."""
    found = tables(paper)
    return next((table for key, table in found.items() if by in ("", key, key.removesuffix("s"))), None)


def _row(table: Table, row: Row, words: bool = True) -> dict[str, Any]:
    """`words`: with what is text; a row of sums has none."""
    said: dict[str, Any] = {"code": row["code"]} if words and "code" in row else {}
    for column in table.columns:
        if column.kind == TEXT and words:
            said[column.key] = row.get(column.key, "")
        elif column.kind in DIVIDED:
            above, below = (table.value(row, table.column(key)) for key in column.of)
            said[column.key] = {"numerator": above, "denominator": below, "value": table.value(row, column)}
        elif column.kind in (COUNT, SUM, LESS, SCORE) and not column.key.endswith(PARTS):
            said[column.key] = table.value(row, column)
    return said


def _formulas(table: Table, settings: ReportSettings) -> dict[str, str]:
    return {column.key: _formula(table, column, settings) for column in table.columns if column.kind not in (TEXT, COUNT)}


def _formula(table: Table, column: Column, settings: ReportSettings) -> str:
    if column.key in BY_CODE:
        return formula(BY_CODE[column.key], settings)
    labels = [table.column(key).label for key in column.of]
    if column.kind == SCORE:
        labels = [f"{label} × {weight}%" for label, weight in zip(labels, column.weights, strict=True)]
    return f"{column.label} = {_SIGNS[column.kind].join(labels)}"


_SIGNS = {SUM: " + ", SCORE: " + ", LESS: " − ", RATE: " ÷ ", MEAN: " ÷ "}
