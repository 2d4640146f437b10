"""Commands that fill the database: `init`, `demo`, `create-admin`; `import-tickets` has a file of its own."""

import time
from datetime import datetime

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask_migrate import upgrade as migrate_to_head

from app import clock
from app.auth.audit import audit
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.commands.imports import import_tickets
from app.config import Settings
from app.demo import city, figures, groups, papers, patrols, programme, rules, wechat
from app.errors import Invalid
from app.work import work
from escalation.seed import seed_calendar, seed_limits
from tickets.organisations import Unit


def register(app: Flask) -> None:
    for command in (init, demo, create_admin, import_tickets):
        app.cli.add_command(command)


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="连同演示城市的单位和账号 (the demo city's units and accounts, too)")
def init(with_demo: bool) -> None:
    """Bring the schema up and lay what every city starts from: its root, the hotline centre, the category tree."""
    migrate_to_head()
    settings: Settings = current_app.config["SETTINGS"]
    with work() as session:
        lay_time(session)
        city.load_basics(session, settings.city_name, settings.city_name_en)
    if with_demo:
        _load_people(settings, clock.now())


@click.command()
def demo() -> None:
    """Load the demo city 临海市. Running it again adds nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    began, now = time.monotonic(), clock.now()
    added = _load_people(settings, now)
    click.echo(f"组织、分类、目录、知识：新增 {sum(added.values())} 行，用时 {time.monotonic() - began:.1f} 秒")
    with work() as session:
        told = programme.load_tickets(session, now)
        if told:
            groups.meet(session, settings, now)
            patrols.load(session, now)
    figures.load(now)
    with work() as session:
        papers.load(session, now)
        rules.load(session, now)
    wechat.put_menu_up(settings)
    click.echo(f"工单：{f'新增 {told} 件的经过' if told else '已经装过'}，共用时 {time.monotonic() - began:.1f} 秒")


def _load_people(settings: Settings, now: datetime) -> dict[str, int]:
    """The demo city without its tickets: from here on its accounts can sign in. Gives how many rows of each kind were added."""
    if settings.production:
        raise click.ClickException("正式环境不装演示城市 (a production installation refuses the demo city)")
    if not settings.demo_password:
        raise click.ClickException("请先设 DEMO_PASSWORD，至少 10 位，它是所有演示账号的密码 (set DEMO_PASSWORD, 10 characters or more)")
    try:
        stored = hash_password(settings.demo_password)
    except Invalid as bad:
        raise click.ClickException(f"DEMO_PASSWORD：{bad.fields['password'][0]}") from bad
    with work() as session:
        lay_time(session)
        return city.load_organisation(session, now, stored)


@click.command("create-admin")
@click.argument("username")
@click.option("--name", default="", help="姓名 / the person's name")
@click.password_option(help="至少 10 位；不给就当场问 / asked for when not given")
def create_admin(username: str, name: str, password: str) -> None:
    """Make an administrator's account USERNAME in the hotline centre, the first one of a new city."""
    try:
        stored = hash_password(password)
    except Invalid as bad:
        raise click.ClickException(bad.fields["password"][0]) from bad
    wanted, now = username.strip().lower(), clock.now()
    with work() as session:
        centre = session.scalar(sa.select(Unit.id).where(Unit.kind == "centre"))
        if centre is None:
            raise click.ClickException("还没有热线中心，请先运行 init (run init first)")
        if session.scalar(sa.select(Account.id).where(Account.username == wanted)):
            raise click.ClickException(f"账号 {wanted} 已经有了 (this account exists already)")
        session.add(Account(username=wanted, name=name or wanted, unit_id=centre, roles=["admin"], password_hash=stored))
        audit(session, None, "命令行", "account-created", wanted, now, roles=["admin"])
    click.echo(f"管理员 {wanted} 已建好 (administrator created)")


def lay_time(session) -> None:
    """The working-day calendar and the limits; what is there stays."""
    seed_calendar(session)
    seed_limits(session)
