"""`import-tickets FILE`: bring in tickets from CSV, XLSX or JSON lines."""

from pathlib import Path

import click

from app import clock
from app.imports.lines import Unreadable
from app.imports.run import Import, Summary
from app.work import work


@click.command("import-tickets")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "given", multiple=True, metavar="COLUMN=FIELD", help="列名=字段，可多次 / column=field, may be repeated")
@click.option("--source", default="", help="来源名，默认用文件名 / name of the source, default the file's name")
def import_tickets(file: Path, given: tuple[str, ...], source: str) -> None:
    """Bring in tickets from FILE (CSV, XLSX, JSON lines; UTF-8 or GBK; .gz too). Nothing is brought in twice; bad rows go to FILE.rejects.csv."""
    try:
        wanted = Import(file, given, source, work, clock.now())
        if wanted.summary.unused:
            click.echo(f"没有用到的列：{'、'.join(wanted.summary.unused)} (columns not used)")
        with click.progressbar(length=wanted.file.length, label="导入", show_pos=True) as bar:
            summary = wanted.run(lambda line: bar.update(line - bar.pos))
            bar.update(wanted.file.length - bar.pos)
    except (Unreadable, OSError) as bad:
        raise click.UsageError(str(bad)) from bad
    _tell(summary)


def _tell(summary: Summary) -> None:
    for note, count in summary.notes.most_common():
        click.echo(f"  {note}：{count} 件")
    rate = f"，每秒 {summary.imported / summary.seconds:.0f} 件" if summary.imported else ""
    click.echo(
        f"导入 {summary.imported} 件，跳过 {summary.skipped} 件（已经有了），拒绝 {summary.rejected} 件，用时 {summary.seconds:.1f} 秒{rate}"
    )
    if summary.rejects:
        click.echo(f"拒绝的行和原因在 {summary.rejects} (rejected rows and why)")
