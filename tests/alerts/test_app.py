"""The service over a real broker: readings in, states out."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from pathlib import Path

import pytest

from alerts import app
from alerts.app import Alerts
from alerts.command.listing import lines, look
from alerts.desk import Desk
from perfwatch.broker import broker_of
from perfwatch.errors import StartError
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings
from tests.alerts.instance import CPU, RULES, STATE, Instance, reading, wait_for
from tests.bridge.publisher import publisher
from tests.collector.listener import retained

PROBLEMS = "homeassistant/device/perfwatch_alerts/nas/config"


async def test_more_than_it_reads_ahead_does_not_keep_it_from_publishing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What it publishes is acknowledged behind all that waits to be read."""
    monkeypatch.setattr(app, "Client", partial(Client, receive_max=1))
    moment = format_time(from_ms(time.time_ns() // 1_000_000))
    content = json.dumps({"timestamp": moment, "usage_percent": 97}).encode()
    async with instance.alerts(), Client(broker_of(instance.settings)) as client:
        for number in range(300):
            await client.publish(f"perfwatch/host-{number}/cpu", content, retain=True)
        await instance.until("perfwatch/host-299/alert/cpu", state="firing")
    assert "lost the broker" not in caplog.text


async def test_readings_are_taken_while_the_broker_does_not_answer_yet(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishes = asyncio.Event()

    async def waits_for_an_answer(*_: object) -> None:
        publishes.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("alerts.publishing.Publisher.publish", waits_for_an_answer)
    with publisher(instance.broker) as publishing:
        async with instance.alerts() as running, asyncio.timeout(60):
            await publishes.wait()
            reading(publishing, 97)
            await wait_for(lambda: ("nas", "cpu") in running.watch.changed)


async def test_a_lease_that_another_holds_is_heard_before_it_is_claimed(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.mqtt.lease.SETTLE_SECONDS", -1.0)
    held = b'{"instance":"another","settled":0.0}'
    with publisher(instance.broker) as publishing:
        publishing.publish("perfwatch-alerts/lease", held, True)
        async with instance.alerts() as running:
            reading(publishing, 97)
            await wait_for(lambda: ("nas", "cpu") in running.watch.changed)
        assert (await instance.until("perfwatch-alerts/lease"))["instance"] == "another"


async def test_the_state_of_a_rule_is_a_topic(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 97)
            told = await instance.until(STATE, state="firing")
            assert told["text"] == "CPU busy at 97 % (limit 90 %)"
            assert (told["value"], told["limit"], told["severity"]) == (97, 90, "warning")
            assert told["since"] <= told["timestamp"]
            reading(publishing, 10)
            assert (await instance.until(STATE, state="ok"))["text"] == ""


async def test_the_sum_counts_and_says_when_nobody_watches(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 97)
            told = await instance.until("perfwatch/alerts", firing=1)
            assert (told["online"], told["worst"]) == (True, "warning")
    assert (await instance.until("perfwatch/alerts"))["online"] is False


async def test_a_replay_of_older_readings_is_not_judged(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 97, retain=False)
            reading(publishing, 10)
            assert (await instance.until(STATE))["state"] == "ok"


async def test_what_is_no_reading_disturbs_nobody(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
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
            await instance.until(STATE, state="firing")


async def test_rules_are_followed_while_it_runs_and_bad_ones_are_not(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 50)
            await instance.until(STATE, state="ok")
            instance.rules("[rules.cpu]\nat_least = 'high'\nbad")
            instance.rules(RULES.replace("90", "40").replace("80", "30"))
            async with asyncio.timeout(60):
                while (await instance.until(STATE))["state"] != "firing":
                    reading(publishing, 50)


async def test_rules_may_come_while_it_runs(instance: Instance) -> None:
    (instance.folder / "alerts.toml").unlink()
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 50)
            await instance.until("perfwatch/nas/alert/cpu", state="unknown")
            instance.rules(RULES)
            async with asyncio.timeout(60):
                while (await instance.until(STATE))["state"] != "ok":
                    reading(publishing, 50)


async def test_bad_rules_are_refused_at_the_start(instance: Instance) -> None:
    instance.rules("[rules.cpu]\nfor = 'ever'")
    with pytest.raises(StartError, match=r"alerts\.toml: rule cpu"):
        Alerts(instance.settings)


async def test_a_host_that_is_forgotten_takes_its_states_with_it(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            publishing.publish("perfwatch/nas/status", b"online", True)
            reading(publishing, 97)
            await instance.until(STATE, state="firing")
            await instance.until(PROBLEMS)
            publishing.publish("perfwatch/nas/status", b"", True)
            await instance.until("perfwatch/alerts", firing=0)
            await wait_for(
                lambda: retained(instance.broker.port, PROBLEMS) is None, "Home Assistant forgets it"
            )


async def test_home_assistant_gets_a_problem_on_the_hosts_device(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 97)
            told = await instance.until(PROBLEMS)
    assert told["device"]["identifiers"] == ["perfwatch_nas"]
    component = told["components"]["alert_cpu"]
    assert (component["device_class"], component["state_topic"]) == ("problem", STATE)


async def test_the_list_has_the_worst_first(instance: Instance) -> None:
    with publisher(instance.broker) as publishing:
        async with instance.alerts():
            reading(publishing, 10, host="pi")
            reading(publishing, 97)
            await instance.until("perfwatch/alerts", firing=1)
            shown = lines(await asyncio.to_thread(look, instance.settings))
    assert [line.split()[:4] for line in shown[1:2]] == [["firing", "warning", "nas", "cpu"]]
    assert shown[-1].startswith("1 firing, 0 pending")


async def test_it_ends_soon_though_the_broker_never_answers(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "LEAVE_SECONDS", 0.1)
    alerts = Alerts(instance.settings)
    running = asyncio.create_task(alerts.run())
    await instance.until("perfwatch/alerts", online=True)
    with instance.broker.frozen():
        began = time.monotonic()
        alerts.stop()
        await asyncio.wait({running}, timeout=60)
    assert running.result() is None
    assert time.monotonic() - began < 8  # an answer would be waited for for 10 s


async def test_what_nobody_foresaw_in_an_answer_ends_the_service(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_desk: Desk, _payload: bytes) -> None:
        raise KeyError("of this test")

    monkeypatch.setattr(Desk, "answer", breaks)
    running = asyncio.create_task(Alerts(instance.settings).run())
    await instance.until("perfwatch/alerts", online=True)
    with publisher(instance.broker) as publishing:
        publishing.publish("perfwatch-alerts/ask", b"{}", False)
        await asyncio.wait({running}, timeout=60)
    with pytest.raises(ExceptionGroup) as raised:
        running.result()
    assert raised.group_contains(KeyError, match="of this test")


@pytest.mark.parametrize("name", ["memory.jsonl", "told.json"])
def test_a_state_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / name).write_bytes(b"\xc1")
    with pytest.raises(StartError, match=name):
        Alerts(Settings(data_dir=str(tmp_path)))
