"""Commands about accounts: `token USERNAME`."""

from datetime import timedelta

import click
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.auth.models import Account
from app.auth.tokens import make_token
from app.work import work


def register(app: Flask) -> None:
    app.cli.add_command(token)


@click.command()
@click.argument("username")
@click.option("--days", default=90, show_default=True, help="有效天数 / days it lasts")
@click.option("--read-only", is_flag=True, help="只能读 / may only read")
@click.option("--name", default="cli", help="记一个名字 / a name to know it by")
def token(username: str, days: int, read_only: bool, name: str) -> None:
    """Print a new API token for USERNAME. It is shown once and kept only as a hash."""
    with work() as session:
        account = session.scalar(sa.select(Account).where(Account.username == username.lower(), Account.active))
        if account is None:
            raise click.ClickException(f"没有账号 {username} (no such account)")
        made = make_token(session, account, clock.now(), name, ("read",) if read_only else ("read", "write"), timedelta(days=days))
    click.echo(made)
