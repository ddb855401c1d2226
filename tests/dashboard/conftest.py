"""A dashboard server over real HTTP, and numbers on its broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.influx import NAMED, database, named_server, ways
from tests.influx_proxy import InfluxProxy
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, log_in


@pytest.fixture(scope="module")
def module_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as broker:
        yield broker


@pytest.fixture(scope="module", params=["sqlite", *ways()])
def history(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A data folder, and the address of an empty history: once in each kind of store."""
    folder = Path(tmp_path_factory.mktemp("history"))
    if request.param == "sqlite":
        yield folder, f"sqlite://{folder / 'history.db'}"
    elif request.param == NAMED:
        with named_server() as url:
            yield folder, url
    else:
        proxy: InfluxProxy = request.getfixturevalue("influx_proxy")
        with database(f"influxdb://127.0.0.1:{proxy.port}", "", "") as url:
            yield folder, url


@pytest.fixture(scope="module")
def dashboard(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One server for the tests of a module that leave it as it was."""
    with Dashboard(Path(tmp_path_factory.mktemp("dashboard")), module_broker.url) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        yield server


@pytest.fixture(scope="module")
def token(dashboard: Dashboard) -> str:
    return log_in(dashboard.url)
