"""`wechat menu`: put the official account's menu up, through the platform's own interface."""

import click
from flask import Flask, current_app

from app.wechat import menu, sending
from notifiers.channels.wechat_client import UNHEARD


def register(app: Flask) -> None:
    """Give the application its `wechat` commands."""
    app.cli.add_command(wechat)


@click.group(help="微信公众号：菜单 (the WeChat official account: its menu)")
def wechat() -> None:
    """The family."""


@wechat.command("menu", help="把菜单放到公众号上，再放一次就是更新 (put the menu up; again to renew it)")
def put_menu() -> None:
    """Create or renew the menu. Exits with one plain sentence when that fails."""
    settings = current_app.config["SETTINGS"]
    platform = sending.platform(settings)
    if platform is None:
        raise click.ClickException("还没有设公众号：请设 WECHAT_APPID、WECHAT_SECRET、WECHAT_TOKEN (no official account is set up)")
    try:
        platform.menu.create(menu.menu_of(settings))
    except UNHEARD as refused:
        raise click.ClickException(f"公众平台没有收：{refused} (the platform did not take it)") from refused
    click.echo("菜单放好了，关注的人几分钟内看得到 (the menu is up)")
