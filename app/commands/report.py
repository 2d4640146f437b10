"""`report NAME --from D --to D --format … -o FILE`: a report of the city as a file. What it says is app/reports'."""

import time
from datetime import datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from app import clock
from app.commands.time import Plain
from app.errors import Invalid
from app.reports.catalogue import REPORTS
from app.reports.written import FORMATS
from app.work import session_now

DAY = click.DateTime(["%Y-%m-%d"])


def register(app: Flask) -> None:
    app.cli.add_command(report)


@click.command()
@click.argument("name", type=click.Choice(sorted(REPORTS)))
@click.option("--from", "since", type=DAY, required=True, help="从哪天，例如 2026-11-01 (first day)")
@click.option("--to", "until", type=DAY, required=True, help="到哪天，含当天 (last day, included)")
@click.option("--format", "kind", type=click.Choice(list(FORMATS)), default="json", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="写到哪个文件，- 是标准输出 (where to; - = standard output)",
)
@with_appcontext
def report(name: str, since: datetime, until: datetime, kind: str, output: Path) -> None:
    """Write the report NAME of the days --from to --to, as of now."""
    began = time.monotonic()
    click.echo(f"读取 {since:%Y-%m-%d} 至 {until:%Y-%m-%d} … (reading)", err=True)
    try:
        paper = REPORTS[name](session_now(), since.date(), until.date(), clock.now())
    except Invalid as bad:
        raise Plain("；".join(sentence for said in bad.fields.values() for sentence in said)) from bad
    write, _mime = FORMATS[kind]
    written = write(paper)
    try:
        with click.open_file(str(output), "wb") as file:
            file.write(written)
    except OSError as bad:
        raise Plain(f"{output} 写不了：{bad.strerror} (cannot be written)") from bad
    click.echo(
        f"{output}：{sum(len(table.rows) for table in paper.tables)} 行，{len(written):,} 字节，{time.monotonic() - began:.1f} 秒 (rows, bytes, seconds)",
        err=True,
    )
