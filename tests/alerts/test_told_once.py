"""Each change reaches the channels once, whatever dies, is away or is there twice."""

from __future__ import annotations

import msgspec
import pytest

from tests.alerts.instance import RULES, STATE, Instance, reading, wait_for
from tests.alerts.receiver import receiver
from tests.bridge.publisher import publisher


async def test_each_change_is_told_once_whoever_dies(instance: Instance) -> None:
    with receiver() as server, publisher(instance.broker) as publishing:
        instance.channel(server.url)
        async with instance.alerts():
            reading(publishing, 97)
            await wait_for(lambda: len(server.taken) == 1)
        async with instance.alerts():
            reading(publishing, 98)
            await instance.until("perfwatch/alerts", firing=1, online=True)
            instance.broker.kill()
            instance.broker.start()
            with publisher(instance.broker) as again:
                reading(again, 10)
                await wait_for(lambda: len(server.taken) == 2)
        assert server.events == ["nas cpu firing", "nas cpu over"]


async def test_what_a_channel_did_not_take_it_gets_after_a_restart(instance: Instance) -> None:
    with receiver() as server, publisher(instance.broker) as publishing:
        server.answer = 500
        instance.channel(server.url)
        async with instance.alerts():
            reading(publishing, 97)
            await wait_for(lambda: server.refused == 1)
        server.answer = 200
        async with instance.alerts():
            await wait_for(lambda: len(server.taken) == 1)
        assert server.events == ["nas cpu firing"]


async def test_a_broker_that_is_away_is_told_once(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.absence.LOST_SECONDS", 0.1)
    with receiver() as server:
        instance.channel(server.url)
        async with instance.alerts():
            await instance.until("perfwatch/alerts", online=True)
            instance.broker.kill()
            await wait_for(lambda: len(server.taken) == 1)
            instance.broker.start()
            await wait_for(lambda: len(server.taken) == 2)
        told = [one["text"] for each in server.taken for one in each["alerts"]]
        assert "is away: nothing is known" in told[0]
        assert told[1] == "The broker is back"


@pytest.mark.parametrize("usage", [97, 10])
async def test_a_crash_with_an_old_memory_tells_each_change_once(instance: Instance, usage: float) -> None:
    with receiver() as server, publisher(instance.broker) as publishing:
        instance.channel(server.url)
        async with instance.alerts():
            reading(publishing, 97)
            await wait_for(lambda: len(server.taken) == 1)
        (instance.folder / "alerts" / "memory.jsonl").unlink()
        async with instance.alerts():
            reading(publishing, usage)
            await instance.until(STATE, state="firing" if usage == 97 else "ok")
            if usage == 10:
                await wait_for(lambda: len(server.taken) == 2)
    assert server.events == ["nas cpu firing", "nas cpu over"][: 1 if usage == 97 else 2]


async def test_of_two_instances_one_tells_and_the_other_goes_on_when_it_ends(
    instance: Instance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Instance(instance.broker)
    other.folder = tmp_path_factory.mktemp("other")
    other.settings = msgspec.structs.replace(instance.settings, data_dir=str(other.folder))
    other.rules(RULES)
    with receiver() as server, publisher(instance.broker) as publishing:
        for one in (instance, other):
            one.channel(server.url)
        async with instance.alerts() as first:
            await wait_for(lambda: first.lease.leads, "the first leads")
            async with other.alerts() as second:
                reading(publishing, 97)
                await wait_for(lambda: len(server.taken) == 1)
                first.stop()
                await wait_for(lambda: second.lease.leads, "the second takes over")
                await instance.until("perfwatch/alerts", online=True, firing=1)
                reading(publishing, 10)
                await wait_for(lambda: "nas cpu over" in server.events)
    assert server.events == ["nas cpu firing", "nas cpu over"]
