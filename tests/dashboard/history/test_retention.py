"""/api/retention over real HTTP and each real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from perfwatch.history.open import open_store
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.store import Point, TieredStore
from tests.influx_proxy import InfluxProxy
from tests.servers import Mosquitto, free_port
from tests.stack import Dashboard, bearer, log_in

CLEANUP = "/api/retention/cleanup"


@pytest.fixture(scope="module")
def client(module_broker: Mosquitto, history: tuple[Path, str]) -> Iterator[httpx.Client]:
    """Somebody who is logged in."""
    folder, url = history
    with Dashboard(folder, module_broker.url, history=url) as server:
        headers = bearer(log_in(server.url))
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as opened:
            yield opened


@pytest.fixture
def store(history: tuple[Path, str]) -> Iterator[TieredStore]:
    opened = open_store(history[1])
    opened.set_policy(Policy())
    yield opened
    opened.close()


def test_the_policy_is_the_default_until_it_is_changed(client: httpx.Client, store: TieredStore) -> None:
    assert client.get("/api/retention").json() == {
        "retention_days": 30,
        "downsample_after_days": 7,
        "enabled": True,
    }


def test_a_change_is_in_the_store_for_the_bridge(client: httpx.Client, store: TieredStore) -> None:
    wanted = {"retention_days": 365, "downsample_after_days": 14, "enabled": False}
    answer = client.put("/api/retention", json=wanted)
    assert (answer.status_code, answer.json()) == (200, wanted)
    assert store.policy() == Policy(retention_days=365, downsample_after_days=14, enabled=False)
    assert client.get("/api/retention").json() == wanted


def test_what_is_not_given_stays(client: httpx.Client, store: TieredStore) -> None:
    assert client.put("/api/retention", json={"retention_days": 90}).json() == {
        "retention_days": 90,
        "downsample_after_days": 7,
        "enabled": True,
    }


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'{"retention_days": 0}', "retention_days is '0': expected a whole number of days from 1 to 3650"),
        (b'{"retention_days": 3651}', "retention_days is '3651'"),
        (b'{"retention_days": "30"}', "retention_days is '\"30\"'"),
        (b'{"retention_days": null}', "retention_days is 'null'"),
        (
            b'{"downsample_after_days": 1.5}',
            "downsample_after_days is '1.5': expected a whole number",
        ),
        (b'{"enabled": 1}', "enabled is '1': expected true or false"),
        (b'{"days": 3}', 'The body must be {"retention_days": …'),
        (b"[]", "The body must be"),
        (b"{", "The body must be"),
        (b"\xff", "The body must be"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_changes_nothing(
    client: httpx.Client, store: TieredStore, content: bytes, named: str
) -> None:
    answer = client.put("/api/retention", content=content)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]
    assert store.policy() == Policy()


def test_a_cleanup_tells_what_it_removed(client: httpx.Client, store: TieredStore) -> None:
    now = time.time_ns() // 1_000_000
    store.write([Point("cpu", "nas", "", "", now - day * DAY_MS, {"user": 1.0}) for day in (1, 10, 40, 50)])
    store.set_policy(Policy(enabled=False))
    answer = client.post(CLEANUP)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content.pop("seconds") > 0
    assert content == {
        "rolled_up": 2,
        "removed": {"raw": 3, "rollups": 0},
        "policy": {"retention_days": 30, "downsample_after_days": 7, "enabled": False},
    }
    assert client.post(CLEANUP).json()["removed"] == {"raw": 0, "rollups": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/retention"), ("PUT", "/api/retention"), ("POST", CLEANUP), ("GET", CLEANUP)],
)
def test_nobody_without_a_session_may(client: httpx.Client, method: str, path: str) -> None:
    answer = httpx.request(method, f"{client.base_url}{path}", json={"retention_days": 1})
    assert answer.status_code == 401


def test_a_method_that_is_not_there_is_refused_as_json(client: httpx.Client) -> None:
    answer = client.delete("/api/retention")
    assert answer.status_code == 405
    assert "detail" in answer.json()


def test_a_server_that_can_do_none_of_it_is_named(module_broker: Mosquitto, tmp_path: Path) -> None:
    """InfluxDB 3 Core deletes nothing over HTTP."""
    with InfluxProxy(free_port()) as server:
        version = {"X-Influxdb-Version": "3.2.0"}
        server.fault = lambda path, body: (200, b'{"results":[{}]}', version)
        url = f"influxdb://127.0.0.1:{server.port}"
        with Dashboard(tmp_path, module_broker.url, history=url) as dashboard:
            path, headers = f"{dashboard.url}/api/retention", bearer(log_in(dashboard.url))
            assert httpx.get(path, headers=headers).json()["enabled"] is False
            answer = httpx.put(path, headers=headers, json={"enabled": True})
    assert answer.status_code == 501
    assert "cannot delete readings over HTTP: give it a retention period" in answer.json()["detail"]
