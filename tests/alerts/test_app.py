"""The service over a real broker: messages in, states and messages out; faults in between."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts import app, watch
from alerts.app import Alerts
from alerts.channels import Channel, Channels, channels_path
from alerts.command.listing import lines, look
from perfwatch.broker import broker_of
from perfwatch.errors import StartError
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings
from tests.alerts.receiver import receiver
from tests.bridge.publisher import Publisher, publisher
from tests.collector.listener import retained
from tests.servers import Mosquitto, wait_until

CPU = "perfwatch/nas/cpu"
PROBLEMS = "homeassistant/device/perfwatch_alerts/nas/config"
STATE = "perfwatch/nas/alert/cpu"
RULES = """
[rules.cpu]
statistic = "last"
window = 0
at_least = 90
clear = 80
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that is only waited through is shortened."""
    monkeypatch.setattr(app, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr("perfwatch.mqtt.lease.SETTLE_SECONDS", 0.05)
    monkeypatch.setattr(app, "FILES_SECONDS", 0.05)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.05)


class House:
    """Settings and a data folder for the service, and what can be seen of it from outside."""

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker
        self.folder = broker.folder
        self.settings = Settings(broker=broker.url, data_dir=str(self.folder), alerts_every=0.0)
        self.rules(RULES)

    def rules(self, text: str) -> None:
        (self.folder / "alerts.toml").write_text(text)

    def channel(self, url: str) -> None:
        Channels(channels_path(self.folder)).add("hook", Channel(url))

    @asynccontextmanager
    async def alerts(self) -> AsyncIterator[Alerts]:
        alerts = Alerts(self.settings)
        running = asyncio.create_task(alerts.run())
        try:
            yield alerts
        finally:
            alerts.stop()
            async with asyncio.timeout(60):
                await running

    async def until(self, topic: str, **fields: Any) -> dict[str, Any]:
        """What is retained on `topic` once it has these fields."""
        async with asyncio.timeout(60), Client(broker_of(self.settings)) as client:
            await client.subscribe(topic)
            async for message in client.messages():
                told: dict[str, Any] = json.loads(message.payload or b"{}")
                if all(told.get(name) == value for name, value in fields.items()):
                    return told
        raise AssertionError


def reading(publishing: Publisher, usage: float, retain: bool = True, host: str = "nas") -> None:
    moment = format_time(from_ms(time.time_ns() // 1_000_000))
    content = json.dumps({"timestamp": moment, "usage_percent": usage}).encode()
    publishing.publish(f"perfwatch/{host}/cpu", content, retain)


async def wait_for(condition: Callable[[], bool], what: str = "it came") -> None:
    await asyncio.to_thread(wait_until, condition, what)


@pytest.fixture
def house(broker: Mosquitto) -> House:
    return House(broker)


async def test_more_than_it_reads_ahead_does_not_keep_it_from_publishing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What it publishes is acknowledged behind all that waits to be read."""
    monkeypatch.setattr(app, "Client", partial(Client, receive_max=1))
    moment = format_time(from_ms(time.time_ns() // 1_000_000))
    content = json.dumps({"timestamp": moment, "usage_percent": 97}).encode()
    async with house.alerts(), Client(broker_of(house.settings)) as client:
        for number in range(300):
            await client.publish(f"perfwatch/host-{number}/cpu", content, retain=True)
        await house.until("perfwatch/host-299/alert/cpu", state="firing")
    assert "lost the broker" not in caplog.text


async def test_readings_are_taken_while_the_broker_does_not_answer_yet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishes = asyncio.Event()

    async def waits_for_an_answer(*_: object) -> None:
        publishes.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("alerts.publishing.Publisher.publish", waits_for_an_answer)
    with publisher(house.broker) as publishing:
        async with house.alerts() as running, asyncio.timeout(60):
            await publishes.wait()
            reading(publishing, 97)
            await wait_for(lambda: ("nas", "cpu") in running.watch.changed)


async def test_a_lease_that_another_holds_is_heard_before_it_is_claimed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.mqtt.lease.SETTLE_SECONDS", -1.0)
    held = b'{"instance":"another","settled":0.0}'
    with publisher(house.broker) as publishing:
        publishing.publish("perfwatch-alerts/lease", held, True)
        async with house.alerts() as running:
            reading(publishing, 97)
            await wait_for(lambda: ("nas", "cpu") in running.watch.changed)
        assert (await house.until("perfwatch-alerts/lease"))["instance"] == "another"


async def test_the_state_of_a_rule_is_a_topic(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 97)
            told = await house.until(STATE, state="firing")
            assert told["text"] == "CPU busy at 97 % (limit 90 %)"
            assert (told["value"], told["limit"], told["severity"]) == (97, 90, "warning")
            assert told["since"] <= told["timestamp"]
            reading(publishing, 10)
            assert (await house.until(STATE, state="ok"))["text"] == ""


async def test_the_sum_counts_and_says_when_nobody_watches(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 97)
            told = await house.until("perfwatch/alerts", firing=1)
            assert (told["online"], told["worst"]) == (True, "warning")
    assert (await house.until("perfwatch/alerts"))["online"] is False


async def test_a_replay_of_older_readings_is_not_judged(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 97, retain=False)
            reading(publishing, 10)
            assert (await house.until(STATE))["state"] == "ok"


async def test_what_is_no_reading_disturbs_nobody(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            for content in (
                b"",
                b"{",
                b"[]",
                b'{"timestamp": 3}',
                b"\xff",
                b'{"timestamp":"2026-01-01T00:00:00Z"}',
            ):
                publishing.publish(CPU, content, True)
                publishing.publish("perfwatch/nas/info", content, True)
            reading(publishing, 97)
            await house.until(STATE, state="firing")


async def test_each_change_is_told_once_whoever_dies(house: House) -> None:
    with receiver() as server, publisher(house.broker) as publishing:
        house.channel(server.url)
        async with house.alerts():
            reading(publishing, 97)
            await wait_for(lambda: len(server.taken) == 1)
        async with house.alerts():
            reading(publishing, 98)
            await house.until("perfwatch/alerts", firing=1, online=True)
            house.broker.kill()
            house.broker.start()
            with publisher(house.broker) as again:
                reading(again, 10)
                await wait_for(lambda: len(server.taken) == 2)
        assert server.events == ["nas cpu firing", "nas cpu over"]


async def test_what_a_channel_did_not_take_it_gets_after_a_restart(house: House) -> None:
    with receiver() as server, publisher(house.broker) as publishing:
        server.answer = 500
        house.channel(server.url)
        async with house.alerts():
            reading(publishing, 97)
            await wait_for(lambda: server.refused == 1)
        server.answer = 200
        async with house.alerts():
            await wait_for(lambda: len(server.taken) == 1)
        assert server.events == ["nas cpu firing"]


async def test_a_broker_that_is_away_is_told_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.absence.LOST_SECONDS", 0.1)
    with receiver() as server:
        house.channel(server.url)
        async with house.alerts():
            await house.until("perfwatch/alerts", online=True)
            house.broker.kill()
            await wait_for(lambda: len(server.taken) == 1)
            house.broker.start()
            await wait_for(lambda: len(server.taken) == 2)
        told = [one["text"] for each in server.taken for one in each["alerts"]]
        assert "is away: nothing is known" in told[0]
        assert told[1] == "The broker is back"


async def test_rules_are_followed_while_it_runs_and_bad_ones_are_not(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 50)
            await house.until(STATE, state="ok")
            house.rules("[rules.cpu]\nat_least = 'high'\nbad")
            house.rules(RULES.replace("90", "40").replace("80", "30"))
            async with asyncio.timeout(60):
                while (await house.until(STATE))["state"] != "firing":
                    reading(publishing, 50)


async def test_rules_may_come_while_it_runs(house: House) -> None:
    (house.folder / "alerts.toml").unlink()
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 50)
            await house.until("perfwatch/nas/alert/cpu", state="unknown")
            house.rules(RULES)
            async with asyncio.timeout(60):
                while (await house.until(STATE))["state"] != "ok":
                    reading(publishing, 50)


async def test_bad_rules_are_refused_at_the_start(house: House) -> None:
    house.rules("[rules.cpu]\nfor = 'ever'")
    with pytest.raises(StartError, match=r"alerts\.toml: rule cpu"):
        Alerts(house.settings)


async def test_a_host_that_is_forgotten_takes_its_states_with_it(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            publishing.publish("perfwatch/nas/status", b"online", True)
            reading(publishing, 97)
            await house.until(STATE, state="firing")
            await house.until(PROBLEMS)
            publishing.publish("perfwatch/nas/status", b"", True)
            await house.until("perfwatch/alerts", firing=0)
            await wait_for(lambda: retained(house.broker.port, PROBLEMS) is None, "Home Assistant forgets it")


async def test_home_assistant_gets_a_problem_on_the_hosts_device(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 97)
            told = await house.until(PROBLEMS)
    assert told["device"]["identifiers"] == ["perfwatch_nas"]
    component = told["components"]["alert_cpu"]
    assert (component["device_class"], component["state_topic"]) == ("problem", STATE)


async def test_the_list_has_the_worst_first(house: House) -> None:
    with publisher(house.broker) as publishing:
        async with house.alerts():
            reading(publishing, 10, host="pi")
            reading(publishing, 97)
            await house.until("perfwatch/alerts", firing=1)
            shown = lines(await asyncio.to_thread(look, house.settings))
    assert [line.split()[:4] for line in shown[1:2]] == [["firing", "warning", "nas", "cpu"]]
    assert shown[-1].startswith("1 firing, 0 pending")


@pytest.mark.parametrize("name", ["memory.jsonl", "told.json"])
def test_a_state_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / name).write_bytes(b"\xc1")
    with pytest.raises(StartError, match=name):
        Alerts(Settings(data_dir=str(tmp_path)))


@pytest.mark.parametrize("usage", [97, 10])
async def test_a_crash_with_an_old_memory_tells_each_change_once(house: House, usage: float) -> None:
    with receiver() as server, publisher(house.broker) as publishing:
        house.channel(server.url)
        async with house.alerts():
            reading(publishing, 97)
            await wait_for(lambda: len(server.taken) == 1)
        (house.folder / "alerts" / "memory.jsonl").unlink()
        async with house.alerts():
            reading(publishing, usage)
            await house.until(STATE, state="firing" if usage == 97 else "ok")
            if usage == 10:
                await wait_for(lambda: len(server.taken) == 2)
    assert server.events == ["nas cpu firing", "nas cpu over"][: 1 if usage == 97 else 2]


async def test_of_two_instances_one_tells_and_the_other_goes_on_when_it_ends(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = House(house.broker)
    other.folder = tmp_path_factory.mktemp("other")
    other.settings = msgspec.structs.replace(house.settings, data_dir=str(other.folder))
    other.rules(RULES)
    with receiver() as server, publisher(house.broker) as publishing:
        for one in (house, other):
            one.channel(server.url)
        async with house.alerts() as first:
            await wait_for(lambda: first.lease.leads, "the first leads")
            async with other.alerts() as second:
                reading(publishing, 97)
                await wait_for(lambda: len(server.taken) == 1)
                first.stop()
                await wait_for(lambda: second.lease.leads, "the second takes over")
                await house.until("perfwatch/alerts", online=True, firing=1)
                reading(publishing, 10)
                await wait_for(lambda: "nas cpu over" in server.events)
    assert server.events == ["nas cpu firing", "nas cpu over"]
