"""A host that is looked at closely: who is told, and who gets the ticks in between."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from websockets.asyncio.client import connect

from dashboard.live.hub import Hub
from dashboard.live.viewer import Frame, Viewer
from dashboard.live.watching import LOOK_SECONDS, Watching
from perfwatch.errors import BrokerError, Refused
from perfwatch.topics import Kind, Topic
from tests.clock import Clock
from tests.collector.listener import Heard, Listener
from tests.dashboard.live.sockets import address, received
from tests.dashboard.live.sockets import publish as publish_over
from tests.dashboard.live.test_hub import introduce, publish
from tests.dashboard.live.test_subscriber import eventually
from tests.servers import Mosquitto
from tests.stack import Dashboard


def publish_closer(hub: Hub, host: str, second: int, *metrics: str) -> None:
    for metric in metrics:
        payload = msgspec.json.encode({"timestamp": f"2026-11-23T12:00:{second:02d}.000Z"})
        hub.receive(Topic(Kind.WATCHED, host, metric), payload, live=False)


def taken(viewer: Viewer) -> list[tuple[int, list[str]]]:
    """The seconds and metrics of what was offered to it since the last call."""
    found: list[Frame] = list(viewer._newest.values())
    viewer._newest.clear()
    told = [msgspec.json.decode(frame.text) for frame in found if frame.type == "metrics"]
    return [(int(frame["timestamp"][-7:-5]), sorted(frame["data"])) for frame in told]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("hub", "viewer"):
        monkeypatch.setattr(f"dashboard.live.{module}.time.monotonic", clock)
    return clock


async def test_the_ticks_in_between_are_for_those_who_look(clock: Clock) -> None:
    hub = Hub()
    for host in ("nas", "pi"):
        introduce(hub, host, "cpu", "sensors")
    with hub.viewer({"nas"}) as close, hub.viewer({"nas"}) as other, hub.viewer(None) as elsewhere:
        close.look("nas", LOOK_SECONDS)
        elsewhere.look("pi", LOOK_SECONDS)
        publish(hub, "nas", 0, "cpu", "sensors")
        assert [taken(viewer) for viewer in (close, other, elsewhere)] == [[(0, ["cpu", "sensors"])]] * 3
        publish_closer(hub, "nas", 1, "cpu")
        publish_closer(hub, "nas", 2, "cpu")
        publish_closer(hub, "nas", 3, "cpu")
        assert taken(close) == [(3, ["cpu"])]
        publish(hub, "nas", 5, "cpu", "sensors")
        assert taken(close) == [(5, ["sensors"])]
        assert [taken(viewer) for viewer in (other, elsewhere)] == [[(5, ["cpu", "sensors"])]] * 2


async def test_what_is_known_of_a_host_is_of_its_regular_ticks(clock: Clock) -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu")
    publish(hub, "nas", 0, "cpu")
    publish_closer(hub, "nas", 1, "cpu")
    publish_closer(hub, "nas", 2, "cpu")
    assert hub.hosts()[0]["timestamp"] == "2026-11-23T12:00:00.000Z"
    with hub.viewer(None) as late:
        assert taken(late) == [(0, ["cpu"])]


async def test_a_look_ends_and_the_regular_ticks_are_whole_again(clock: Clock) -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu", "sensors")
    publish(hub, "nas", 0, "cpu", "sensors")
    with hub.viewer({"nas"}) as viewer:
        viewer.look("nas", LOOK_SECONDS)
        for second in (1, 2, 3):
            publish_closer(hub, "nas", second, "cpu")
        taken(viewer)
        clock.now += 3  # the collector has not heard again
        publish(hub, "nas", 6, "cpu", "sensors")
        assert taken(viewer) == [(6, ["cpu", "sensors"])]
        clock.now += LOOK_SECONDS
        publish_closer(hub, "nas", 30, "cpu")
        publish_closer(hub, "nas", 31, "cpu")
        assert taken(viewer) == []


async def test_a_tick_in_between_that_stayed_incomplete_is_not_shown_when_it_is_old(clock: Clock) -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu")
    with hub.viewer({"nas"}) as viewer:
        viewer.look("nas", LOOK_SECONDS)
        publish_closer(hub, "nas", 1, "cpu", "memory")
        publish_closer(hub, "nas", 2, "cpu", "memory")
        publish_closer(hub, "nas", 3, "cpu")
        publish(hub, "nas", 10, "cpu")
        taken(viewer)
        publish_closer(hub, "nas", 11, "cpu", "memory")
        assert taken(viewer) == [(11, ["cpu", "memory"])]


async def test_nonsense_and_unknown_hosts_change_nothing(clock: Clock) -> None:
    hub = Hub()
    publish_closer(hub, "nobody", 1, "cpu")
    assert hub.hosts() == []
    introduce(hub, "nas", "cpu")
    for payload in (b"", b"{", b"\xff", b"[]", b'{"timestamp":1}'):
        hub.receive(Topic(Kind.WATCHED, "nas", "cpu"), payload, live=False)
        hub.receive(Topic(Kind.WATCH, "nas"), payload, live=False)
    assert [host["host"] for host in hub.hosts()] == ["nas"]


async def test_only_a_collector_that_reads_less_often_is_worth_a_look() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu")
    publish(hub, "esp", 1, "temperature")
    quick = {"hostname": "x", "os": "x", "kernel": "x", "version": "1", "interval": 1, "sources": {}}
    hub.receive(Topic(Kind.INFO, "quick"), msgspec.json.encode(quick), live=True)
    assert [host for host in ("nas", "esp", "quick", "nobody", "") if hub.may_be_closer(host)] == ["nas"]


@asynccontextmanager
async def telling(watching: Watching, told: Sequence[str], times: int) -> AsyncIterator[None]:
    running = asyncio.create_task(watching.run())
    yield
    await eventually(lambda: len(told) == times)
    running.cancel()


async def test_however_many_look_a_collector_is_told_now_and_then() -> None:
    told: list[str] = []
    clock = Clock()

    async def tell(host: str) -> None:
        told.append(host)

    watching = Watching(tell, clock)
    async with telling(watching, told, 3):
        for _ in range(20):
            watching.look("nas")
            watching.look("pi")
        clock.now += 5
        watching.look("nas")
    assert told == ["nas", "pi", "nas"]


@pytest.mark.parametrize(("error", "lines"), [(BrokerError("it is away"), 0), (Refused("not authorized"), 1)])
async def test_a_broker_that_does_not_take_it_is_told_of_once_and_asked_again(
    error: BrokerError, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    async def tell(host: str) -> None:
        asked.append(host)
        raise error

    clock = Clock()
    watching = Watching(tell, clock)
    with caplog.at_level(logging.WARNING):
        async with telling(watching, asked, 3):
            for _ in range(3):
                watching.look("nas")
                clock.now += 5
    assert len(caplog.records) == lines


async def heard(listener: Listener, topic: str) -> list[Heard]:
    await eventually(lambda: bool(listener.topic(topic)))
    return [message for message in listener.heard if message.topic == topic]


async def test_a_page_that_looks_is_as_fresh_as_a_second(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    info = {"hostname": "near", "os": "x", "kernel": "x", "version": "1", "interval": 3600, "sources": {}}
    with Listener(module_broker.port) as listener:
        async with connect(address(dashboard, token=token, host="near", presence="true")) as socket:
            publish_over(module_broker, ("perfwatch/near/info", json.dumps(info).encode()))
            while (await received(socket)).get("info") is None:
                pass
            for said in ('{"type":"watch"}', '{"type":"watch","host":7}', '{"type":"watch","host":"+"}'):
                await socket.send(said)
            await socket.send('{"type":"watch","host":"near"}')
            (look,) = await heard(listener, "perfwatch/near/watch")
            assert (look.payload, look.qos, look.retained) == (b"", 1, False)
            assert LOOK_SECONDS - 5 <= (look.expiry or 0) <= LOOK_SECONDS
            for second in (1, 2):
                moment = f"2026-11-23T12:00:{second:02d}.000Z"
                told = json.dumps({"timestamp": moment, "usage_percent": second}).encode()
                publish_over(module_broker, ("perfwatch/near/watch/cpu", told))
            while (await received(socket))["data"]["cpu"]["usage_percent"] != 2:
                pass
        assert {m.topic for m in listener.heard if m.topic.endswith("/watch")} == {"perfwatch/near/watch"}
