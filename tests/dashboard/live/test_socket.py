"""The WebSocket: readings, pings, and the ends that it comes to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.publish import multiple as publish_all
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from perfwatch.readings.codec import encode, format_time, from_ms, now, to_ms
from perfwatch.readings.core import Cpu, Disk, Memory
from perfwatch.tokens import Revocations, Tokens, load_key
from tests.servers import Mosquitto, wait_until
from tests.stack import DEEP, Dashboard, bearer, log_in


def address(dashboard: Dashboard, path: str = "/api/ws/metrics", **query: str) -> str:
    return str(httpx.URL(f"ws://127.0.0.1:{dashboard.port}{path}", params=query))


def publish(broker: Mosquitto, *messages: tuple[str, bytes], qos: int = 1) -> None:
    """Publish them retained, over one connection."""
    publish_all(
        [{"topic": topic, "payload": payload, "qos": qos, "retain": True} for topic, payload in messages],
        hostname="127.0.0.1",
        port=broker.port,
        protocol=MQTTProtocolVersion.MQTTv5,
    )


def publish_tick(broker: Mosquitto, host: str, milliseconds: int, usage: float) -> str:
    moment = from_ms(milliseconds)
    publish(
        broker,
        (f"perfwatch/{host}/cpu", encode(Cpu(timestamp=moment, usage_percent=usage))),
        (f"perfwatch/{host}/memory", encode(Memory(timestamp=moment, usage_percent=usage))),
        qos=0,  # without a wait in between: a tick that takes long is shown as far as it is there
    )
    return format_time(moment)


async def received(socket: ClientConnection) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 60))
    return content


async def close_code(socket: ClientConnection) -> int:
    """The code with which the server closes; what comes before that is read and dropped."""
    try:
        async with asyncio.timeout(60):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


@pytest.fixture
def short(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    """A server whose sessions last two seconds."""
    with Dashboard(tmp_path, broker.url, token_lifetime="2") as server:
        yield server


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


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"hots": "nas"}, "did you mean host"),
        ({"summary": "true", "host": "nas"}, "without host"),
        ({"since": "yesterday"}, "since is 'yesterday'"),
        ({"since": "2020-01-01T00:00:00Z"}, "expected a time of the last hour"),
        ({"hello": "yes"}, "hello is 'yes'"),
    ],
)
async def test_what_it_does_not_know_closes_with_4400(
    dashboard: Dashboard, token: str, query: dict[str, str], reason: str
) -> None:
    async with connect(address(dashboard, token=token, **query)) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await received(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert reason in closed.value.rcvd.reason


async def test_no_message_can_stop_the_others(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    kinds = ("info", "config", "config/error", "cpu", "ups")
    hostile = [(f"perfwatch/hostile/{kind}", DEEP) for kind in kinds]
    hostile += [
        ("perfwatch-bridge/hostile/health", DEEP),
        ("perfwatch/hostile/cpu", b'{"timestamp":"9999-12-31T23:59:59-23:59"}'),
        ("perfwatch/hostile/cpu", b'{"timestamp":"2026-11-23T12:00:00Z","new":"\xff"}'),
        ("perfwatch/hostile/status", b"\xff"),
    ]
    async with connect(address(dashboard, token=token, host="after")) as socket:
        publish(module_broker, *hostile)
        moment = publish_tick(module_broker, "after", 1_795_000_000_000, 1.0)
        assert (await received(socket))["timestamp"] == moment


async def test_a_ping_is_answered_and_nonsense_ignored(dashboard: Dashboard, token: str) -> None:
    async with connect(address(dashboard, token=token, host="nobody")) as socket:
        for nonsense in (
            "",
            "ping",
            "{",
            "[]",
            '{"type":1}',
            '{"type":"other"}',
            b"\xff\x00",
            "x" * 4000,
            DEEP[:4000],
        ):
            await socket.send(nonsense)
        await socket.send('{"type":"ping"}')
        assert await received(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    "query", [{}, {"token": ""}, {"token": "nonsense"}], ids=["none", "empty", "nonsense"]
)
@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
async def test_without_a_valid_token_it_closes_with_4001(
    dashboard: Dashboard, path: str, query: dict[str, str]
) -> None:
    async with connect(address(dashboard, path, **query)) as socket:
        assert await close_code(socket) == 4001


async def test_a_forged_and_an_expired_token_close_with_4001(dashboard: Dashboard, tmp_path: Path) -> None:
    key = load_key(dashboard.log.parent / "secrets" / "jwt")
    past = Tokens(lambda: key, Revocations(tmp_path / "none"), clock=lambda: 1_700_000_000)
    forged = Tokens(lambda: "x" * 64, Revocations(tmp_path / "none"))
    for token in (past.issue("admin"), forged.issue("admin")):
        async with connect(address(dashboard, token=token)) as socket:
            assert await close_code(socket) == 4001


async def test_it_closes_with_4001_when_the_token_expires(short: Dashboard) -> None:
    token = log_in(short.url)
    async with connect(address(short, token=token)) as socket:
        await socket.send('{"type":"ping"}')
        assert await received(socket) == {"type": "pong"}
        assert await close_code(socket) == 4001


@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
async def test_logging_out_closes_the_sessions_own_sockets_only(dashboard: Dashboard, path: str) -> None:
    token, other = log_in(dashboard.url), log_in(dashboard.url)
    mine = connect(address(dashboard, path), additional_headers={"Cookie": f"perfwatch_session={token}"})
    theirs = connect(address(dashboard), additional_headers={"Cookie": f"perfwatch_session={other}"})
    async with mine as closing, theirs as staying:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{dashboard.url}/api/auth/logout", headers=bearer(token))
            assert answer.status_code == 200
        assert await close_code(closing) == 4001
        await staying.send('{"type":"ping"}')
        while (await received(staying))["type"] != "pong":
            pass


@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "http://localhost:8501"])
async def test_another_sites_origin_is_refused(
    dashboard: Dashboard, token: str, path: str, origin: str
) -> None:
    cookie = {"Cookie": f"perfwatch_session={token}"}
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(dashboard, path), origin=origin, additional_headers=cookie):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403
    async with connect(address(dashboard, path), origin=dashboard.url, additional_headers=cookie):  # type: ignore[arg-type]
        pass


async def test_hosts_are_listed_with_what_they_say_of_themselves(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    info = {"hostname": "listed", "os": "Debian", "kernel": "6", "version": "1", "interval": 5}
    facts = ("perfwatch/listed/info", json.dumps(info).encode())
    publish(module_broker, facts, ("perfwatch/listed/status", b"offline"))

    def listed() -> dict[str, Any] | None:
        hosts = httpx.get(f"{dashboard.url}/api/hosts", headers=bearer(token)).json()["hosts"]
        return next((host for host in hosts if host["host"] == "listed"), None)

    wait_until(lambda: (listed() or {}).get("status") == "offline", "the host is listed")
    host = listed()
    assert host is not None
    assert host["info"]["os"] == "Debian"


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
        stamp = publish_tick(module_broker, "thermometer", to_ms(now()), 5)
        while (told := await received(socket))["type"] != "metrics" or told["host"] != "thermometer":
            pass
        assert told["timestamp"] == stamp


async def test_a_viewer_who_does_not_read_holds_nobody_up(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    async with connect(address(dashboard, token=token, host="slow"), max_queue=1) as asleep:
        async with connect(address(dashboard, token=token, host="slow")) as awake:
            start = to_ms(now())
            for number in range(20):
                stamp = publish_tick(module_broker, "slow", start + number, number)
                while (await received(awake))["timestamp"] != stamp:
                    pass
        assert asleep.state.name == "OPEN"


def test_a_broker_that_goes_away_is_named_and_waited_for(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 200, "the dashboard is healthy")
        broker.kill()
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 503, "the loss is noticed")
        answer = httpx.get(f"{server.url}/health").json()
        assert f"mqtt://127.0.0.1:{broker.port}" in answer["broker"]
        assert answer["store"] == "ok"
        broker.start()
        wait_until(
            lambda: httpx.get(f"{server.url}/health").status_code == 200, "the broker is followed again"
        )
        said = server.output()
        assert said.count("is away") == 1
        assert said.count("Following") == 2


def test_a_dashboard_starts_before_its_broker(broker: Mosquitto, tmp_path: Path) -> None:
    broker.stop()
    with Dashboard(tmp_path, broker.url) as server:
        assert httpx.get(f"{server.url}/health").status_code == 503
        broker.start()
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 200, "the broker is followed")
