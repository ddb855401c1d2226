"""Attacks on the dashboard's memory and time: by what is on the broker, and by who connects to it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dashboard.live import ticks
from dashboard.web.connections import ARRIVAL_SECONDS
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, bearer, log_in

MEGABYTE = 1_000_000
LIMIT = 30


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("broker"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def server(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = Path(tmp_path_factory.mktemp("dashboard"))
    with Dashboard(folder, broker.url, connections_per_address=str(LIMIT)) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        yield server


@pytest.fixture(scope="module")
def token(server: Dashboard) -> str:
    return log_in(server.url)


def memory(server: Dashboard) -> int:
    assert server.process is not None
    return int(psutil.Process(server.process.pid).memory_info().rss)


def publish(broker: Mosquitto, *messages: tuple[str, bytes]) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def seen(server: Dashboard, token: str, host: str) -> bool:
    hosts = httpx.get(f"{server.url}/api/hosts", headers=bearer(token)).json()["hosts"]
    return any(one["host"] == host and one["last_seen"] for one in hosts)


def test_a_host_cannot_fill_the_memory(server: Dashboard, token: str, broker: Mosquitto) -> None:
    head = b'{"timestamp":"2026-11-23T12:00:00.000Z","x":"'
    before = memory(server)
    long = head + b"x" * (MEGABYTE - 1000) + b'"}'
    publish(broker, *((f"perfwatch/pi/m{number}", long) for number in range(100)))
    publish(broker, ("perfwatch/after/cpu", head + b'"}'))
    wait_until(lambda: seen(server, token, "after"), "all of it was taken")
    assert memory(server) - before < 20 * ticks.MOST_BYTES


@pytest.mark.parametrize("opening", [b'{"x":', b"["])
@pytest.mark.parametrize(
    "topic", ["perfwatch/deep/config", "perfwatch-bridge/deep/health", "perfwatch/deep/info"]
)
def test_every_route_answers_whatever_is_on_the_broker(
    server: Dashboard, token: str, broker: Mosquitto, topic: str, opening: bytes
) -> None:
    closing = b"}" if opening.startswith(b"{") else b"]"
    deep = b'{"x":' + opening * 900 + b"1" + closing * 900 + b"}"
    moment = b'{"timestamp":"2026-11-23T12:00:00.000Z"}'
    name = f"marker{abs(hash((topic, opening)))}"
    publish(
        broker, ("perfwatch/deep/status", b"online" * 10**5), (topic, deep), (f"perfwatch/{name}/cpu", moment)
    )
    wait_until(lambda: seen(server, token, name), "all of it was taken")
    for path in ("/api/config", "/api/hosts", "/api/system"):
        answer = httpx.get(f"{server.url}{path}", headers=bearer(token))
        assert (answer.status_code, len(answer.text) < MEGABYTE) == (200, True), path


def test_unfinished_messages_on_the_live_route_are_cut(server: Dashboard, token: str) -> None:
    address = f"ws://127.0.0.1:{server.port}/api/ws/metrics?token={token}"
    with connect(address, max_size=None) as live, pytest.raises(ConnectionClosed) as closed:
        send_in_parts(live, 100)
    # Where it closes while more is on its way, TCP resets and may lose what it said last.
    received = closed.value.rcvd
    assert received is None or received.code == 1009


def send_in_parts(live: ClientConnection, parts: int) -> None:
    live.send([b"x" * 3000] * parts)
    while True:
        live.recv(60)


def cut_after(server: Dashboard, *, sent: bytes) -> float:
    """How long the server waits for the rest of that, in seconds."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one:
        one.sendall(sent)
        while True:
            try:
                if not one.recv(1000):
                    break
            except ConnectionResetError:
                break
    return time.monotonic() - began


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{",
    ],
    ids=["nothing", "headers", "body"],
)
def test_what_does_not_arrive_is_cut_and_no_socket_that_is_open(
    server: Dashboard, token: str, sent: bytes
) -> None:
    address = f"ws://127.0.0.1:{server.port}/api/ws/metrics?token={token}&host=nobody"
    with connect(address) as live:
        assert ARRIVAL_SECONDS - 1 < cut_after(server, sent=sent) < 3 * ARRIVAL_SECONDS
        live.send(json.dumps({"type": "ping"}))
        while json.loads(live.recv(60))["type"] != "pong":
            pass


def test_one_address_holds_no_more_than_its_share(server: Dashboard, token: str) -> None:
    with ExitStack() as held:
        for _ in range(300):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=elsewhere, timeout=60) as neighbour:
            assert neighbour.get(f"{server.url}/health").status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/health")
    wait_until(lambda: answers(server), "who let go comes in again")
    assert len(server.output()) < 20_000


def answers(server: Dashboard) -> bool:
    try:
        return httpx.get(f"{server.url}/health").status_code == 200
    except httpx.TransportError:
        return False


HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
)


@pytest.mark.parametrize(
    ("path", "header"),
    [(f"/api/ws/metrics?token={'x' * 20_000}", "X: x"), ("/api/ws/metrics", f"Cookie: a={'x' * 20_000}")],
    ids=["address", "header"],
)
def test_a_handshake_that_is_too_long_is_answered_and_closed(
    server: Dashboard, path: str, header: str
) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n{HANDSHAKE}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one:
        one.sendall(request.encode())
        answer = b""
        while part := one.recv(10_000):
            answer += part
    assert answer.startswith(b"HTTP/1.1 431")


def test_an_aborted_body_is_no_traceback(server: Dashboard, token: str) -> None:
    for path in ("/api/auth/login", "/api/users", "/api/auth/second-factor"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        head += "Content-Length: 999\r\n\r\n{"
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one:
            one.sendall(head.encode())
    wait_until(lambda: answers(server), "it answers")
    assert "Traceback" not in server.output()
