"""What systemd is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.systemd_notify import STATUS_SECONDS, Notifier
from perfwatch.history.sqlite.store import SqliteStore
from tests.bridge.running import bridge_inside
from tests.servers import Mosquitto


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(60)
        yield channel


async def test_a_running_bridge_is_ready_and_alive(
    tmp_path: Path, manager: socket.socket, broker: Mosquitto
) -> None:
    notifier = Notifier(str(tmp_path / "notify"))
    with SqliteStore(tmp_path / "history.db") as store:
        async with bridge_inside(broker, store, notifier=notifier) as bridge:
            assert await asyncio.to_thread(manager.recv, 100) == b"READY=1"
            assert (await asyncio.to_thread(manager.recv, 100)).startswith(b"WATCHDOG=1\nSTATUS=")
            assert bridge.counters.written == 0


def test_a_name_with_at_is_in_the_abstract_namespace() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(b"\0perfwatch-test-notify")
        channel.settimeout(60)
        Notifier.of({"NOTIFY_SOCKET": "@perfwatch-test-notify"}).alive("well")
        assert channel.recv(100) == b"WATCHDOG=1\nSTATUS=well"


def test_a_manager_that_does_not_listen_is_no_error(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody")).ready()


def test_the_watchdog_is_fed_twice_as_often_as_it_expects() -> None:
    assert Notifier.of({"WATCHDOG_USEC": "6000000"}).seconds == 3.0
    assert Notifier.of({"WATCHDOG_USEC": "600000000"}).seconds == STATUS_SECONDS
    assert Notifier.of({}).seconds == STATUS_SECONDS
