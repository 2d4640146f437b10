"""The application's own commands (design §7) and how a command finds its settings. Each family is a module in app/commands."""

import os

import click
from flask import Flask
from flask_migrate import upgrade as migrate_to_head

from app import embedded
from app.commands import (
    accounts,
    audit,
    backup,
    classify,
    data,
    doctor,
    figures,
    organisation,
    processes,
    regions,
    report,
    time,
    up,
    wechat,
)
from app.config import BadSettings, Settings


def settings_of_this_machine() -> Settings:
    """Settings from the environment; what a bare machine lacks is started or made for it. Exits with one plain sentence."""
    try:
        os.environ.update(embedded.ensure())
        return Settings.from_environment()
    except (BadSettings, embedded.Trouble) as bad:
        raise SystemExit(f"哨响: {bad}") from bad


def init_app(app: Flask) -> None:
    """Register every command."""
    app.cli.add_command(upgrade)
    for family in (accounts, audit, backup, classify, data, doctor, figures, organisation, processes, regions, report, time, up, wechat):
        family.register(app)


@click.command()
def upgrade() -> None:
    """Bring the schema to the newest version (migrations)."""
    migrate_to_head()
