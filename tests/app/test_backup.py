"""Backup, wipe, restore: equal to the last byte; and whatever could lose data on the way is refused."""

import base64
import io
import os
import shutil
import tarfile
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from app import create_app
from app.commands.backup import TABLES
from app.config import Settings
from app.db import db
from app.work import work
from escalation.seed import seed_calendar, seed_limits
from tests import factories
from tests.conftest import MONDAY
from tests.conftest_servers import SECRETS, quick_folder

OTHER_KEY = base64.urlsafe_b64encode(b"another!" * 4).decode()


@pytest.fixture
def command():
    """`command(settings, "backup", file)`: what the command printed and its exit code, as from a shell."""

    def run(settings, *words):
        app = create_app(settings)
        with app.app_context():
            result = app.test_cli_runner().invoke(args=[str(word) for word in words])
            close_connections()
        return result

    return run


def close_connections():
    db.session.remove()
    db.engine.dispose()


@pytest.fixture(scope="module")
def made_once(new_database, redis_url, tmp_path_factory):
    """An installation with people, a ticket with its history, and uploads."""
    settings = Settings(
        database_url=new_database(), redis_url=redis_url, home=tmp_path_factory.mktemp("city"), demo_password=factories.PASSWORD,
        secret_key=SECRETS["SECRET_KEY"], identity_key=SECRETS["IDENTITY_KEY"],
    )  # fmt: skip
    app = create_app(settings)
    with app.app_context():
        with work() as session:
            seed_calendar(session)
            seed_limits(session)
            factories.a_city(session)
        with work() as session:
            factories.a_ticket(session, MONDAY, "signed")
        close_connections()
    (settings.uploads / "2026").mkdir(parents=True)
    (settings.uploads / "2026" / "照片.jpg").write_bytes(os.urandom(5000))
    (settings.uploads / "empty").write_bytes(b"")
    return settings


@pytest.fixture
def city(made_once, new_database, tmp_path):
    """A copy of it, to be spoilt."""
    shutil.copytree(made_once.uploads, tmp_path / "var" / "uploads")
    return replace(made_once, database_url=new_database(like=made_once.database_url), home=tmp_path / "var")


@pytest.fixture
def saved(city, command, tmp_path):
    """A backup of that city."""
    file = tmp_path / "linhai.tar"
    result = command(city, "backup", file)
    assert result.exit_code == 0, result.output
    return file


def everything(settings):
    """Every row of every table and every byte of every upload."""
    with psycopg.connect(settings.database_url) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        rows = {
            name: connection.execute(sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(name))).fetchall()
            for name in tables
        }
    files = {path.relative_to(settings.uploads): path.read_bytes() for path in settings.uploads.rglob("*") if path.is_file()}
    return rows, files


def wipe(settings):
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for path in settings.uploads.rglob("*"):
        if path.is_file():
            path.unlink()


def test_a_restored_city_equals_the_one_that_was_saved(city, saved, command):
    before = everything(city)
    assert len(before[0]["ticket_events"]) > 1
    wipe(city)
    result = command(city, "restore", saved)
    assert result.exit_code == 0, result.output
    assert everything(city) == before


def test_the_restored_history_is_still_guarded_and_its_chain_whole(city, saved, command):
    wipe(city)
    command(city, "restore", saved)
    assert command(city, "audit", "verify").exit_code == 0
    with psycopg.connect(city.database_url) as connection, pytest.raises(psycopg.Error):
        connection.execute("DELETE FROM ticket_events")


def test_the_file_is_private_and_holds_no_key(city, saved):
    assert saved.stat().st_mode & 0o777 == 0o600
    with tarfile.open(saved) as tar:
        manifest = tar.extractfile("manifest.json").read().decode()
    assert city.identity_key not in manifest
    assert city.secret_key not in manifest
    assert '"tickets": 1' in manifest


def test_an_existing_file_is_not_overwritten(city, saved, command):
    before = saved.read_bytes()
    result = command(city, "backup", saved)
    assert result.exit_code == 1
    assert "已存在" in result.output
    assert saved.read_bytes() == before


def test_data_that_stand_are_replaced_only_when_told_so_and_uploads_are_kept_aside(city, saved, command):
    before = everything(city)
    with psycopg.connect(city.database_url) as connection:
        connection.execute("UPDATE accounts SET name = 'changed since'")
    (city.uploads / "new").write_bytes(b"since then")
    refused = command(city, "restore", saved)
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    done = command(city, "restore", saved, "--replace")
    assert done.exit_code == 0, done.output
    assert everything(city) == before
    (aside,) = city.home.glob("uploads.before-*")
    assert (aside / "new").read_bytes() == b"since then"


def test_another_identity_key_is_refused_before_anything_changes(city, saved, command):
    before = everything(city)
    result = command(replace(city, identity_key=OTHER_KEY), "restore", saved, "--replace")
    assert result.exit_code == 1
    assert "IDENTITY_KEY" in result.output
    assert everything(city) == before


def test_a_database_in_use_is_refused(city, saved, command):
    with psycopg.connect(city.database_url):
        result = command(city, "restore", saved, "--replace")
    assert result.exit_code == 1
    assert "先停掉" in result.output


def rewritten(source, target, change):
    """A copy of a backup with `change(name, bytes)` applied to each member; None drops it."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, content: None if name == "uploads/empty" else content, "不完整"),
        (lambda name, content: content[:-100] if name == "database.dump" else content, "不完整或被改过"),
        (lambda _, content: content.replace(b'"tickets": 1', b'"tickets": 2'), "rows differ in tickets"),
        (lambda _, content: content.replace(b'"postgres": ', b'"postgres": 9'), "PostgreSQL 9"),
        (lambda _, content: content.replace(b'"schema": "', b'"schema": "9'), "先更新程序"),
        (lambda _, content: content.replace(b'"format": 1', b'"format": 2'), "备份格式"),
        (lambda name, content: None if name == "manifest.json" else content, "不是本系统的备份"),
    ],
)
def test_a_damaged_or_foreign_backup_changes_nothing_and_says_why(city, saved, command, tmp_path, change, words):
    before = everything(city)
    result = command(city, "restore", rewritten(saved, tmp_path / "changed.tar", change), "--replace")
    assert result.exit_code == 1
    assert words in result.output
    assert everything(city) == before


@pytest.mark.parametrize("name", ["../../escaped", "uploads/../../escaped", "/escaped", "elsewhere/x"])
def test_a_member_that_wants_out_of_its_folder_is_refused(city, saved, command, tmp_path, name):
    evil = tmp_path / "evil.tar"
    rewritten(saved, evil, lambda _, content: content)
    with tarfile.open(evil, "a") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    result = command(city, "restore", evil, "--replace")
    assert result.exit_code == 1
    assert "不该有的东西" in result.output


def test_something_that_is_no_archive_is_one_sentence(city, command, tmp_path):
    (tmp_path / "photo.tar").write_bytes(b"not a tar")
    result = command(city, "restore", tmp_path / "photo.tar")
    assert result.exit_code == 1
    assert "不是备份" in result.output


def test_a_folder_that_cannot_be_written_is_one_sentence(city, command):
    result = command(city, "backup", f"{quick_folder()}/not/there/linhai.tar")
    assert result.exit_code == 1
    assert "写不了" in result.output
