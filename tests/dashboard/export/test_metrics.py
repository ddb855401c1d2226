"""`/metrics`, as Prometheus reads it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from perfwatch.readings.codec import encode, format_time, now
from perfwatch.readings.core import Cpu, Disk, Interface, Network
from tests.dashboard.live.sockets import publish
from tests.servers import SEARCHED, Mosquitto, free_port, wait_until
from tests.stack import Dashboard, Person, bearer

PROMETHEUS, PROMTOOL = (shutil.which(name, path=SEARCHED) for name in ("prometheus", "promtool"))
STATS = {"timestamp": "x", "lag_ms": 74, "spooled": 3, "spool_bytes": 100, "rejected": 2, "received": 9}
USAGE = 'perfwatch_cpu_usage_ratio{host="nas"}'
ODD_INTERFACE = r"""{host="nas",interface="e\"th\\0\n"}"""
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}


def readings(broker: Mosquitto) -> None:
    moment = now()
    network = Network(timestamp=moment, interfaces={'e"th\\0\n': Interface(bytes_sent=2**53, signal_dbm=-60)})
    publish(
        broker,
        ("perfwatch/nas/status", b"online"),
        ("perfwatch/nas/cpu", encode(Cpu(timestamp=moment, usage_percent=25, per_core=[1.0, None]))),
        ("perfwatch/nas/network", encode(network)),
        ("perfwatch/nas/disk", encode(Disk(timestamp=moment))),
        ("perfwatch/dead/cpu", encode(Cpu(timestamp=moment, usage_percent=1))),
        ("perfwatch/dead/status", b"offline"),
        ("perfwatch/plug/power", json.dumps({"timestamp": format_time(moment), "power_watts": 7}).encode()),
        ("perfwatch/plug/old", json.dumps({"timestamp": "2020-01-01T00:00:00Z", "power_watts": 7}).encode()),
        ("perfwatch-bridge/one/status", b"online"),
        ("perfwatch-bridge/one/health", json.dumps(STATS).encode()),
        ("perfwatch-bridge/gone/status", b"offline"),
        ("perfwatch-bridge/gone/health", json.dumps(STATS).encode()),
    )


@pytest.fixture(scope="module")
def scraper(dashboard: Dashboard, module_broker: Mosquitto) -> dict[str, str]:
    """What a program with a token sends."""
    admin = Person(dashboard.url)
    readings(module_broker)
    token = admin.post("/api/tokens", {"name": "prometheus"}).json()["token"]

    def told() -> bool:
        text = scraped(dashboard, bearer(token)).text
        return "gone" in text and "perfwatch_cpu" in text and "perfwatch_network" in text

    wait_until(told, "the last message is there, and the tick of the host is whole")
    return bearer(token)


def scraped(dashboard: Dashboard, headers: dict[str, str]) -> httpx.Response:
    return httpx.get(f"{dashboard.url}/metrics", headers=headers)


def plain(answer: httpx.Response) -> list[str]:
    return [line.removesuffix(".0") for line in answer.text.splitlines()]


def test_readings_and_health_are_told(dashboard: Dashboard, scraper: dict[str, str]) -> None:
    lines = plain(scraped(dashboard, scraper | OPENMETRICS))
    for line in (
        "# TYPE perfwatch_cpu_usage_ratio gauge",
        "# UNIT perfwatch_cpu_usage_ratio ratio",
        'perfwatch_cpu_usage_ratio{host="nas"} 0.25',
        'perfwatch_cpu_core_usage_ratio{host="nas",core="0"} 0.01',
        'perfwatch_up{host="nas"} 1',
        'perfwatch_up{host="dead"} 0',
        "# TYPE perfwatch_network_interface_sent_bytes counter",
        f"perfwatch_network_interface_sent_bytes_total{ODD_INTERFACE} 9007199254740992",
        'perfwatch_power_power_watts{host="plug"} 7',
        'perfwatch_bridge_lag_seconds{bridge="one"} 0.074',
        'perfwatch_bridge_spooled_readings{bridge="one"} 3',
        'perfwatch_bridge_rejected_total{bridge="one"} 2',
        'perfwatch_bridge_up{bridge="gone"} 0',
        "perfwatch_broker_up 1",
        "# EOF",
    ):
        assert line in lines, line


@pytest.mark.parametrize("accepted", [{}, OPENMETRICS], ids=["older", "openmetrics"])
def test_packed_and_plain_say_the_same(
    dashboard: Dashboard, scraper: dict[str, str], accepted: dict[str, str]
) -> None:
    packed = scraped(dashboard, scraper | accepted)
    plainly = scraped(dashboard, scraper | accepted | {"Accept-Encoding": "identity"})
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "Content-Encoding" not in plainly.headers
    assert packed.content == plainly.content


def test_what_is_dead_is_left_out(dashboard: Dashboard, scraper: dict[str, str]) -> None:
    lines = plain(scraped(dashboard, scraper))
    assert [line for line in lines if '"dead"' in line] == ['perfwatch_up{host="dead"} 0']
    assert [line for line in lines if '"gone"' in line] == ['perfwatch_bridge_up{bridge="gone"} 0']
    assert not any(line.startswith("perfwatch_old") for line in lines)


def test_promtool_finds_nothing(dashboard: Dashboard, scraper: dict[str, str]) -> None:
    assert PROMTOOL, "the tests need Prometheus: run `make test`, which installs it"
    text = scraped(dashboard, scraper).content
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_without_a_token_it_is_refused(dashboard: Dashboard) -> None:
    assert scraped(dashboard, {}).status_code == 401


@pytest.fixture
def opened(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    with Dashboard(tmp_path, broker.url, metrics_open="true") as server:
        yield server


def test_by_a_setting_it_is_open_and_nothing_else_is(opened: Dashboard) -> None:
    assert scraped(opened, {}).status_code == 200
    assert httpx.get(f"{opened.url}/api/hosts").status_code == 401


def test_prometheus_scrapes_it_and_a_host_that_goes_is_stale(
    broker: Mosquitto, opened: Dashboard, tmp_path: Path
) -> None:
    readings(broker)
    with Prometheus(tmp_path, opened.port) as prometheus:
        wait_until(lambda: prometheus.ask(USAGE) == [0.25], "a reading is there")
        assert prometheus.ask("up") == [1]
        assert prometheus.ask('perfwatch_up{host="dead"}') == [0]
        publish(broker, ("perfwatch/nas/status", b"offline"))
        wait_until(lambda: prometheus.ask(USAGE) == [], "the reading is stale")
        assert prometheus.ask('perfwatch_up{host="nas"}') == [0]


class Prometheus:
    """A Prometheus of its own, which scrapes a dashboard each second."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = free_port()
        job = {"job_name": "perfwatch", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        configuration = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
        (folder / "prometheus.yml").write_text(json.dumps(configuration))  # YAML is more than JSON

    def ask(self, query: str) -> list[float]:
        """The values of that query now."""
        answer: dict[str, Any] = httpx.get(
            f"http://127.0.0.1:{self._port}/api/v1/query", params={"query": query}
        ).json()
        return [float(one["value"][1]) for one in answer["data"]["result"]]

    def __enter__(self) -> Prometheus:
        assert PROMETHEUS, "the tests need Prometheus: run `make test`, which installs it"
        places = [
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'tsdb'}",
        ]
        address = f"--web.listen-address=127.0.0.1:{self._port}"
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen([PROMETHEUS, *places, address], stdout=log, stderr=log)
        wait_until(self._ready, "Prometheus answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)

    def _ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "prometheus.log").read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/-/ready").status_code == 200
        except httpx.TransportError:
            return False
