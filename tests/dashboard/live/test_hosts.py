"""/api/hosts over real HTTP: hosts on the broker, and those that only the history remembers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from perfwatch.readings.codec import encode, encode_info, format_time, now, to_ms
from perfwatch.readings.core import Cpu, HostInfo
from tests.dashboard.live.sockets import publish
from tests.servers import Mosquitto, wait_until
from tests.servers import client as client_command
from tests.stack import Dashboard, bearer, log_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("hosts"))


@pytest.fixture(scope="module")
def client(module_broker: Mosquitto, folder: Path) -> Iterator[httpx.Client]:
    with Dashboard(folder, module_broker.url) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        with httpx.Client(base_url=server.url, headers=bearer(log_in(server.url)), timeout=30) as opened:
            yield opened


def listed(client: httpx.Client, name: str) -> dict[str, Any]:
    hosts = client.get("/api/hosts").json()["hosts"]
    return next((host for host in hosts if host["host"] == name), {})


def test_a_host_that_was_there_when_we_came_is_online_since_nobody_knows(
    client: httpx.Client, module_broker: Mosquitto
) -> None:
    publish(module_broker, ("perfwatch/here/status", b"online"))
    wait_until(lambda: listed(client, "here").get("status") == "online", "the host is listed")
    assert listed(client, "here")["since"] is None
    publish(module_broker, ("perfwatch/here/status", b"offline"), ("perfwatch/here/status", b"online"))
    wait_until(lambda: listed(client, "here")["since"] is not None, "it is known when the host came back")
    age = datetime.now(UTC) - datetime.fromisoformat(listed(client, "here")["since"])
    assert timedelta(0) <= age < timedelta(seconds=30)


def test_a_host_is_listed_with_what_it_says_of_itself(client: httpx.Client, module_broker: Mosquitto) -> None:
    info = {"hostname": "listed", "os": "Debian", "kernel": "6", "version": "1", "interval": 5}
    facts = ("perfwatch/listed/info", json.dumps(info).encode())
    publish(module_broker, facts, ("perfwatch/listed/status", b"offline"))
    wait_until(lambda: listed(client, "listed").get("status") == "offline", "the host is listed")
    assert listed(client, "listed")["info"]["os"] == "Debian"


def test_an_offline_host_was_last_there_at_its_last_reading(
    client: httpx.Client, module_broker: Mosquitto
) -> None:
    moment = now() - timedelta(hours=2)
    reading = encode(Cpu(timestamp=moment, usage_percent=1))
    publish(module_broker, ("perfwatch/gone/cpu", reading), ("perfwatch/gone/status", b"offline"))
    wait_until(lambda: listed(client, "gone").get("since") is not None, "the host is listed with its reading")
    host = listed(client, "gone")
    assert (host["status"], host["since"], host["last_seen"]) == ("offline", *[format_time(moment)] * 2)
    assert host["kind"] == "collector"


def test_a_device_may_have_a_will_where_hosts_have_their_status(
    client: httpx.Client, module_broker: Mosquitto
) -> None:
    publish(module_broker, ("perfwatch/plug/status", b"online"))
    wait_until(lambda: listed(client, "plug") != {}, "the plug is listed")
    assert (listed(client, "plug")["kind"], listed(client, "plug")["status"]) == ("device", "online")


def test_a_publisher_that_says_nothing_of_itself_is_a_device(
    client: httpx.Client, module_broker: Mosquitto
) -> None:
    stamp = format_time(now())
    publish(module_broker, ("perfwatch/esp/climate", f'{{"timestamp":"{stamp}","celsius":21.5}}'.encode()))
    wait_until(lambda: listed(client, "esp").get("last_seen") == stamp, "the device is listed")
    assert (listed(client, "esp")["kind"], listed(client, "esp")["status"]) == ("device", None)


def test_a_host_that_only_the_history_knows_is_offline_since_then(
    client: httpx.Client, module_broker: Mosquitto, folder: Path
) -> None:
    store = SqliteStore(folder / "history.db")
    moment = (now() - timedelta(days=20)).replace(second=7)
    store.write(
        [
            Point("cpu", "retired", "", "", to_ms(moment - timedelta(days=3)), {"user": 1.0}),
            Point("memory", "retired", "", "", to_ms(moment), {"usage_percent": 1.0}),
            Point("climate", "old esp", "", "", to_ms(moment), {"celsius": 1.0}),
            Point("cpu", "expired", "", "", to_ms(moment), {"user": 1.0}),
        ]
    )
    store.close()
    publish(module_broker, ("perfwatch/expired/status", b"offline"))
    minute = format_time(moment.replace(second=0, microsecond=0))
    # Its readings have expired on the broker; its presence has not.
    wait_until(
        lambda: listed(client, "expired").get("since") == minute, "the history tells when it was there"
    )
    assert listed(client, "expired")["status"] == "offline"
    host = listed(client, "retired")
    assert (host["status"], host["since"], host["last_seen"]) == ("offline", minute, minute)
    assert (host["kind"], host["info"], host["timestamp"]) == ("collector", None, None)
    assert listed(client, "old esp")["kind"] == "device"
    past = {host["host"] for host in client.get("/api/hosts?past=true").json()["hosts"]}
    assert past == {"expired", "retired", "old esp"}


def test_hosts_are_tagged_over_what_they_say_and_the_broker_remembers(
    client: httpx.Client, module_broker: Mosquitto
) -> None:
    info = HostInfo(hostname="a", os="", kernel="", version="1", interval=5, tags={"room": "attic"})
    publish(
        module_broker,
        *((f"perfwatch/{host}/status", b"online") for host in ("tagged", "bare")),
        ("perfwatch/tagged/info", encode_info(info)),
    )
    wait_until(lambda: listed(client, "tagged").get("tags") == {"room": "attic"}, "its own tags are known")
    body = {"hosts": ["tagged", "bare"], "tags": {"room": "cellar", "role": "nas"}}
    both = {"room": "cellar", "role": "nas"}
    assert client.put("/api/hosts/tags", json=body).json() == {"tags": {"tagged": both, "bare": both}}
    command = client_command(
        "mosquitto_sub", module_broker.port, "-t", "perfwatch/bare/tags", "-C", "1", "-W", "60"
    )
    assert msgspec.json.decode(subprocess.check_output(command)) == both
    back = {"hosts": ["tagged"], "tags": {"room": "attic", "role": ""}}
    assert client.put("/api/hosts/tags", json=back).json()["tags"]["tagged"] == {"room": "attic"}
    assert listed(client, "bare")["tags"] == both


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"hosts": ["here"], "tags": {"Room": "x"}}, 422, "room=cellar"),
        ({"hosts": ["nobody"], "tags": {}}, 404, "'nobody'"),
        ({"hosts": "here", "tags": {}}, 422, "hosts"),
    ],
)
def test_tags_that_cannot_be_given_are_named(
    client: httpx.Client, body: dict[str, Any], status: int, said: str
) -> None:
    answer = client.put("/api/hosts/tags", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
