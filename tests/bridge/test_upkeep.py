"""The bridge looks after the history beside its writing."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.upkeep import NAMED, look_after
from perfwatch.errors import PartialWrite, StoreError
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import HistoryStore, Point, TieredStore
from tests.bridge.running import Process, bridge_process, history
from tests.influx import Victoria
from tests.servers import Mosquitto


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "history.db") as opened:
        yield opened


def write_days_ago(store: HistoryStore, *days: int) -> None:
    now = time.time_ns() // 1_000_000
    store.write([Point("cpu", "nas", "", "", now - day * DAY_MS, {"user": 1.0}) for day in days])


def rows(store: TieredStore) -> list[int]:
    return [tier.rows for tier in store.tiers()]


@asynccontextmanager
async def looking_after(store: HistoryStore) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(look_after(store))
        yield
        task.cancel()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the condition is the state of a file
            await asyncio.sleep(0.02)


async def test_it_follows_a_policy_that_another_process_changes(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.upkeep.EVERY_SECONDS", 0.05)
    write_days_ago(store, 1, 10, 20)
    async with looking_after(store):
        await eventually(lambda: rows(store) == [1, 3, 3])
        with SqliteStore(store.path) as dashboard:
            dashboard.set_policy(Policy(retention_days=15))
        await eventually(lambda: rows(store) == [1, 2, 2])


async def test_a_store_that_fails_is_said_once_and_tried_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bridge.upkeep.EVERY_SECONDS", 0.01)
    refused = 0

    def refuse() -> Policy:
        nonlocal refused
        refused += 1
        if refused < 5:
            raise StoreError("The disk of this test is full")
        return Policy()

    monkeypatch.setattr(store, "policy", refuse)
    caplog.set_level(logging.WARNING)
    write_days_ago(store, 10)
    async with looking_after(store):
        await eventually(lambda: rows(store) == [0, 1, 1])
    assert [record.getMessage() for record in caplog.records] == [
        "The disk of this test is full; old readings stay until it works again"
    ]


async def test_each_new_reason_is_said_and_refused_rollups_stop_nothing(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bridge.upkeep.EVERY_SECONDS", 0.01)
    reasons = [StoreError("first"), StoreError("first"), StoreError("second"), PartialWrite("one", ["one"])]
    reasons.append(StoreError("second"))

    def refuse() -> Policy:
        if reasons:
            raise reasons.pop(0)
        return Policy()

    monkeypatch.setattr(store, "policy", refuse)
    caplog.set_level(logging.WARNING)
    write_days_ago(store, 10)
    async with looking_after(store):
        await eventually(lambda: rows(store) == [0, 1, 1])
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == ["first", "second", "one"]


async def test_refused_rollups_are_named_each_once_and_so_many_at_most(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = ["cpu: too many"] + ["disk: too many"] * 60 + [f"other{n}: too many" for n in range(NAMED)]

    def refuse() -> Policy:
        raise PartialWrite("one (and 80 more points)", refused)

    monkeypatch.setattr(store, "policy", refuse)
    caplog.set_level(logging.WARNING)
    async with looking_after(store):
        await eventually(lambda: len(caplog.records) == 1 + NAMED)
    first, *others = [record.getMessage() for record in caplog.records]
    assert first.startswith("one (and 80 more points)")
    assert others[:2] == ["60 refused: disk: too many", "1 refused: cpu: too many"]


async def test_what_is_not_ours_to_do_is_left_alone(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.upkeep.EVERY_SECONDS", 0.01)
    asked = 0

    def ours() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    write_days_ago(store, 10)
    monkeypatch.setattr(store, "policy", lambda: Policy() if asked > 3 else pytest.fail("it was done"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(look_after(store, ours))
        await eventually(lambda: rows(store) == [0, 1, 1])
        task.cancel()


async def test_an_error_that_nobody_foresaw_is_raised(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> Policy:
        raise RuntimeError("of this test")

    monkeypatch.setattr(store, "policy", breaks)
    with pytest.raises(RuntimeError, match="of this test"):
        await look_after(store)


def test_the_bridge_does_it_as_a_process(tmp_path: Path, broker: Mosquitto) -> None:
    with bridge_process(tmp_path, broker) as bridge:
        looked_after(bridge)


def test_the_bridge_does_it_in_influxdb(tmp_path: Path, broker: Mosquitto, influx_history: str) -> None:
    with history(influx_history) as store:
        store.delete_before(0)  # skips where the server cannot
    with bridge_process(tmp_path, broker, influx_history) as bridge:
        looked_after(bridge)


def looked_after(bridge: Process) -> None:
    bridge.wait_for("connected")
    bridge.end(signal.SIGTERM)
    with history(bridge.history) as store:
        write_days_ago(store, 1, 10, 40)
        bridge.start()
        # What goes is rolled up first or not: that depends on how far the first bridge came.
        bridge.wait_for("2 raw numbers and ")
        assert isinstance(store, TieredStore)
        assert rows(store) == [1, 2, 2]


async def test_a_server_that_makes_no_rollups_is_said_once_and_left_alone(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    with Victoria(tmp_path) as server, history(f"influxdb://127.0.0.1:{server.port}") as store:
        async with looking_after(store):
            await eventually(lambda: bool(caplog.records))
    [record] = caplog.records
    assert "does not answer InfluxQL" in record.getMessage()
    assert record.levelno == logging.INFO
