"""`audit verify`: walk every ticket's and every whistle's event chain and name the first row that was touched."""

from itertools import chain

import click
from flask import Flask
from flask.cli import AppGroup

from app.work import session_now
from tickets import whistle_events
from tickets.history import count_events, verify

audit = AppGroup("audit", help="The history nobody can rewrite.")


def register(app: Flask) -> None:
    app.cli.add_command(audit)


@audit.command("verify")
def verify_command() -> None:
    """Check every hash of every ticket and whistle; exit 1 and name the rows when one does not fit."""
    session = session_now()
    total, broken = count_events(session) + whistle_events.count_events(session), []
    with click.progressbar(length=total, label="核对历史") as bar:
        for checked, fault in chain(verify(session), whistle_events.verify(session)):
            bar.update(checked)
            if fault:
                broken.append(fault)
    for fault in broken[:50]:
        click.echo(f"✗ {fault.number} 事件 {fault.event_id}（第 {fault.seq} 步）：{fault.what}")
    if broken:
        raise click.ClickException(f"{len(broken)} 处对不上，共 {total} 条事件 ({len(broken)} faults in {total} events)")
    click.echo(f"✓ {total} 条事件，链条完整 ({total} events, every chain whole)")
