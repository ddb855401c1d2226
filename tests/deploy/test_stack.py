"""The whole stack in containers, as a user starts it. Minutes: PERFWATCH_TEST_DOCKER=1 asks for it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.browser import chromium
from tests.certificates import self_signed
from tests.deploy import images
from tests.deploy.composed import PATIENCE, Composed, Visitor
from tests.servers import free_port, wait_until

WHY_NOT = images.missing()
pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.timeout(1200),
]

HOST = "deployed"
SERVICES = ("mosquitto", "influxdb", "collector", "bridge", "dashboard")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def made() -> None:
    images.provide()


@pytest.fixture(scope="module")
def stack(made: None) -> Iterator[Composed]:
    with Composed(PERFWATCH_HOST=HOST, PERFWATCH_INTERVAL="1s") as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="module")
def visitor(stack: Composed) -> Iterator[Visitor]:
    visitor = Visitor(stack.url, stack.password())
    wait_until(visitor.log_in, "the printed password lets somebody in", 60)
    yield visitor
    visitor.close()


def online(visitor: Visitor) -> bool:
    answer = visitor.get("/api/hosts") or {"hosts": []}
    return any(one["host"] == HOST and one["status"] == "online" for one in answer["hosts"])


async def one_frame(url: str, token: str, trust: ssl.SSLContext | None = None) -> dict[str, object]:
    address = f"{url.replace('http', 'ws', 1)}/api/ws/metrics?token={token}"
    async with connect(address, ssl=trust, origin=Origin(url)) as opened, asyncio.timeout(20):
        frame: dict[str, object] = json.loads(await opened.recv())
        return frame


def test_the_images_are_small(made: None) -> None:
    sizes = images.sizes()
    assert sizes["collector"] < 80 * MEGABYTE
    assert sizes["bridge"] < 80 * MEGABYTE
    assert sizes["dashboard"] < 400 * MEGABYTE


def test_within_two_minutes_the_dashboard_shows_the_host(made: None) -> None:
    with Composed(project="perfwatch-first", PERFWATCH_HOST=HOST) as first:
        began = time.monotonic()
        first.up()
        visitor = Visitor(first.url, first.password())
        wait_until(visitor.log_in, "somebody is let in", PATIENCE)
        wait_until(lambda: online(visitor), "the host is shown", PATIENCE)
        visitor.close()
        assert time.monotonic() - began < PATIENCE


def test_a_reading_comes_live_and_is_in_the_history(stack: Composed, visitor: Visitor) -> None:
    frame = asyncio.run(one_frame(stack.url, visitor.token))
    assert frame["host"] == HOST
    assert {"cpu", "memory", "network", "disk"} <= set(frame["data"])  # type: ignore[call-overload]
    since = datetime.now(UTC) - timedelta(minutes=5)
    wait_until(lambda: len(visitor.times("memory", since)) > 3, "readings are in the history", 60)


def test_what_is_measured_is_the_machine_and_not_the_container(stack: Composed, visitor: Visitor) -> None:
    data = asyncio.run(one_frame(stack.url, visitor.token))["data"]
    assert isinstance(data, dict)
    root = os.statvfs("/")
    assert data["disk"]["partitions"]["/"]["total_bytes"] == root.f_blocks * root.f_frsize
    assert not [name for name in data["disk"]["partitions"] if name.startswith(("/host", "/data"))]
    assert data["processes"]["count"] > 20
    assert "lo" in data["network"]["interfaces"]
    host = next(one for one in visitor.get("/api/hosts")["hosts"] if one["host"] == HOST)
    assert host["info"]["hostname"] == os.uname().nodename


def test_every_service_is_well(stack: Composed, visitor: Visitor) -> None:
    for service in SERVICES:
        wait_until(lambda service=service: stack.well(service), f"{service} is healthy", 130)  # type: ignore[misc]
    assert stack.inspect("setup")["State"]["ExitCode"] == 0
    assert visitor.get("/health")["status"] == "ok"


@pytest.mark.parametrize("service", ["bridge", "influxdb", "mosquitto", "dashboard"])
def test_each_may_be_killed_and_nothing_is_lost(stack: Composed, visitor: Visitor, service: str) -> None:
    began = datetime.now(UTC)
    wait_until(lambda: len(visitor.times("memory", began)) > 2, "readings are in the history", 60)
    stack.crash(service)
    wait_until(lambda: stack.well(service), f"{service} is healthy again", 130)
    back = datetime.now(UTC)
    wait_until(lambda: reached(visitor, back + timedelta(seconds=3), began), "readings go on", 90)
    times = visitor.times("memory", began)
    assert max(after - before for before, after in itertools.pairwise(times)) < timedelta(seconds=2)


def reached(visitor: Visitor, until: datetime, since: datetime) -> bool:
    times = visitor.times("memory", since)
    return bool(times) and times[-1] > until


def test_a_killed_collector_comes_back_and_keeps_what_was_read(stack: Composed, visitor: Visitor) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    before = visitor.times("memory", began)
    stack.crash("collector")
    back = datetime.now(UTC)
    wait_until(lambda: reached(visitor, back, began), "it reads again", 60)
    after = visitor.times("memory", began)
    assert set(before) <= set(after)


def test_the_pages_are_drawn(stack: Composed, visitor: Visitor) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{stack.url}/login")
        page.fill("input[name=username]", "admin")
        page.fill("input[type=password]", visitor.password)
        page.keyboard.press("Enter")
        page.get_by_text("Memory").first.wait_for(timeout=60_000)
        page.goto(f"{stack.url}/history")
        page.locator("canvas").first.wait_for(timeout=60_000)
        # Drawn by Streamlit with pandas and Arrow, of which the image has a part.
        page.get_by_test_id("logout").wait_for(timeout=60_000)


def test_down_and_up_again_keeps_history_users_and_secrets(stack: Composed, visitor: Visitor) -> None:
    since = datetime.now(UTC) - timedelta(minutes=10)
    before = visitor.times("memory", since)
    stack.down()
    assert stack.containers() == {}
    stack.up()
    # Even the session goes on, which needs the same key, user and password.
    wait_until(lambda: visitor.get("/api/auth/me") is not None, "the session is known", 60)
    wait_until(lambda: online(visitor), "the host is back", 60)
    assert set(before) <= set(visitor.times("memory", since))
    assert "every secret is there already" in stack.log("setup")
    assert "First start" not in stack.log("dashboard")


def test_a_further_machine_gets_an_account_the_broker_knows_at_once(stack: Composed) -> None:
    # As docs/remote-hosts.md has it.
    added = stack.run("run", "--rm", "setup", "host", "add", "pi", "--docker", "--server", "127.0.0.1")
    broker = added.stdout.split("PERFWATCH_BROKER=")[1].split()[0]
    assert subscribe(stack, broker) != 0
    stack.run("run", "--rm", "setup")
    stack.run("kill", "--signal", "HUP", "mosquitto")
    wait_until(lambda: subscribe(stack, broker) == 0, "the broker lets the new machine in", 20)


def subscribe(stack: Composed, broker: str) -> int:
    """Whether that account is let in: publishes as its host does, from inside of the broker's container."""
    name, _, rest = broker.removeprefix("mqtt://").partition(":")
    password = rest.partition("@")[0]
    command = ["mosquitto_pub", "-u", name, "-P", password, "-t", f"perfwatch/{name}/status", "-m", "online"]
    return stack.run("exec", "--no-TTY", "mosquitto", *command, "-q", "1", check=False).returncode


def certificate(folder: Path) -> ssl.SSLContext:
    """Make one for localhost, which every user of the container may read; returns what trusts it."""
    self_signed(folder, "DNS:localhost", "tls.crt", "tls.key")
    for path in folder.iterdir():
        path.chmod(0o644)
    # pytest's folders are for their owner only.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    return ssl.create_default_context(cafile=str(folder / "tls.crt"))


def test_behind_tls_pages_sockets_and_other_machines_are_encrypted(made: None, tmp_path: Path) -> None:
    trust = certificate(tmp_path)
    ports = {"HTTPS_PORT": str(free_port()), "PERFWATCH_MQTT_TLS_PORT": str(free_port())}
    origin = f"https://localhost:{ports['HTTPS_PORT']}"
    with Composed(
        project="perfwatch-tls",
        COMPOSE_PROFILES="tls",
        CERTS=str(tmp_path),
        PERFWATCH_HOST=HOST,
        PERFWATCH_ALLOWED_ORIGIN=origin,
        PERFWATCH_MQTT_CERT_FILE="/certs/tls.crt",
        **ports,
    ) as secure:
        secure.up()
        with httpx.Client(base_url=origin, verify=trust, timeout=20, headers={"Origin": origin}) as client:
            account = {"username": "admin", "password": secure.password()}
            token = client.post("/api/auth/login", json=account).json()["access_token"]
        assert asyncio.run(one_frame(origin, token, trust))["host"] == HOST
        added = secure.run("run", "--rm", "setup", "host", "add", "pi", "--docker", "--server", "localhost")
        assert "mqtts://pi:" in added.stdout
        assert f"@localhost:{ports['PERFWATCH_MQTT_TLS_PORT']}" in added.stdout
        with socket.create_connection(("localhost", int(ports["PERFWATCH_MQTT_TLS_PORT"]))) as plain:
            trust.wrap_socket(plain, server_hostname="localhost").close()


def test_without_influxdb_the_history_is_one_file(made: None) -> None:
    with Composed(
        "docker-compose.sqlite.yml", project="perfwatch-sqlite", PERFWATCH_HOST=HOST, PERFWATCH_INTERVAL="1s"
    ) as small:
        small.up()
        assert "influxdb" not in small.containers()
        visitor = Visitor(small.url, small.password())
        since = datetime.now(UTC) - timedelta(minutes=1)
        wait_until(visitor.log_in, "somebody is let in", 60)
        wait_until(lambda: len(visitor.times("memory", since)) > 3, "readings are in the file", 60)
        # The dashboard writes into the same file as the bridge.
        answer = httpx.put(
            f"{small.url}/api/retention",
            json={"retention_days": 90},
            headers={"Authorization": f"Bearer {visitor.token}"},
            timeout=20,
        )
        assert answer.json()["retention_days"] == 90
        visitor.close()
