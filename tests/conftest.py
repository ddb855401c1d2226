"""Fixtures that all tests share, and what is printed when all have run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from perfwatch.errors import Unsupported
from tests.influx import NAMED, Influxd, database, named_server, ways
from tests.influx_proxy import InfluxProxy
from tests.servers import Mosquitto

# The tests' own name for a line of the faults' table.
OUTCOME = "fault"

# No test is timed: the machine may be busy. And no dice are thrown, so that a change fails by its own faults
# (words of the modules that are loaded are tried too); `--hypothesis-profile=explore` throws them.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", untimed)
settings.register_profile("repeatable", untimed, derandomize=True)
settings.load_profile("repeatable")

# httpx gives up after 5 s, which a busy machine may take. This object is the default of all its functions.
for part in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, part, 60.0)


# Chromium breaks off what it loads when the machine gets a network interface: tests that make some, and those
# with a browser, run one after the other.
ALONE = (
    "tests/faults/test_network.py",
    "tests/pages/",
    "tests/attacks/test_browser.py",
    "tests/attacks/test_scripts.py",
    "tests/dashboard/web/test_bundle.py",
    "tests/dashboard/web/test_declared.py",
    "tests/dashboard/web/test_joining.py",
    "tests/dashboard/test_components.py",
)


def together(nodeid: str) -> str:
    """What has the same name runs on one worker: a file, and all those together."""
    return "alone" if nodeid.startswith(ALONE) else nodeid.split("::")[0]


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """In place of `--dist loadgroup`, which does nothing in xdist 3.8 with pytest 9.2."""

    _split_scope = staticmethod(together)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A Mosquitto without accounts, for tests of what goes over it."""
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as server:
        yield server


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """One InfluxDB 1 for all tests: each makes a database of its own."""
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture(scope="session")
def influx_proxy(influxd: Influxd) -> Iterator[InfluxProxy]:
    with InfluxProxy(influxd.port) as proxy:
        yield proxy


@pytest.fixture(params=ways())
def influx_history(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty history on InfluxDB: once on each server that there is."""
    if request.param == NAMED:
        with named_server() as url:
            yield url
    else:
        proxy: InfluxProxy = request.getfixturevalue("influx_proxy")
        with database(f"influxdb://127.0.0.1:{proxy.port}", "", "") as url:
            yield url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    return (yield from _skipping_what_cannot_be_done(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    return (yield from _skipping_what_cannot_be_done(item))


def _skipping_what_cannot_be_done(item: pytest.Item) -> Iterator[None]:
    """What a named server cannot do at all skips the test, with its sentence for a reason."""
    try:
        return (yield)
    except Unsupported as exc:
        if NAMED in item.name:
            pytest.skip(str(exc))
        raise


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind))
    rows = [row for one in reports for name, row in one.user_properties if name == OUTCOME]
    if rows:
        terminalreporter.section("what every fault cost, in readings")
        terminalreporter.line(f"{'fault':<58} {'sent':>7} {'stored':>7} {'lost':>5} {'doubled':>8}")
    for fault, sent, stored, lost, doubled in rows:
        terminalreporter.line(f"{fault:<58} {sent:>7} {stored:>7} {lost:>5} {doubled:>8}")
