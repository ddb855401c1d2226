"""The Python client, against a dashboard and a broker that run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.client import Client, SyncClient
from perfwatch.errors import ApiError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from perfwatch.readings.codec import now, to_ms
from tests.dashboard.live.test_socket import publish, publish_tick
from tests.servers import Mosquitto, wait_until
from tests.stack import ROOT, Dashboard, Person, environment


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as server:
        yield server


@pytest.fixture(scope="module")
def server(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = Path(tmp_path_factory.mktemp("client"))
    store = SqliteStore(folder / "history.db")
    end = time.time_ns() // 1_000_000
    times = range(end - 60_000, end, 5000)
    store.write([Point("cpu", "nas", "", "", moment, {"usage_percent": 5.0}) for moment in times])
    store.close()
    with Dashboard(folder, broker.url) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        publish_tick(broker, "nas", to_ms(now()), 42)
        publish(broker, ("perfwatch/nas/status", b"online"))
        person = Person(server.url)
        wait_until(lambda: '"online"' in person.get("/api/hosts").text, "the host is known")
        yield server


@pytest.fixture(scope="module")
def token(server: Dashboard) -> str:
    made: str = Person(server.url).post("/api/tokens", {"name": "client"}).json()["token"]
    return made


async def test_live_readings_come_from_the_dashboard(server: Dashboard, token: str) -> None:
    async with Client(server.url, token) as client:
        tick = await anext(client.live(host="nas", metrics=["cpu"]))
    assert (tick.host, tick.data["cpu"]["usage_percent"]) == ("nas", 42)
    assert tick.data.keys() == {"cpu"}


async def test_live_readings_and_hosts_come_from_the_topics(server: Dashboard, broker: Mosquitto) -> None:
    async with Client(broker.url) as client:
        tick = await anext(client.live(host="nas", metrics=["memory"]))
        assert tick.data["memory"]["usage_percent"] == 42
        hosts = {host.host: host.status for host in await client.hosts()}
        assert hosts["nas"] == "online"
        with pytest.raises(ApiError, match="give its http:// address"):
            await client.history("cpu")


async def test_past_readings_are_columns(server: Dashboard, token: str) -> None:
    async with Client(server.url, token) as client:
        found = await client.history("cpu", field="usage_percent", since="6h", interval="5s")
    assert [line.name for line in found.series] == ["nas usage_percent"]
    assert set(found.series[0].mean) == {5.0}
    assert found.to_arrow().column_names == ["time", "nas usage_percent"]
    frame = found.to_pandas()
    assert list(frame.columns) == ["nas usage_percent"]
    assert len(frame) == len(found.times) == len(found.moments)


def test_without_async_it_is_the_same(server: Dashboard, token: str) -> None:
    with SyncClient(server.url, token) as client:
        assert next(iter(client.live("nas"))).host == "nas"
        assert [host.host for host in client.hosts()] == ["nas"]
        assert client.history("cpu").series[0].host == "nas"


@pytest.mark.parametrize(
    ("metric", "since", "sentence"),
    [("cqu", "1h", "metric_type is 'cqu': expected one of"), ("cpu", "soon", "since is 'soon'")],
)
async def test_what_cannot_be_is_said_as_the_dashboard_says_it(
    server: Dashboard, token: str, metric: str, since: str, sentence: str
) -> None:
    async with Client(server.url, token) as client:
        with pytest.raises(ApiError, match=sentence):
            await client.history(metric, since=since)


async def test_a_wrong_token_is_said(server: Dashboard) -> None:
    async with Client(server.url, "pw_wrong") as client:
        with pytest.raises(ApiError, match="not known"):
            await client.hosts()
        with pytest.raises(ApiError, match="not known"):
            await anext(client.live())


async def test_nobody_there_is_said() -> None:
    for address in ("http://127.0.0.1:9", "mqtt://127.0.0.1:9"):
        async with Client(address) as client:
            with pytest.raises(ApiError, match=r"127\.0\.0\.1"):
                await anext(client.live())


def test_the_readmes_example_runs(server: Dashboard, token: str) -> None:
    readme = (ROOT / "README.md").read_text()
    found = re.search(r"```python\n(from perfwatch\.client.*?)```", readme, re.DOTALL)
    assert found
    program = found[1].replace("http://localhost:8000", server.url).replace("pw_…", token)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "nas online" in done.stdout
    assert done.stdout.rstrip().endswith(" 42")
