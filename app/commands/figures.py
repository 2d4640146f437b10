"""`rebuild-figures` and `freeze-month`: the daily sums counted anew from the tickets, and a month frozen by hand before its day."""

import time
from datetime import date

import click
from flask import Flask
from flask.cli import with_appcontext

from app import clock, figuring
from app.commands.time import Plain
from app.errors import WrongState
from app.reports.others import others
from app.work import work
from escalation.metrics import months


def register(app: Flask) -> None:
    app.cli.add_command(rebuild_figures)
    app.cli.add_command(freeze_month)


@click.command("rebuild-figures")
@with_appcontext
def rebuild_figures() -> None:
    """Count every figure anew from tickets, events and clocks; frozen months stay as they are."""
    began = time.monotonic()
    click.echo("从头计数 … (counting everything anew)", err=True)
    tickets, wrong = figuring.rebuild(clock.now())
    if wrong:
        raise Plain(f"有 {wrong} 格加不起来，请报告 (cells do not add up)")
    click.echo(f"{tickets} 件，{time.monotonic() - began:.1f} 秒，每格都加得起来 (tickets, seconds, every cell adds up)")


@click.command("freeze-month")
@click.argument("month", metavar="YYYY-MM")
@with_appcontext
def freeze_month(month: str) -> None:
    """Freeze the figures of MONTH (2026-10) now. What changes afterwards is written down as a restatement."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as bad:
        raise Plain("月份写成 2026-10 这样 (write the month as 2026-10)") from bad
    try:
        with work() as session:
            months.freeze(session, first, others, clock.now(), "命令行")
    except WrongState as refused:
        raise Plain(str(refused)) from refused
    click.echo(f"{month} 冻结了 (frozen)")
