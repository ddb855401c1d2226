from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from dashboard.live.hub import Hub
from dashboard.live.viewer import Frame
from perfwatch.topics import Kind, Topic
from tests.clock import Clock


def publish(hub: Hub, host: str, second: int, *metrics: str, live: bool = True) -> None:
    for metric in metrics:
        payload = msgspec.json.encode({"timestamp": f"2026-11-23T12:00:{second:02d}.000Z"})
        hub.receive(Topic(Kind.METRIC, host, metric), payload, live=live)


def introduce(hub: Hub, host: str, *sources: str) -> None:
    info = {
        "hostname": host,
        "os": "Debian",
        "kernel": "6.1",
        "version": "1",
        "interval": 5,
        "sources": dict.fromkeys(sources) | {"broken": "not on this machine"},
    }
    hub.receive(Topic(Kind.INFO, host), msgspec.json.encode(info), live=True)


async def following(frames: AsyncIterator[Frame]) -> dict[str, Any]:
    frame = await asyncio.wait_for(anext(frames), 60)
    content: dict[str, Any] = msgspec.json.decode(frame.text)
    return content


async def test_a_viewer_gets_each_whole_tick_and_the_newest_at_once() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory")
    publish(hub, "nas", 1, "cpu", "memory")
    with hub.viewer(None) as viewer:
        frames = viewer.frames()
        assert (await following(frames))["timestamp"].endswith("12:00:01.000Z")
        publish(hub, "nas", 2, "cpu", "memory")
        newest = await following(frames)
        assert newest["host"] == "nas"
        assert set(newest["data"]) == {"cpu", "memory"}


async def test_a_viewer_of_one_host_sees_no_other() -> None:
    hub = Hub()
    for host in ("nas", "pi"):
        introduce(hub, host, "cpu")
    with hub.viewer({"pi"}) as viewer:
        publish(hub, "nas", 1, "cpu")
        publish(hub, "pi", 2, "cpu")
        assert (await following(viewer.frames()))["host"] == "pi"


async def test_a_slow_viewer_is_skipped_to_the_newest_tick_of_each_host() -> None:
    hub = Hub()
    for host in ("nas", "pi"):
        introduce(hub, host, "cpu")
    with hub.viewer(None) as viewer:
        for second in range(50):
            publish(hub, "nas", second, "cpu")
            publish(hub, "pi", second, "cpu")
        frames = viewer.frames()
        got = [await following(frames) for _ in range(2)]
        assert {(frame["host"], frame["timestamp"][-7:]) for frame in got} == {
            ("nas", "49.000Z"),
            ("pi", "49.000Z"),
        }
        publish(hub, "pi", 50, "cpu")
        assert (await following(frames))["timestamp"].endswith("50.000Z")


async def test_a_viewer_gets_the_newest_reading_of_each_metric_of_a_device_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dashboard.live.hub.now", lambda: datetime(2026, 11, 23, 13, tzinfo=UTC))
    hub = Hub()
    hub.receive(Topic(Kind.METRIC, "esp", "old"), b'{"timestamp": "2026-11-20T12:00:00Z"}', live=True)
    publish(hub, "esp", 1, "temperature")
    publish(hub, "esp", 2, "soil")
    publish(hub, "esp", 3, "light", "rain")
    publish(hub, "esp", 4, "temperature")
    publish(hub, "esp", 5, "wind")
    with hub.viewer(None) as viewer:
        assert await parts(viewer.frames(), 4) == [
            (2, {"soil"}),
            (3, {"light", "rain"}),
            (4, {"temperature"}),
            (5, {"wind"}),
        ]


async def test_a_slow_viewer_is_skipped_to_the_newest_of_each_part_of_a_device() -> None:
    hub = Hub()
    with hub.viewer(None) as viewer:
        for second in range(0, 50, 2):
            publish(hub, "esp", second, "temperature")
            publish(hub, "esp", second + 1, "soil")
        publish(hub, "esp", 50, "light")
        assert await parts(viewer.frames(), 3) == [(48, {"temperature"}), (49, {"soil"}), (50, {"light"})]


async def test_what_a_device_says_of_a_time_that_was_shown_already_is_shown_too() -> None:
    hub = Hub()
    with hub.viewer(None) as viewer:
        publish(hub, "esp", 1, "temperature")
        frames = viewer.frames()
        assert await parts(frames, 1) == [(1, {"temperature"})]
        publish(hub, "esp", 1, "soil")
        assert await parts(frames, 1) == [(1, {"soil"})]


async def parts(frames: AsyncIterator[Frame], count: int) -> list[tuple[int, set[str]]]:
    """The second and the metrics of each of the next frames."""
    found = [await following(frames) for _ in range(count)]
    return [(int(frame["timestamp"][-7:-5]), set(frame["data"])) for frame in found]


async def test_a_tick_that_stays_incomplete_is_shown_as_it_is() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory")
    with hub.viewer(None) as viewer:
        publish(hub, "nas", 1, "cpu")
        assert set((await following(viewer.frames()))["data"]) == {"cpu"}


async def test_what_a_host_publishes_counts_more_than_what_it_says_again() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory", "disk")
    with hub.viewer(None) as viewer:
        publish(hub, "nas", 1, "cpu", "memory")
        assert set((await following(viewer.frames()))["data"]) == {"cpu", "memory"}
        introduce(hub, "nas", "cpu", "memory", "disk")
        publish(hub, "nas", 2, "cpu", "memory")
        assert "12:00:02.000Z" in viewer._newest["nas", "metrics", frozenset()].text


async def test_while_nobody_watches_nothing_is_encoded_or_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nobody watches")

    monkeypatch.setattr("dashboard.live.ticks.Tick.frame", refuse)
    monkeypatch.setattr(asyncio.get_running_loop(), "call_later", refuse)
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory")
    publish(hub, "nas", 1, "cpu", "memory")
    publish(hub, "nas", 2, "cpu")


async def test_an_incomplete_tick_is_known_after_its_time_to_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("dashboard.live.hub.time.monotonic", clock)
    hub = Hub()
    publish(hub, "esp", 1, "temperature")
    assert hub.hosts()[0]["timestamp"] is None
    clock.now += 0.25
    assert hub.hosts()[0]["timestamp"] == "2026-11-23T12:00:01.000Z"


async def test_a_viewer_who_comes_within_a_tick_gets_it_though_it_stays_incomplete() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory")
    publish(hub, "nas", 1, "cpu")
    with hub.viewer(None) as viewer:
        assert set((await following(viewer.frames()))["data"]) == {"cpu"}


async def test_the_time_of_one_tick_is_not_counted_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[Callable[[], None]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda _delay, run, *given: timers.append(partial(run, *given)))
    hub = Hub()
    introduce(hub, "nas", "cpu", "memory")
    with hub.viewer(None) as viewer:
        publish(hub, "nas", 1, "cpu", "cpu", "memory")
        publish(hub, "nas", 2, "cpu")
        assert len(timers) == 2
        timers.pop(0)()  # the time of tick 1, which was whole long before
        publish(hub, "nas", 2, "memory")
        frame = viewer._newest["nas", "metrics", frozenset()]
    assert set(msgspec.json.decode(frame.text)["data"]) == {"cpu", "memory"}
    assert frame.text.count("12:00:02.000Z") == 3


async def test_hosts_tell_their_status_facts_and_newest_reading() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu")
    hub.receive(Topic(Kind.STATUS, "nas"), b"online", live=True)
    publish(hub, "nas", 3, "cpu")
    (host,) = hub.hosts()
    assert (host["host"], host["status"], host["timestamp"]) == ("nas", "online", "2026-11-23T12:00:03.000Z")
    assert host["info"]["os"] == "Debian"
    assert host["info"]["sources"] == {"cpu": None, "broken": "not on this machine"}


async def test_what_cannot_be_read_changes_nothing() -> None:
    hub = Hub()
    introduce(hub, "nas", "cpu")
    for payload in (b"\xff", b"{", b"[]", b'{"timestamp":1}'):
        hub.receive(Topic(Kind.METRIC, "nas", "cpu"), payload, live=True)
        hub.receive(Topic(Kind.INFO, "nas"), payload, live=True)
    (host,) = hub.hosts()
    assert host["timestamp"] is None
    assert host["info"]["hostname"] == "nas"


async def test_a_viewer_who_asks_is_told_which_hosts_come_and_go() -> None:
    hub = Hub()
    with hub.viewer(None, ("host",)) as viewer, hub.viewer(None) as other:
        frames = viewer.frames()
        publish(hub, "esp", 1, "temperature")
        assert (await following(frames))["kind"] == "device"
        hub.receive(Topic(Kind.STATUS, "nas"), b"online", live=True)
        assert (await following(frames))["status"] == "online"
        hub.receive(Topic(Kind.STATUS, "nas"), b"offline", live=True)
        told = await following(frames)
        assert (told["type"], told["host"], told["status"]) == ("host", "nas", "offline")
        hub.receive(Topic(Kind.STATUS, "nas"), b"", live=True)
        assert (await following(frames))["status"] == "offline"
        assert {kind for _, kind, _ in other._newest} <= {"metrics"}


def tag(hub: Hub, host: str, payload: bytes) -> None:
    hub.receive(Topic(Kind.TAGS, host), payload, live=True)


async def test_tags_are_known_of_a_host_whichever_comes_first() -> None:
    hub = Hub()
    tag(hub, "nas", b'{"room": "cellar"}')
    assert hub.hosts() == []
    introduce(hub, "nas", "cpu")
    assert hub.hosts()[0]["tags"] == {"room": "cellar"}
    with hub.viewer(None, ("host",)) as viewer:
        tag(hub, "nas", b"")
        assert (await following(viewer.frames()))["tags"] == {}
