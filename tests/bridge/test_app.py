"""What the bridge says and does between the broker and the store."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from perfwatch.backoff import Backoff
from perfwatch.history.sqlite.store import SqliteStore
from tests.bridge.observing import CPU, Refusing, eventually, observer
from tests.bridge.publisher import payload, publisher
from tests.bridge.running import bridge_inside, numbers
from tests.servers import OPEN_BROKER, Mosquitto


async def test_its_presence_is_retained(broker: Mosquitto, store: SqliteStore) -> None:
    status = "perfwatch-bridge/test/status"
    async with bridge_inside(broker, store), observer(broker) as seen:
        assert await seen.next(status) == b"online"
    async with observer(broker) as later:
        assert await later.next(status) == b"offline"


async def test_a_message_that_cannot_be_taken_is_reported_and_the_next_is_stored(
    broker: Mosquitto, store: SqliteStore
) -> None:
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        await seen.publish(CPU, b'{"timestamp": "soon"}')
        await seen.publish(CPU, payload(1))
        told = json.loads(await seen.next("perfwatch-bridge/test/rejected"))
        await eventually(lambda: numbers(store) == [1], "the good reading is stored")
        counters = bridge.counters
    assert told.keys() == {"timestamp", "topic", "reason", "payload"}
    assert (told["topic"], told["payload"]) == (CPU, '{"timestamp": "soon"}')
    assert "timestamp" in told["reason"]
    assert (counters.received, counters.written, counters.rejected, counters.waiting) == (2, 1, 1, 0)


async def test_a_rejected_message_is_acknowledged(broker: Mosquitto, store: SqliteStore) -> None:
    async with bridge_inside(broker, store), observer(broker) as seen:
        await seen.bridge_is_online()
        await seen.publish(CPU, b"nonsense")
        await seen.next("perfwatch-bridge/test/rejected")
    async with bridge_inside(broker, store) as again, observer(broker) as seen:
        await seen.publish(CPU, payload(1))
        await eventually(lambda: numbers(store) == [1], "the good reading is stored")
        assert again.counters.rejected == 0


async def test_what_hosts_say_beside_readings_is_passed_over(broker: Mosquitto, store: SqliteStore) -> None:
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        await seen.publish("perfwatch/nas/status", b"online", retain=True)
        await seen.publish("perfwatch/nas/info", b"{}", retain=True)
        await seen.publish("perfwatch/nas/cpu/usage_percent", b"12.5")
        await seen.publish(CPU, payload(1), retain=True)
        await seen.publish(CPU, b"", retain=True)
        await seen.publish(CPU, payload(2))
        await eventually(lambda: numbers(store) == [1, 2], "both readings are stored")
        assert (bridge.counters.received, bridge.counters.rejected) == (2, 0)


async def test_a_bridge_that_is_new_takes_the_retained_readings(
    broker: Mosquitto, store: SqliteStore
) -> None:
    async with observer(broker) as seen:
        await seen.publish(CPU, payload(7), retain=True)
    async with bridge_inside(broker, store):
        await eventually(lambda: numbers(store) == [7], "the retained reading is stored")


async def test_stats_count_what_was_done(
    broker: Mosquitto, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.STATS_SECONDS", 0.05)

    def done(content: bytes) -> bool:
        return bool(json.loads(content)["written"] == 3)

    async with bridge_inside(broker, store), observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(3):
            await seen.publish(CPU, payload(number, idle=1))
        told: dict[str, Any] = json.loads(await seen.next("perfwatch-bridge/test/stats", done))
    counted = {name: told[name] for name in ("received", "written", "rejected", "points", "waiting")}
    assert counted == {"received": 3, "written": 3, "rejected": 0, "points": 6, "waiting": 0}
    assert told["lag_ms"] > 1000
    assert (told["store_away"], told["spooled"], told["spool_age_seconds"]) == (False, 0, None)


async def test_while_neither_store_nor_spool_takes_it_nothing_is_acknowledged(
    broker: Mosquitto, refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("FINISH_SECONDS", "END_SECONDS"):
        monkeypatch.setattr(f"bridge.app.{limit}", 3600)  # nor does it wait for that at the end
    async with bridge_inside(broker, refusing, spool_size=1) as first, observer(broker) as seen:
        await seen.bridge_is_online()
        await seen.publish(CPU, payload(1))
        await seen.publish(CPU, b"nonsense")
        await eventually(lambda: first.counters.received == 2, "the bridge has both messages")
    assert first.counters.written == 0
    refusing.refuses = False
    async with bridge_inside(broker, refusing) as second:
        await eventually(lambda: numbers(refusing) == [1], "the broker has sent it again")
        await eventually(lambda: second.counters.rejected == 1, "the rejected one came again too")


async def test_a_store_that_comes_back_gets_what_waited_and_each_is_said_once(
    broker: Mosquitto, refusing: Refusing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with bridge_inside(broker, refusing) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(3):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: "readings wait in" in caplog.text, "the refusal is logged")
        refusing.refuses = False
        await eventually(lambda: numbers(refusing) == [0, 1, 2], "what waited is stored")
        await eventually(lambda: bridge.counters.written == 3, "it is counted")
    said = [record.getMessage() for record in caplog.records if "written again" in record.getMessage()]
    assert said == [
        f"The disk of this test is full; readings wait in {broker.folder}/spool/test"
        " until it can be written again",
        "the history can be written again",
    ]


async def test_a_locked_history_is_waited_for(broker: Mosquitto, store: SqliteStore) -> None:
    store.write([])
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            await seen.bridge_is_online()
            other.execute("BEGIN EXCLUSIVE")
            await seen.publish(CPU, payload(1))
            await eventually(lambda: bridge.stats().store_away, "the bridge has met the lock")
            assert bridge.counters.written == 0
            other.execute("ROLLBACK")
        await eventually(lambda: numbers(store) == [1], "the reading is stored")


async def test_more_than_the_receive_maximum_waits_in_the_broker(
    broker: Mosquitto, refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.app.RECEIVE_MAX", 10)
    async with bridge_inside(broker, refusing, spool_size=1) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(100):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: bridge.counters.received == 10, "the receive maximum is reached")
        assert bridge.counters.waiting == 10
        refusing.refuses = False
        await eventually(lambda: numbers(refusing) == list(range(100)), "all is stored")


async def test_what_has_arrived_is_stored_before_it_stops(broker: Mosquitto, refusing: Refusing) -> None:
    async with bridge_inside(broker, refusing, spool_size=1) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(1300):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: bridge.counters.waiting > 0, "a batch waits before all others")
        refusing.refuses = False
    # The last few may not have come over the wire yet; the broker keeps those.
    written = bridge.counters.written
    assert numbers(refusing) == list(range(written))
    assert written == bridge.counters.received > 1100


class Impatient(Backoff):
    """Tries again at once, and knows how often it was asked."""

    asked = 0

    def next(self) -> float:
        Impatient.asked += 1
        return 0.01


async def test_a_lost_broker_is_said_once_until_it_is_back(
    broker: Mosquitto, store: SqliteStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("perfwatch.mqtt.reconnect.Backoff", Impatient)
    async with bridge_inside(broker, store):
        await eventually(lambda: caplog.text.count("connected to") == 1, "it is connected")
        broker.kill()
        before = Impatient.asked
        await eventually(lambda: Impatient.asked > before + 5, "it has tried several times")
        broker.start()
        await eventually(lambda: caplog.text.count("connected to") == 2, "it is connected again")
    assert caplog.text.count("lost the broker") == 1


async def test_a_bridge_that_joins_a_group_no_longer_takes_everything(
    broker: Mosquitto, store: SqliteStore
) -> None:
    async with bridge_inside(broker, store), observer(broker) as seen:
        await seen.bridge_is_online()
    async with bridge_inside(broker, store, group="all") as member, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(3):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: member.counters.written >= 3, "the readings are stored")
        assert (member.counters.received, member.stats().group) == (3, "all")


async def test_what_an_earlier_connection_left_no_longer_waits(
    broker: Mosquitto, refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.mqtt.reconnect.Backoff", Impatient)
    async with bridge_inside(broker, refusing, spool_size=1) as bridge:
        async with observer(broker) as seen:
            await seen.bridge_is_online()
            await seen.publish(CPU, payload(1), retain=True)
            await eventually(lambda: bridge.counters.waiting == 1, "a reading waits")
        broker.kill()
        await eventually(lambda: bridge.counters.waiting == 0, "it was given up")
        broker.start()
        async with observer(broker) as seen:
            await seen.publish(CPU, payload(2), retain=True)
            await eventually(lambda: bridge.counters.waiting == 1, "the next one waits")
            refusing.refuses = False
            await eventually(lambda: numbers(refusing) == [2], "it is stored")
        await eventually(lambda: bridge.counters.waiting == 0, "nothing waits any more")


async def test_a_broker_that_sends_few_at_a_time_is_kept_up_with(tmp_path: Path, store: SqliteStore) -> None:
    """Mosquitto's own limit is 20 ahead of their acknowledgement."""
    few = OPEN_BROKER.replace("max_inflight_messages 0", "max_inflight_messages 20")
    with Mosquitto(tmp_path, few) as broker:
        async with bridge_inside(broker, store, batch_wait=0.01), observer(broker) as seen:
            await seen.bridge_is_online()
        with publisher(broker) as collector:
            await asyncio.to_thread(collector.numbered, range(600))
        # One wait for the first, and one for what remains: 30 would be longer than `eventually` is patient.
        async with bridge_inside(broker, store, batch_wait=5.0):
            await eventually(lambda: len(numbers(store)) == 600, "all is stored")
