"""How a bridge ends: by what nobody foresaw, and in order with its last words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.app import Bridge
from bridge.spool import Spool
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.mqtt.client import Client, Message
from perfwatch.mqtt.inbox import Inbox
from perfwatch.settings import Settings
from tests.bridge.observing import CPU, Refusing, eventually, observer
from tests.bridge.publisher import payload
from tests.bridge.running import bridge_inside
from tests.servers import Mosquitto


async def run_until_it_ends(broker: Mosquitto, store: SqliteStore, *beside: Callable[[], Any]) -> None:
    """A bridge that gets a reading, for as long as it runs by itself."""
    settings = Settings(broker=broker.url, bridge_id="test", data_dir=str(broker.folder), batch_wait=0.01)
    async with asyncio.timeout(60), observer(broker) as seen:
        await seen.publish(CPU, payload(1), retain=True)
        await Bridge(settings, store).run(*beside)


def broken(*_given: object) -> None:
    raise RuntimeError("of this test")


@pytest.mark.parametrize("write", ["store", "spool"])
async def test_what_nobody_foresaw_in_a_write_ends_it_and_it_goes_offline(
    broker: Mosquitto, refusing: Refusing, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    if write == "store":
        monkeypatch.setattr(refusing, "write", broken)
    else:
        monkeypatch.setattr(Spool, "append", broken)
    with pytest.raises(ExceptionGroup) as raised:
        await run_until_it_ends(broker, refusing)
    assert raised.group_contains(RuntimeError, match="of this test")
    async with observer(broker) as later:
        assert await later.next("perfwatch-bridge/test/status") == b"offline"


async def test_what_nobody_foresaw_beside_it_ends_it(broker: Mosquitto, store: SqliteStore) -> None:
    async def beside() -> None:
        raise RuntimeError("of this test")

    with pytest.raises(ExceptionGroup) as raised:
        await run_until_it_ends(broker, store, beside)
    assert raised.group_contains(RuntimeError, match="of this test")


async def test_the_last_rejections_are_told_before_it_goes(
    broker: Mosquitto, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it runs nobody tells them here, and they come in the wait of a batch that is not over."""

    async def says_nothing(_bridge: Bridge, _client: Client) -> None:
        await asyncio.sleep(3600)

    arrived = []

    class Noting(Inbox[Message]):
        def append(self, message: Message) -> None:
            arrived.append(message.topic)
            super().append(message)

    monkeypatch.setattr(Bridge, "_keep_telling", says_nothing)
    async with observer(broker) as seen:
        monkeypatch.setattr("perfwatch.mqtt.client.Inbox", Noting)
        async with bridge_inside(broker, store, batch_wait=10.0):
            await seen.bridge_is_online()
            await seen.publish(CPU, b"nonsense")
            await eventually(lambda: CPU in arrived, "the bridge has it")
        assert json.loads(await seen.next("perfwatch-bridge/test/rejected"))["topic"] == CPU
