"""`import-units`, `import-accounts`, `import-categories`, `import-catalogue`, `import-knowledge`, `import-boundaries`: a real city from tables,
a kind at a time."""

import os
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.imports.lines import Unreadable
from app.imports.readers import opened
from app.imports.rejects import Rejects
from app.organisation.accounts import new_usernames
from app.organisation.book import COMMAND_LINE, Book, Entry, apart
from app.organisation.passwords import Passwords
from app.organisation.run import KINDS, Kind, lay, rehearse
from app.organisation.table import Table, read
from app.work import session_now, work
from tickets.actors import ADMIN, Actor
from tickets.reference import forget

SHOWN = 3  # lines of a sort; a city's units all wait for the same few accounts
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
TRY = click.option("--dry-run", is_flag=True, help="只看会改什么，不写 / tell what would change, write nothing")
OPEN = click.option("--open", "open_units", is_flag=True, help="定下联络员的单位同时开通收单 / open units that get a liaison")


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (import_units, import_accounts, import_categories, import_catalogue, import_knowledge, import_boundaries):
        app.cli.add_command(command)


@click.command("import-units")
@FILE
@TRY
@with_appcontext
def import_units(file: Path, dry_run: bool) -> None:
    """Bring in units from FILE (CSV or XLSX): code,name,name_en,short_name,kind,parent,region,peers,phone,superior, in any order of lines."""
    _run("units", file, dry_run)


@click.command("import-accounts")
@FILE
@TRY
@OPEN
@with_appcontext
def import_accounts(file: Path, dry_run: bool, open_units: bool) -> None:
    """Bring in accounts from FILE (CSV or XLSX): username,name,unit,roles,post. One-time passwords go to FILE.passwords.csv, nowhere else."""
    _run("accounts", file, dry_run, open_units)


@click.command("import-categories")
@FILE
@TRY
@with_appcontext
def import_categories(file: Path, dry_run: bool) -> None:
    """Bring in categories from FILE (CSV or XLSX): code,name,name_en,keywords,active,photos,on_site,staged,words; dots make the levels."""
    _run("categories", file, dry_run)


@click.command("import-catalogue")
@FILE
@TRY
@with_appcontext
def import_catalogue(file: Path, dry_run: bool) -> None:
    """Bring in the dispatch catalogue from FILE (CSV or XLSX): category,region,unit,basis,since. What differs becomes the next version."""
    _run("catalogue", file, dry_run)


@click.command("import-knowledge")
@FILE
@TRY
@with_appcontext
def import_knowledge(file: Path, dry_run: bool) -> None:
    """Bring in the knowledge base from FILE (CSV or XLSX): title,content,article,category,unit,public,valid_until,review_on."""
    _run("knowledge", file, dry_run)


@click.command("import-boundaries")
@FILE
@TRY
@click.option("--by", "username", required=True, help="谁写的草稿：一位管理员的账号 / the administrator whose drafts they are")
@with_appcontext
def import_boundaries(file: Path, dry_run: bool, username: str) -> None:
    """Lay drafts of the boundary list from FILE (CSV or XLSX): title,category,lead,parts,basis. Another administrator publishes them."""
    book = _run("boundaries", file, dry_run, by=_administrator(username))
    if book.trail and not dry_run:
        click.echo(f"草稿在 {username} 的“职责边界”页上：他送审，另一位管理员公布 (drafts; another administrator publishes them)")


def _administrator(username: str) -> Actor:
    session, now = session_now(), clock.now()
    account = session.scalar(sa.select(Account).where(Account.username == username.strip().lower(), Account.active))
    if account is None or not (actor := actor_of(session, account, now)).has(ADMIN):
        raise click.UsageError(f"没有管理员 {username} (no such administrator)")
    return actor


def _run(name: str, file: Path, dry_run: bool, open_units: bool = False, by: Actor = COMMAND_LINE) -> Book:
    kind = KINDS[name]
    try:
        table = read(opened(file), file.name, kind.columns)
    except (Unreadable, OSError) as bad:
        raise click.UsageError(str(bad)) from bad
    if table.unused:
        click.echo(f"没有用到的列：{'、'.join(table.unused)} (columns not used)")
    passwords = Passwords() if dry_run or name != "accounts" else _passwords(table)
    with click.progressbar(length=len(table.rows), label="核对" if dry_run else "导入", show_pos=True) as bar:
        book = Book(session_now(), clock.now(), by, open_units, step=lambda: bar.update(1))
        if dry_run:
            rehearse(book.session, kind, table, book)
            book.session.rollback()
        else:
            book.stored = passwords.stored
            _write(kind, table, book, passwords, file)
    _tell(kind, book, file, table, dry_run)
    return book


def _passwords(table: Table) -> Passwords:
    """Of those who are no accounts yet; made before anything is locked, for hashing thousands takes minutes."""
    wanted = new_usernames(session_now(), table.rows)
    session_now().rollback()
    with click.progressbar(length=len(wanted), label="做一次性密码", show_pos=True) as bar:
        return Passwords().make(wanted, lambda: bar.update(1))


def _write(kind: Kind, table: Table, book: Book, passwords: Passwords, file: Path) -> None:
    """Everything in one transaction. The passwords are on disk before it is committed: an account nobody can enter is worse than a line too many."""
    target = file.with_name(file.name + ".passwords.csv")
    fresh = target.with_name(target.name + ".part")
    try:
        with work() as session:
            lay(kind, table, book)
            forget(session)
            if any(done.action == "account-add" for done in book.trail):
                _hand_out(fresh, target.read_text("utf-8-sig") if target.exists() else "", passwords, book)
        if fresh.exists():
            fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _hand_out(file: Path, earlier: str, passwords: Passwords, book: Book) -> None:
    """What was handed out before and not yet taken away, then the new ones; only the owner of the file reads it."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8-sig", newline="") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(earlier + passwords.table(book.trail, head=not earlier))


def _tell(kind: Kind, book: Book, file: Path, table: Table, dry_run: bool) -> None:
    rejects = Rejects(file.with_name(file.name + ".rejects.csv"), table.columns)
    for entry in book.rejected:
        rejects.add(entry.line, reasons_of(kind, entry))
    rejects.close()
    if dry_run:
        for entry in book.changed:
            for column, before, after in entry.moves:
                old, new = apart(before, after)
                click.echo(f"  第 {entry.line.number} 行 {entry.label} {kind.word_of(column)}：{old or '—'} → {new or '—'}")
    said = "会新增 %d，会改 %d，会拒绝 %d" if dry_run else "新增 %d，改了 %d，拒绝 %d"
    click.echo((said + "，一样的 %d") % (len(book.added), len(book.changed), len(book.rejected), book.same))
    if any(done.action == "account-add" for done in book.trail) and not dry_run:
        click.echo(f"一次性密码在 {file}.passwords.csv，只有您能读；发给本人后请删掉 (one-time passwords; delete after handing out)")
    for entry in book.waiting[:SHOWN]:
        click.echo(f"  第 {entry.line.number} 行 {entry.label} 收了，但{reasons_of(kind, entry)} (taken, but this waits)")
    if len(book.waiting) > SHOWN:
        click.echo(f"  还有 {len(book.waiting) - SHOWN} 行也是这样 (and so many more)")
    if book.rejected:
        click.echo(f"拒绝的行和原因在 {rejects.path} (rejected rows and why)")


def reasons_of(kind: Kind, entry: Entry) -> str:
    """Why a line was not taken, in the words that go into the rejects file."""
    said = ((kind.word_of(column), text % values if values else text) for column, text, values in entry.reasons)
    return "；".join(f"{word}：{sentence}" if word else sentence for word, sentence in said)
