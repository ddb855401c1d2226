"""The rows that an overview is sent: whole at first, then what changed."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import msgspec
import pytest

from dashboard.live import summary
from dashboard.live.hub import Hub
from dashboard.live.summary import MORE, Summary, SummaryFrame, SummaryViewer
from perfwatch.readings.codec import to_ms
from perfwatch.topics import Kind, Topic
from tests.dashboard.live.test_hub import introduce


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "EACH_SECONDS", 0.001)


def cpu(hub: Hub, host: str, second: int, usage: float, load: float = 0) -> None:
    stamp = f"2026-11-23T12:00:{second:02d}.000Z"
    payload = msgspec.json.encode({"timestamp": stamp, "usage_percent": usage, "load_average": [load, 0, 0]})
    hub.receive(Topic(Kind.METRIC, host, "cpu"), payload, live=True)


async def told(viewer: SummaryViewer) -> dict[str, dict[str, Any]]:
    frame = await asyncio.wait_for(anext(viewer.frames()), 60)
    content: dict[str, Any] = msgspec.json.decode(frame.text)
    assert content["type"] == "summary"
    rows: dict[str, dict[str, Any]] = content["hosts"]
    second = to_ms(datetime.fromisoformat(content["timestamp"])) // 1000
    for row in rows.values():
        if "ago" in row:
            row["seen"] = second - row.pop("ago")
    return rows


def two_hosts() -> Hub:
    hub = Hub()
    for host in ("nas", "pi"):
        introduce(hub, host, "cpu")
        cpu(hub, host, 1, 10)
    return hub


async def test_a_viewer_gets_all_rows_and_then_what_changed() -> None:
    hub = two_hosts()
    with Summary(hub).viewer() as viewer:
        rows = await told(viewer)
        assert rows.keys() == {"nas", "pi"}
        assert (rows["nas"]["kind"], rows["nas"]["os"], rows["nas"]["cpu"]) == ("collector", "Debian", 10)
        cpu(hub, "nas", 2, 11)
        seen = rows["nas"]["seen"] + 1
        assert await told(viewer) == {"nas": {"seen": seen, "cpu": 11}}
        hub.receive(Topic(Kind.STATUS, "pi"), b"offline", live=True)
        assert await told(viewer) == {"pi": {"status": "offline"}}
        cpu(hub, "nas", 3, 11)
        assert await told(viewer) == {"nas": {"seen": seen + 1}}


async def test_a_frame_is_encoded_once_however_many_watch() -> None:
    feed = Summary(two_hosts())
    with feed.viewer() as one, feed.viewer() as another:
        texts = [(await anext(viewer.frames())).text for viewer in (one, another)]
        assert texts[0] is texts[1]


async def test_a_slow_viewer_gets_what_it_missed_in_one() -> None:
    viewer = SummaryViewer()
    viewer.offer(SummaryFrame({"nas": {"cpu": 1, "seen": 1}}))
    viewer.offer(SummaryFrame({"nas": {"cpu": 2}, "pi": {"cpu": 3}}))
    assert await told(viewer) == {"nas": {"cpu": 2, "seen": 1}, "pi": {"cpu": 3}}


async def test_what_happened_while_nobody_watched_is_in_the_next_first_frame() -> None:
    hub = two_hosts()
    feed = Summary(hub)
    with feed.viewer() as viewer:
        await told(viewer)
    cpu(hub, "nas", 2, 99)
    with feed.viewer() as viewer:
        assert (await told(viewer))["nas"]["cpu"] == 99


async def test_what_only_some_show_is_sent_to_these_from_what_is_known_on() -> None:
    hub = two_hosts()
    feed = Summary(hub)
    with feed.viewer() as plain, feed.viewer() as showing:
        rows = [await told(viewer) for viewer in (plain, showing)]
        assert not [row for told_once in rows for row in told_once.values() if MORE & row.keys()]
        feed.show(showing, ["load", "version", "no such"])
        assert await told(showing) == {host: {"load": 0, "version": "1"} for host in ("nas", "pi")}
        cpu(hub, "nas", 2, 10, load=1.5)
        [one], [another] = [(await told(viewer)).values() for viewer in (plain, showing)]
        assert one.keys() == {"seen"}
        assert another == one | {"load": 1.5}
        feed.show(showing, [])
        cpu(hub, "nas", 3, 10, load=2.5)
        assert (await told(showing))["nas"].keys() == {"seen"}
