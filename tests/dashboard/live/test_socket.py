"""The WebSocket: readings, as they come and as they are asked for."""

from __future__ import annotations

from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from perfwatch.readings.codec import encode, format_time, from_ms, now, to_ms
from perfwatch.readings.core import Disk, Memory
from tests.dashboard.live.sockets import address, publish, publish_tick, received
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, bearer, log_in


async def test_each_tick_comes_once_and_the_newest_at_once(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    start = to_ms(now())
    first = publish_tick(module_broker, "once", start, 1)
    async with connect(address(dashboard, token=token, host="once")) as socket:
        assert (await received(socket))["timestamp"] == first
        second = publish_tick(module_broker, "once", start + 500, 2)
        frame = await received(socket)
        assert frame.keys() == {"type", "timestamp", "host", "data"}
        assert (frame["type"], frame["timestamp"], frame["host"]) == ("metrics", second, "once")
        assert frame["data"]["cpu"]["usage_percent"] == 2
        assert frame["data"]["memory"]["usage_percent"] == 2
        third = publish_tick(module_broker, "once", start + 1000, 3)
        assert (await received(socket))["timestamp"] == third


async def test_without_a_host_every_host_comes(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    async with connect(address(dashboard, token=token)) as socket:
        for host in ("one", "two"):
            publish_tick(module_broker, host, to_ms(now()), 1)
        seen: set[str] = set()
        while not seen >= {"one", "two"}:
            seen.add((await received(socket))["host"])


async def test_who_asks_for_nothing_gets_aliases(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    disk = encode(Disk(timestamp=now(), read_bytes_per_sec=1.0, write_bytes_per_sec=2.0))
    plain, other = address(dashboard, token=token), address(dashboard, token=token, host="aliased")
    async with connect(plain) as former, connect(other) as ours:
        publish(module_broker, ("perfwatch/aliased/disk", disk))
        while (frame := await received(former))["host"] != "aliased":
            pass
        assert frame["data"]["disk"]["io"] == {"read_bytes_per_sec": 1.0, "write_bytes_per_sec": 2.0}
        assert "io" not in (await received(ours))["data"]["disk"]


async def test_hosts_and_metrics_may_be_chosen(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    query = {"hosts": "chosen,other", "metrics": "memory"}
    async with connect(address(dashboard, token=token, **query)) as socket:
        for host in ("unasked", "chosen", "other"):
            publish_tick(module_broker, host, to_ms(now()), 1)
        frames = [await received(socket), await received(socket)]
    assert {frame["host"] for frame in frames} == {"chosen", "other"}
    assert all(frame["data"].keys() == {"memory"} for frame in frames)


async def test_an_offline_hosts_last_tick_is_marked_and_only_told_who_asks(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    publish_tick(module_broker, "gone", to_ms(now()), 1)
    publish(module_broker, ("perfwatch/gone/status", b"offline"))
    async with connect(address(dashboard, token=token, host="gone")) as socket:
        assert (await received(socket))["offline"] is True
    async with connect(address(dashboard, token=token)) as socket:
        seen = []
        publish_tick(module_broker, "last", to_ms(now()), 1)
        while "last" not in seen:
            seen.append((await received(socket))["host"])
    assert "gone" not in seen


async def test_hello_comes_first(dashboard: Dashboard, module_broker: Mosquitto, token: str) -> None:
    publish_tick(module_broker, "greeted", to_ms(now()), 1)
    hosts = f"{dashboard.url}/api/hosts"
    wait_until(lambda: "greeted" in httpx.get(hosts, headers=bearer(token)).text, "the host is known")
    async with connect(address(dashboard, token=token, host="greeted", hello="1")) as socket:
        hello = await received(socket)
        assert hello.keys() == {"type", "version", "hosts"}
        assert [host["host"] for host in hello["hosts"]] == ["greeted"]
        assert (await received(socket))["type"] == "metrics"


async def test_what_was_missed_comes_before_what_is_new(broker: Mosquitto, tmp_path: Path) -> None:
    start = to_ms(now()) - 60_000
    store = SqliteStore(tmp_path / "history.db")
    times = range(start, start + 10_000, 1000)
    store.write([Point("cpu", "back", "", "", moment, {"usage_percent": 5.0}) for moment in times])
    store.close()
    with Dashboard(tmp_path, broker.url) as server:
        token, since = log_in(server.url), format_time(from_ms(start + 5000))
        async with connect(address(server, token=token, host="back", since=since)) as socket:
            wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
            newest = publish_tick(broker, "back", to_ms(now()), 7)
            stamps = [(await received(socket))["timestamp"] for _ in range(6)]
    assert stamps == sorted(stamps)
    assert stamps[-1] == newest


async def test_an_overview_is_rows_of_hosts_and_readings_of_devices(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    async with connect(address(dashboard, token=token, summary="true")) as socket:
        rows = (await received(socket))["hosts"]
        publish(module_broker, ("perfwatch/sum/status", b"online"))
        while "sum" not in rows:
            rows = (await received(socket)).get("hosts", {})
        assert rows["sum"]["status"] == "online"
        publish_tick(module_broker, "sum", to_ms(now()), 44)
        while "cpu" not in rows.get("sum", {}):
            rows = (await received(socket)).get("hosts", {})
        assert rows["sum"]["cpu"] == 44
        await socket.send('{"type":"columns","columns":["swap"]}')
        memory = encode(Memory(timestamp=now(), swap_percent=3))
        publish(module_broker, ("perfwatch/sum/memory", memory))
        while rows.get("sum", {}).get("swap") != 3:
            rows = (await received(socket)).get("hosts", {})
        stamp = publish_tick(module_broker, "thermometer", to_ms(now()), 5)
        while (told := await received(socket))["type"] != "metrics" or told["host"] != "thermometer":
            pass
        assert told["timestamp"] == stamp
