"""`import-regions FILE` and `import-areas FILE`: the districts and streets of a real city, and the map: where each begins and ends."""

import csv
from pathlib import Path

import click
import orjson
from flask import Flask
from flask.cli import with_appcontext

from app import clock
from app.auth.audit import audit
from app.errors import Invalid
from app.work import work
from tickets import areas, regions
from tickets.city_map import LIGHT

LARGEST_MAP = 20  # MB
COLUMNS = ("code", "name", "name_en", "parent_code")


def register(app: Flask) -> None:
    """Give the application its commands."""
    app.cli.add_command(import_regions)
    app.cli.add_command(import_areas)


@click.command("import-regions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_regions(file: Path) -> None:
    """Lay districts and streets from FILE, a CSV with the columns code,name,name_en,parent_code. Again changes only what differs."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            missing = [name for name in ("code", "name") if name not in (rows.fieldnames or ())]
            if missing:
                raise click.UsageError(f"{file} 缺列 {'、'.join(missing)}；要有 {','.join(COLUMNS)} (columns are missing)")
            with work() as session:
                added, changed = regions.lay(session, rows)
                audit(session, None, "命令行", "regions-laid", file.name, clock.now(), added=added, changed=changed)
    except UnicodeDecodeError as bad:
        raise click.UsageError(f"{file} 不是 UTF-8 文本 (not UTF-8 text)") from bad
    except Invalid as bad:
        raise click.ClickException("；".join(sentence for said in bad.fields.values() for sentence in said)) from bad
    click.echo(f"区划：新增 {added} 个，改了 {changed} 个 (regions added, changed)")


@click.command("import-areas")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_areas(file: Path) -> None:
    """Lay the city's map from FILE, a GeoJSON FeatureCollection in longitude and latitude (CGCS2000 or WGS84, not GCJ-02).

    Surfaces whose `code` is a region's or a street unit's are its area; surfaces of `kind` sea, lake, hill and lines of `kind` river, road lie
    around them. Again, an area replaces the one of its code and a backdrop the whole backdrop.
    """
    if file.stat().st_size > LARGEST_MAP * 1024**2:
        raise click.UsageError(f"{file} 超过 {LARGEST_MAP} MB：先简化，例如 mapshaper 的 -simplify 10% (too large, simplify it first)")
    try:
        collection = orjson.loads(file.read_bytes())
        if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
            raise click.UsageError(f"{file} 不是 GeoJSON FeatureCollection (not a GeoJSON FeatureCollection)")
        with work() as session:
            laid = areas.lay(session, collection)
            now_laid = {"areas": len(laid.areas), "backdrop": len(laid.backdrop)}
            audit(session, None, "命令行", "regions-laid", file.name, clock.now(), **now_laid)
    except orjson.JSONDecodeError as bad:
        raise click.UsageError(f"{file} 不是 JSON (not JSON)") from bad
    except Invalid as bad:
        raise click.ClickException("\n".join(sentence for said in bad.fields.values() for sentence in said)) from bad
    click.echo(f"辖区：{len(laid.areas)} 块；背景：{len(laid.backdrop)} 个 (areas, features of the backdrop)")
    if laid.unused:
        named = "、".join(filter(None, laid.unused[:5])) or "没有名字 (nameless)"
        click.echo(f"没用上 {len(laid.unused)} 个，code 和 kind 都不认识：{named} (not used: neither code nor kind is known)")
    if laid.points > LIGHT:
        click.echo(f"一共 {laid.points} 个点；查集合点照原样，页面上的图简化到 {LIGHT} 个以内 (pages draw a simpler map)")
