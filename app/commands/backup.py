"""`backup FILE` and `restore FILE`: the database and the uploads of one moment in one file, and back. Proven by a test.

The identity key is never in the file, only its fingerprint: keep the key apart, without it the identities stay sealed.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
import psycopg
from flask import Flask, current_app
from psycopg import conninfo, sql

from app import clock
from app.commands import archive, schema
from app.commands.archive import Manifest
from app.config import Settings
from app.embedded import Trouble, binaries
from app.vault import Vault

Database = psycopg.Connection[Any]
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY 1"
)


def register(app: Flask) -> None:
    """Give the application its `backup` and `restore` commands."""
    app.cli.add_command(backup)
    app.cli.add_command(restore)


@click.command(help="把数据库和附件备份成一个文件，运行中也能备份 (database and uploads into one file, also while running)")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write FILE; refuses one that exists. The key is not in it."""
    settings: Settings = current_app.config["SETTINGS"]
    if file.exists():
        raise click.ClickException(f"{file} 已存在，请换个文件名 ({file} exists: choose another name)")
    with _plainly(file), _folder_beside(file) as folder, _connect(settings) as database:
        dump = folder / archive.DUMP
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = _value(database, "SELECT pg_export_snapshot()")  # dump and counts are of one moment
        major = database.info.server_version // 10000
        click.echo("正在导出数据库 (dumping the database) …")
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={dump}")
        _run([_client("pg_dump", major), *options], settings)
        manifest = Manifest(
            made_at=clock.now().isoformat(timespec="seconds"),
            schema=schema.current(database),
            postgres=major,
            key=Vault(settings.identity_key).fingerprint(),
            tables=_count(database),
            files=len(archive.upload_files(settings.uploads)),
            dump_sha256=archive.sha256(dump),
        )
        archive.pack(file, manifest, dump, settings.uploads)
    rows, size = sum(manifest.tables.values()), file.stat().st_size / 1024**2
    click.echo(f"✓ {file}：{rows} 行、{manifest.files} 个附件、{size:.1f} MB (rows, uploads)")
    click.echo("  请另外妥善保管 IDENTITY_KEY，没有它身份信息读不出 (keep IDENTITY_KEY apart: without it identities cannot be read)")


@click.command(help="用备份文件恢复；库里有数据时要加 --replace (bring a backup back; --replace overwrites what stands)")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="丢弃现有数据 (throw away what stands)")
def restore(file: Path, replace: bool) -> None:
    """All or nothing: one transaction brings the data and counts them; the old uploads are kept aside."""
    settings: Settings = current_app.config["SETTINGS"]
    manifest = archive.read_manifest(file)
    _refuse_another_key(manifest, settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    with _plainly(settings.home), _folder_beside(settings.uploads) as folder:
        with _connect(settings) as database:
            _refuse_unfit(database, manifest)
            _refuse_overwriting(database, settings, replace)
        dump, uploads = archive.unpack(file, manifest, folder)
        click.echo("正在恢复数据库 (restoring the database) …")
        _load(dump, manifest, settings)
        _swap(uploads, settings.uploads)
    rows = sum(manifest.tables.values())
    click.echo(f"✓ 已恢复到 {manifest.made_at}：{rows} 行核对无误，{manifest.files} 个附件 (restored; every table counted)")
    if manifest.schema != schema.head():
        click.echo("  备份来自旧版，请运行 upgrade (the backup is of an older version: run `upgrade`)")


def _refuse_another_key(manifest: Manifest, settings: Settings) -> None:
    if manifest.key != Vault(settings.identity_key).fingerprint():
        raise click.ClickException(
            "IDENTITY_KEY 和备份时的不是同一个，恢复后身份信息将读不出：请先设成原来的密钥 "
            "(IDENTITY_KEY is not the one of the backup: set the original key first, or identities could not be read)"
        )


def _refuse_unfit(database: Database, manifest: Manifest) -> None:
    """The server and the code must be able to take what the backup holds."""
    major = database.info.server_version // 10000
    if major < manifest.postgres:
        raise click.ClickException(
            f"备份来自 PostgreSQL {manifest.postgres}，这里是 {major}，请用 {manifest.postgres} 以上 (the server is older than the backup's)"
        )
    if manifest.schema and manifest.schema not in schema.revisions():
        raise click.ClickException(
            f"备份的表结构 {manifest.schema} 比程序新，请先更新程序 (the backup is newer than this program: update it)"
        )


def _refuse_overwriting(database: Database, settings: Settings, replace: bool) -> None:
    others = _value(
        database,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    if others:
        raise click.ClickException(
            f"还有 {others} 个连接在用这个数据库，请先停掉 up、web、worker、scheduler ({others} connections still use the database: stop them)"
        )
    rows = sum(count for table, count in _count(database).items() if table != "alembic_version")
    if (rows or archive.upload_files(settings.uploads)) and not replace:
        raise click.ClickException(
            f"这里已有 {rows} 行数据，要丢弃它们请加 --replace (there are data here: add --replace to throw them away)"
        )


def _load(dump: Path, manifest: Manifest, settings: Settings) -> None:
    """Drop, load and count in one transaction: when anything fails, what stood before stands."""
    pg_restore = _client("pg_restore", manifest.postgres)
    psql: list[str | Path] = [pg_restore.with_name("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    with (
        dump.with_name("restore.log").open("w+") as log,
        subprocess.Popen([pg_restore, "--no-owner", "--file=-", dump], stdout=subprocess.PIPE, stderr=log) as reader,
        subprocess.Popen(psql, env=_environment(settings), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log) as writer,
    ):
        assert reader.stdout is not None  # noqa: S101 - asked for above
        assert writer.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # psql stopped at an error: the log says which
            writer.stdin.write(b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\nGRANT USAGE ON SCHEMA public TO PUBLIC;\n")
            _copy(reader.stdout, writer.stdin)
            if reader.wait() != 0:
                writer.kill()  # nothing is committed
            writer.stdin.write(_demand_counts(manifest).encode())
            writer.stdin.close()
        if writer.wait() != 0:
            reader.kill()
            log.seek(0)
            raise click.ClickException(f"恢复失败，数据没有变：{_error_in(log.read())} (restoring failed; nothing was changed)")


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    """The script as it is, but for a setting that PostgreSQL before 17 does not know and newer clients write at its head."""
    for line in source:
        if not line.startswith(b"SET transaction_timeout"):
            target.write(line)
        if line.startswith(b"CREATE "):
            break
    shutil.copyfileobj(source, target, 1024**2)


def _demand_counts(manifest: Manifest) -> str:
    """SQL that fails, and so undoes everything, when a table has not as many rows as the manifest says."""
    checks = (
        sql.SQL("IF (SELECT count(*) FROM public.{}) <> {} THEN RAISE EXCEPTION 'rows differ in %', {}; END IF;").format(
            sql.Identifier(table), sql.Literal(count), sql.Literal(table)
        )
        for table, count in manifest.tables.items()
    )
    return "\nDO $check$ BEGIN\n" + "\n".join(check.as_string(None) for check in checks) + "\nEND $check$;\n"


def _swap(uploads: Path, target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        aside = target.with_name(f"{target.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        target.rename(aside)
        click.echo(f"  原来的附件移到了 {aside} (the former uploads were moved there)")
    elif target.exists():
        target.rmdir()
    uploads.rename(target)


def _count(database: Database) -> dict[str, int]:
    tables = [name for (name,) in database.execute(TABLES).fetchall()]
    return {name: _value(database, sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name))) for name in tables}


def _value(database: Database, query: Any) -> Any:
    row = database.execute(query).fetchone()
    return row[0] if row else None


def _connect(settings: Settings) -> Database:
    try:
        return psycopg.connect(schema.libpq(settings.database_url), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise click.ClickException(f"连不上数据库：{error} (the database cannot be reached: check DATABASE_URL)") from error


def _client(name: str, at_least: int) -> Path:
    try:
        return binaries.client(name, at_least)
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from trouble


def _run(command: list[Any], settings: Settings) -> None:
    """Run a client program on the database to its end."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, env=_environment(settings), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise click.ClickException(f"{Path(command[0]).name} 失败：{_error_in(done.stderr)} (failed; nothing was written)")


def _environment(settings: Settings) -> dict[str, str]:
    """How a client program finds the database: a password in its arguments could be read by every user of the machine."""
    told = conninfo.conninfo_to_dict(schema.libpq(settings.database_url))
    return os.environ | {_variable(name): str(value) for name, value in told.items()}


def _error_in(said: str) -> str:
    lines = said.strip().splitlines()
    return next((line for line in lines if re.search("error|fatal", line, re.IGNORECASE)), lines[-1] if lines else "?")


def _variable(name: str) -> str:
    return {"dbname": "PGDATABASE"}.get(name, f"PG{name.upper()}")


@contextlib.contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A private scratch folder on the same disk as `target`, so that renaming into place is one step."""
    with tempfile.TemporaryDirectory(prefix=".shaoxiang-", dir=target.absolute().parent) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise click.ClickException(f"{where} 写不了：{error.strerror} (cannot write there)") from error
