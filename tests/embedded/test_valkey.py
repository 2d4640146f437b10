"""The queue's server of a bare machine."""

import os
import signal

import pytest
import redis

from app.embedded.trouble import Trouble
from app.embedded.valkey import Valkey
from tests.embedded.conftest import eventually


@pytest.fixture
def valkey(place):
    return Valkey(place)


def test_it_listens_on_a_private_socket_only_and_evicts_nothing(valkey, supervisor):
    supervisor.await_ready(valkey)
    with redis.from_url(valkey.url()) as connection:
        assert connection.config_get("port") == {"port": "0"}
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert valkey.socket.stat().st_mode & 0o077 == 0


def test_a_queue_survives_kill_9(valkey, supervisor):
    server = supervisor.await_ready(valkey)
    with redis.from_url(valkey.url()) as connection:
        connection.rpush("queue", *range(2000))
        connection.config_set("appendfsync", "always")  # the default may lose the last second
        connection.rpush("queue", "last")
    os.kill(server.pid, signal.SIGKILL)
    server.wait(20)
    assert eventually(lambda: supervisor.tick() or valkey.ready(supervisor.children["valkey"].process))
    with redis.from_url(valkey.url()) as connection:
        assert connection.llen("queue") == 2001


def test_a_server_that_an_earlier_run_left_is_ended_before_the_next_starts(valkey, supervisor):
    left = supervisor.await_ready(valkey)
    supervisor.children.clear()
    fresh = supervisor.await_ready(valkey)
    assert left.wait(5) == 0
    assert fresh.pid != left.pid


def test_a_file_that_cannot_be_read_is_one_sentence_that_says_what_to_move(valkey, supervisor):
    supervisor.await_ready(valkey)
    with redis.from_url(valkey.url()) as connection:
        connection.rpush("queue", *range(100))
    supervisor.stop_all()
    log = max((valkey.data / "appendonlydir").glob("*.incr.aof"), key=lambda file: file.stat().st_size)
    log.write_bytes(b"*2\r\n$nonsense\r\n" + log.read_bytes())
    with pytest.raises(Trouble, match=r"队列文件读不出.*valkey-unreadable"):
        supervisor.await_ready(valkey)
