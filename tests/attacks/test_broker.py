"""Attacks by whoever has an account of the broker, on the readings of others. Mosquitto with what we ship."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from perfwatch.broker import Broker as Address
from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.bridge.publisher import payload
from tests.bridge.running import history, numbers
from tests.servers import wait_until
from tests.shipped_broker import Broker

DAY = 86_400.0
OLD_CLIENT_ID = "perfwatch-bridge-bridge"
ATTACKERS = ("reader", "pi")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as broker:
        yield broker


def account(broker: Broker, name: str) -> Address:
    return broker_of(Settings(broker=broker.url_of(name)))


@contextmanager
def bridge(folder: Path, broker: Broker, *options: str) -> Iterator[None]:
    """The bridge as a process, connected; killed at the end, as by a power cut."""
    log = folder / "bridge.log"
    before = log.read_text().count("connected to") if log.exists() else 0
    command = [sys.executable, "-m", "bridge", "--broker", broker.url_of("bridge"), "--data-dir", str(folder)]
    with log.open("ab") as output:
        process = subprocess.Popen([*command, *options], env={**os.environ}, stderr=output)
    try:
        wait_until(lambda: log.read_text().count("connected to") > before, "the bridge connects")
        yield
    finally:
        process.kill()
        process.wait(60)


def publish(broker: Broker, count: int) -> None:
    async def send() -> None:
        async with Client(account(broker, "nas")) as client:
            for number in range(count):
                await client.publish("perfwatch/nas/cpu", payload(number), qos=1)

    asyncio.run(send())


async def take_session(broker: Broker, name: str, client_id: str) -> None:
    """Connect under somebody's client id without an expiry: the session ends with the connection."""
    async with Client(account(broker, name), client_id=client_id):
        pass


def arrived(folder: Path) -> list[int]:
    with history(f"sqlite://{folder / 'history.db'}") as store:
        return numbers(store)


def expect(folder: Path, count: int) -> None:
    wait_until(lambda: len(arrived(folder)) >= count, f"{count} readings are in the history")
    assert arrived(folder) == list(range(count))


def test_nobody_empties_the_queue_of_a_bridge_that_is_away(broker: Broker, tmp_path: Path) -> None:
    with bridge(tmp_path, broker):
        pass
    publish(broker, 20)
    for name in ATTACKERS:
        asyncio.run(take_session(broker, name, OLD_CLIENT_ID))
    with bridge(tmp_path, broker):
        expect(tmp_path, 20)


def test_nobody_joins_a_group_of_bridges(broker: Broker, tmp_path: Path) -> None:
    async def attack(count: int) -> None:
        readers = [Client(account(broker, name)) for name in ATTACKERS]
        async with readers[0], readers[1]:
            for reader in readers:
                await reader.subscribe(Topics().readings("main"))
            await asyncio.to_thread(publish, broker, count)

    with bridge(tmp_path, broker, "--group", "main"):
        asyncio.run(attack(200))
        expect(tmp_path, 200)


def test_what_waits_under_the_id_of_before_is_taken_once(broker: Broker, tmp_path: Path) -> None:
    async def old_bridge() -> None:
        old = Client(account(broker, "bridge"), client_id=OLD_CLIENT_ID, session_expiry=DAY)
        async with old:
            await old.subscribe(Topics().readings())

    async def old_session_is_there() -> bool:
        async with Client(account(broker, "bridge"), client_id=OLD_CLIENT_ID) as client:
            return client.session_present

    asyncio.run(old_bridge())
    publish(broker, 20)
    with bridge(tmp_path, broker):
        expect(tmp_path, 20)
        kept = tmp_path / "secrets" / "session_bridge.json"
        wait_until(lambda: '"took_over":true' in kept.read_text(), "the old session is done with")
        assert kept.stat().st_mode & 0o777 == 0o600
    assert not asyncio.run(old_session_is_there())


def test_who_fills_the_broker_is_disconnected_and_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    small = Broker(folder, memory_limit=50_000_000)

    async def attack() -> None:
        async with Client(account(small, "dashboard")) as dashboard, Client(account(small, "nas")) as nas:
            await dashboard.subscribe("perfwatch/nas/+")
            with pytest.raises(BrokerError, match="ended the connection"):
                await retain(200)
            await nas.publish("perfwatch/nas/cpu", payload(1), qos=1)
            assert [message.payload for message in await dashboard.arrived()] == [payload(1)]

    async def retain(count: int) -> None:
        async with Client(account(small, "pi")) as pi:
            for number in range(count):
                await pi.publish(f"perfwatch/pi/x{number}", bytes(900_000), qos=1, retain=True)

    with small:
        asyncio.run(attack())


def test_a_collector_gone_wrong_makes_no_more_series_than_its_limit(broker: Broker, tmp_path: Path) -> None:
    limit, flood = 200, 20

    async def attack() -> list[dict[str, Any]]:
        async with Client(account(broker, "dashboard")) as dashboard, Client(account(broker, "pi")) as pi:
            await dashboard.subscribe("perfwatch-bridge/bridge/#")
            for number in range(flood):
                fields = {f"x{number}_{field}": field for field in range(100)}
                await pi.publish("perfwatch/pi/odd", payload(number, **fields), qos=1)
            return await told(dashboard)

    async def told(client: Client) -> list[dict[str, Any]]:
        """What is said on /rejected until the numbers tell of all that was left out."""
        rejected = []
        async for message in client.messages():
            said = json.loads(message.payload) if message.payload.startswith(b"{") else {}
            if message.topic.endswith("/rejected"):
                rejected.append(said)
            if said.get("left_out", 0) >= (flood - 2) * 100:
                assert said["full_hosts"] == ["pi"]
                break
        return rejected

    with bridge(tmp_path, broker, "--series-limit", str(limit)):
        rejected = asyncio.run(asyncio.wait_for(attack(), 60))
        publish(broker, 20)
        expect(tmp_path, 20)
    assert [said["reason"] for said in rejected if "200 series" in said["reason"]] == [rejected[0]["reason"]]
    with history(f"sqlite://{tmp_path / 'history.db'}") as store:
        assert len(store.series(host="pi")) == limit
