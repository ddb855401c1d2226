"""Of a group of bridges one looks after the history, over a real broker."""

from __future__ import annotations

import asyncio

import pytest

from bridge.leading import leading_of
from perfwatch.mqtt import lease
from perfwatch.settings import Settings
from tests.bridge.test_upkeep import eventually
from tests.servers import Mosquitto


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.leading.LOOK_SECONDS", 0.05)
    for name, seconds in {"SETTLE_SECONDS": 0.1, "RENEW_SECONDS": 0.5, "EXPIRY_SECONDS": 2}.items():
        monkeypatch.setattr(lease, name, seconds)


async def test_one_of_a_group_leads_and_another_when_that_one_is_gone(broker: Mosquitto) -> None:
    members = {
        name: leading_of(Settings(broker=broker.url, bridge_id=name, group="shed")) for name in ("a", "b")
    }

    def leaders() -> list[str]:
        return [name for name, one in members.items() if one.leads()]

    async with asyncio.TaskGroup() as group:
        running = {name: group.create_task(one.run()) for name, one in members.items()}
        await eventually(lambda: len(leaders()) == 1)
        [first] = leaders()
        running.pop(first).cancel()
        del members[first]
        await eventually(lambda: bool(leaders()))
        for task in running.values():
            task.cancel()


async def test_a_bridge_of_no_group_always_leads(broker: Mosquitto) -> None:
    alone = leading_of(Settings(broker=broker.url, bridge_id="a"))
    await alone.run()
    assert alone.leads()
