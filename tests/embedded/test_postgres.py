"""The cluster of a bare machine: how it is made, what it survives, and the sentence for each thing that keeps it from starting."""

import os
import subprocess
import threading

import psycopg
import pytest

from app.embedded import process
from app.embedded.place import demand_space, settle
from app.embedded.postgres import Postgres
from app.embedded.trouble import Trouble
from tests.embedded.conftest import SPARING, eventually, kill_all


def ask(postgres, query):
    with psycopg.connect(postgres.url(), connect_timeout=5) as connection:
        return connection.execute(query).fetchone()[0]


def test_a_new_cluster_knows_chinese_checks_its_pages_and_listens_to_no_network(place, supervisor):
    postgres = Postgres(place)
    supervisor.await_ready(postgres)
    assert ask(postgres, "SELECT datctype || pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'hotline'") == "C.UTF-8UTF8"
    assert ask(postgres, "SHOW data_checksums") == "on"
    assert ask(postgres, "SHOW listen_addresses") == ""
    assert ask(postgres, "SHOW fsync") == "on"
    assert postgres.place.sockets.stat().st_mode & 0o077 == 0
    assert postgres.data.stat().st_mode & 0o077 == 0


def test_every_acknowledged_row_survives_kill_9_of_the_server_and_of_all_its_processes(postgres, supervisor):
    supervisor.await_ready(postgres)
    create_words(postgres)
    acknowledged = []
    for victims in (lambda: [supervisor.children["postgres"].process.pid], lambda: process.living_in(postgres.data)):
        writer = threading.Thread(target=write_until_cut_off, args=(postgres, acknowledged))
        before = len(acknowledged)
        writer.start()
        assert eventually(lambda before=before: len(acknowledged) > before + 100)
        kill_all(victims())
        supervisor.children["postgres"].process.wait(20)
        writer.join(20)
        assert not writer.is_alive()
        assert eventually(lambda: supervisor.tick() or postgres.ready(supervisor.children["postgres"].process))
        with psycopg.connect(postgres.url()) as connection:
            found = {number for (number,) in connection.execute("SELECT number FROM words")}
        assert set(acknowledged) <= found
        assert len(found) <= len(acknowledged) + 2  # at most the one in flight at each kill


def create_words(postgres):
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE words (number int PRIMARY KEY)")


def write_until_cut_off(postgres, acknowledged):
    number = acknowledged[-1] + 1000 if acknowledged else 0
    try:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            while True:
                number += 1
                connection.execute("INSERT INTO words VALUES (%s)", (number,))
                acknowledged.append(number)
    except psycopg.OperationalError:
        return


def test_a_creation_that_was_killed_half_way_is_begun_again(place, supervisor):
    postgres = Postgres(place, SPARING)
    half = postgres.data.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    supervisor.await_ready(postgres)
    assert ask(postgres, "SELECT current_database()") == "hotline"
    assert not half.exists()


@pytest.mark.parametrize("holder", ["another program", "a zombie"])
def test_a_pid_file_left_behind_does_not_keep_the_server_down(postgres, supervisor, holder):
    supervisor.await_ready(postgres)
    supervisor.stop_all()
    other = subprocess.Popen(["sleep", "60" if holder == "another program" else "0"])
    try:
        if holder == "a zombie":
            assert eventually(lambda: not process.alive(other.pid))
        for left in (postgres.data / "postmaster.pid", postgres.place.sockets / ".s.PGSQL.5432.lock"):
            left.write_text(f"{other.pid}\n{postgres.data}\n1700000000\n5432\n{postgres.place.sockets}\n\n 1 1\nready   \n")
            if postgres.place.account:
                os.chown(left, postgres.place.account.uid, postgres.place.account.gid)
        supervisor.await_ready(postgres)
        assert ask(postgres, "SELECT 1") == 1
        assert other.poll() in (None, 0)  # and nobody innocent was ended
    finally:
        other.kill()
        other.wait()


def test_a_server_that_an_earlier_run_left_is_ended_before_the_next_starts(postgres, supervisor):
    left = supervisor.await_ready(postgres)
    create_words(postgres)
    supervisor.children.clear()  # as if the supervisor had died without ending it
    fresh = supervisor.await_ready(postgres)
    assert left.wait(5) == 0
    assert fresh.pid != left.pid
    assert ask(postgres, "SELECT count(*) FROM words") == 0


def test_a_long_or_chinese_path_gets_its_socket_in_a_short_private_folder(folder, supervisor):
    deep = folder / "热线数据" / ("很长的文件夹名" * 4)
    postgres = Postgres(settle(deep), SPARING)
    try:
        supervisor.await_ready(postgres)
        assert ask(postgres, "SELECT 1") == 1
        assert len(os.fsencode(postgres.place.sockets)) < 60
        assert postgres.place.sockets.stat().st_mode & 0o777 == 0o700
    finally:
        supervisor.stop_all()
        postgres.place.sockets.rmdir()


def test_data_of_another_version_are_refused_with_the_remedy(postgres, supervisor):
    supervisor.await_ready(postgres)
    supervisor.stop_all()
    (postgres.data / "PG_VERSION").write_text("13\n")
    with pytest.raises(Trouble, match=r"PostgreSQL 13 建立.*PG_BIN"):
        supervisor.await_ready(postgres)


def test_a_server_that_cannot_start_says_why(place, supervisor):
    broken = Postgres(place, {"shared_buffers": "nonsense"})
    with pytest.raises(Trouble, match=r"PostgreSQL 没有起来：.*shared_buffers.*postgres\.log"):
        supervisor.await_ready(broken)
    assert not supervisor.children
    assert not process.living_in(broken.data)


def test_too_little_disk_is_one_sentence(place):
    with pytest.raises(Trouble, match=r"磁盘空间不够.*HOTLINE_HOME.*no disk space"):
        demand_space(place.data, megabytes=10**9)
    assert "磁盘空间不够" in str(Postgres(place).why_it_stopped('PANIC:  could not write to file "x": No space left on device'))
