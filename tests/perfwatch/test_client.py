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
from tests.dashboard.live.sockets import publish, publish_tick
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
    store.write(
        [Point("cpu", "nas", "", "", moment, {"usage_percent": 5.0, "iowait": 1.0}) for moment in times]
    )
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


async def test_where_alerts_stand_comes_from_the_topics_and_from_the_dashboard(
    server: Dashboard, token: str, broker: Mosquitto
) -> None:
    fired = (
        b'{"timestamp":"2026-11-29T14:00:00.000Z","state":"firing","since":"2026-11-29T13:59:00.000Z",'
        b'"value":95.2,"limit":90.0,"severity":"warning","text":"/ is 95.2 % full"}'
    )
    publish(broker, ("perfwatch/nas/alert/disk-full", fired))
    publish(broker, ("perfwatch/nas/alert/unreadable", b"{"), ("perfwatch/alerts", b"{}"))
    async with Client(broker.url) as client:
        (alert,) = await client.alerts()
    assert (alert.host, alert.rule, alert.state, alert.value) == ("nas", "disk-full", "firing", 95.2)
    assert alert.text == "/ is 95.2 % full"


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
        with pytest.raises(ApiError, match="is unknown"):
            await client.hosts()
        with pytest.raises(ApiError, match="is unknown"):
            await anext(client.live())


async def test_nobody_there_is_said() -> None:
    for address in ("http://127.0.0.1:9", "mqtt://127.0.0.1:9"):
        async with Client(address) as client:
            with pytest.raises(ApiError, match=r"127\.0\.0\.1"):
                await anext(client.live())


def run_program(program: str, server: Dashboard, token: str) -> str:
    """What an example prints, whose address and token stand for the reader's own."""
    given = program.replace("http://localhost:8000", server.url).replace("pw_…", token)
    command = [sys.executable, "-c", given]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip()


def test_the_readmes_example_runs(server: Dashboard, token: str) -> None:
    readme = (ROOT / "README.md").read_text()
    found = re.search(r"```python\n(from perfwatch\.client.*?)```", readme, re.DOTALL)
    assert found
    printed = run_program(found[1], server, token)
    assert "nas online" in printed
    assert printed.endswith(" 42")


def test_the_notebook_runs(server: Dashboard, token: str) -> None:
    printed = run_program((ROOT / "examples" / "notebook.py").read_text(), server, token)
    assert re.search(r"^nas +online", printed, re.MULTILINE)
    assert re.search(r"mean +5\.0", printed)
    assert printed.endswith("cpu 42 % memory 42 %")


async def test_where_an_event_loop_runs_it_is_the_same(server: Dashboard, token: str) -> None:
    with SyncClient(server.url, token) as client:  # as in a notebook
        assert [host.host for host in client.hosts()] == ["nas"]
