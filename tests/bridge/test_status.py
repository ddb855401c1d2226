"""`perfwatch bridge status`, as a person and as a container's health check."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.status import status
from perfwatch.errors import PerfWatchError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.settings import Settings
from tests.bridge.publisher import payload, publisher
from tests.bridge.running import bridge_inside
from tests.servers import Mosquitto

STATUS = [sys.executable, "-m", "perfwatch.cli", "bridge", "status"]


def run(broker: Mosquitto, *arguments: str) -> tuple[int, list[list[str]]]:
    done = subprocess.run(
        [*STATUS, "--broker", broker.url, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, [line.split() for line in done.stdout.splitlines()]


async def test_it_shows_every_bridge_and_is_well_while_all_are(tmp_path: Path, broker: Mosquitto) -> None:
    with SqliteStore(tmp_path / "history.db") as store:
        async with bridge_inside(broker, store, group="office"):
            code, lines = await asyncio.to_thread(run, broker)
    assert lines[0][:4] == ["bridge", "group", "state", "received"]
    assert lines[1] == ["test", "office", "well", "0", "0", "0", "0", "0", "-"]
    assert code == 0
    assert await asyncio.to_thread(run, broker, "test") == (
        1,
        [lines[0], ["test", "-", "offline", *"------"]],
    )


async def test_a_bridge_whose_history_is_away_is_not_well(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.STATS_SECONDS", 0.1)
    with SqliteStore(tmp_path) as impossible:
        async with bridge_inside(broker, impossible) as bridge:
            with publisher(broker) as collector:
                while not bridge.stats().spooled:
                    await asyncio.to_thread(collector.publish, "perfwatch/nas/cpu", payload(1))
            code, lines = await asyncio.to_thread(run, broker, "test")
    assert (code, " ".join(lines[1][2:4])) == (1, "history away")


async def test_as_a_health_check_it_is_quick(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when the bridge has told, well before its patience and the next numbers."""
    monkeypatch.setattr("bridge.status.PATIENCE_SECONDS", 3600)
    monkeypatch.setattr("bridge.app.STATS_SECONDS", 3600)
    with SqliteStore(tmp_path / "history.db") as store:
        async with bridge_inside(broker, store), asyncio.timeout(60):
            found = await asyncio.to_thread(status, Settings(broker=broker.url), "test")
            assert found["test"].well


async def test_a_bridge_that_hangs_is_silent_once_its_numbers_are_old(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.HEALTH_EXPIRY", 1)
    monkeypatch.setattr("bridge.app.STATS_SECONDS", 3600)
    settings = Settings(broker=broker.url)
    with SqliteStore(tmp_path / "history.db") as store:
        async with bridge_inside(broker, store):  # it tells nothing more for an hour
            async with asyncio.timeout(60):
                while (await asyncio.to_thread(status, settings, None))["test"].state != "silent":
                    pass
            code, lines = await asyncio.to_thread(run, broker, "test")
    assert (code, lines[1][2]) == (1, "silent")


def test_a_bridge_that_was_never_there_is_a_failure(broker: Mosquitto) -> None:
    assert status(Settings(broker=broker.url), "nobody") == {}


def test_a_broker_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [*STATUS, "--broker", "mqtt://127.0.0.1:1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("perfwatch: mqtt://127.0.0.1:1 cannot be reached")


def test_what_another_program_says_there_is_named(broker: Mosquitto) -> None:
    with publisher(broker) as other:
        other.publish("perfwatch-bridge/odd/health", b"{}", retain=True)
        with pytest.raises(PerfWatchError, match="perfwatch-bridge/odd/health is not what a bridge"):
            status(Settings(broker=broker.url), None)
