"""Reading the data files of this folder. Pure: no database, no clock."""

import csv
from functools import cache
from pathlib import Path

import orjson

FOLDER = Path(__file__).parent / "data"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of data/NAME.csv; an empty cell is ""."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def outlines() -> dict:
    """The map of the city, as `import-areas` takes it."""
    return orjson.loads((FOLDER / "linhai.geojson").read_bytes())


@cache
def entries(name: str):
    """The content of data/NAME.json."""
    return orjson.loads((FOLDER / f"{name}.json").read_bytes())
