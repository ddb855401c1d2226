"""A history that never answers, is locked, or fails: what does not need it goes on, and the rest says so."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import httpx
import pytest

from dashboard.history.queries import AT_ONCE, DEADLINE_SECONDS
from perfwatch.history.open import open_store
from perfwatch.history.store import Point
from tests.days import NOON_MS
from tests.influx import Influxd, Victoria, database
from tests.influx_proxy import PASS, Fault, InfluxProxy
from tests.influxdb_2_7_12 import InfluxDB2712
from tests.servers import Mosquitto, SilentServer, wait_until
from tests.stack import PASSWORD, Dashboard, Person, bearer

RANGE = "start_time=2026-11-23T12:00:00Z&end_time=2026-11-23T12:01:00Z"
METRICS = f"/api/history/metrics?metric_type=cpu&{RANGE}"
ASKING = ("/api/history/series", "/api/history/metrics/types", METRICS, "/api/retention")

MANY = httpx.Limits(max_connections=40)

# Seconds in which every process must end, whatever its peers do.
LAST = 8.0

LOCKING = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def silent() -> Iterator[SilentServer]:
    with SilentServer() as server:
        yield server


@pytest.fixture(scope="module")
def server(
    silent: SilentServer, module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A dashboard whose InfluxDB takes connections, and never answers."""
    folder = Path(tmp_path_factory.mktemp("hung"))
    url = f"influxdb://127.0.0.1:{silent.port}/perfwatch"
    with Dashboard(folder, module_broker.url, history=url) as dashboard:
        wait_until(lambda: "Following" in dashboard.output(), "the dashboard follows the broker")
        yield dashboard


@pytest.fixture(scope="module")
def person(server: Dashboard) -> Person:
    return Person(server.url)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as pool:
        yield pool


def health(server: Dashboard) -> httpx.Response:
    return httpx.get(f"{server.url}/health")


def test_what_needs_no_history_is_answered_while_queries_wait_for_it(
    server: Dashboard, person: Person, threads: ThreadPoolExecutor
) -> None:
    login = {"username": "admin", "password": PASSWORD}
    with httpx.Client(base_url=server.url, headers=bearer(person.token), limits=MANY) as client:
        waiting = [threads.submit(client.get, ASKING[number % len(ASKING)]) for number in range(20)]
        entered = client.post("/api/auth/login", json=login)
        answers = [client.get(path) for path in ("/health", "/api/hosts", "/api/users", "/api/auth/me")]
        assert [answer.status_code for answer in (entered, *answers)] == [200, 503, 200, 200, 200]
        assert max(answer.elapsed.total_seconds() for answer in answers) < 1
        # To check a password takes the processor, which others may have.
        assert entered.elapsed.total_seconds() < DEADLINE_SECONDS / 2
        assert {query.result().status_code for query in waiting} == {503}


@pytest.mark.parametrize("path", ASKING)
def test_a_query_ends_with_what_did_not_answer(silent: SilentServer, person: Person, path: str) -> None:
    answer = person.get(path)
    place = f"InfluxDB at http://127.0.0.1:{silent.port}"
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith(place)
    assert answer.headers["retry-after"] == "5"


def test_health_names_a_history_that_does_not_answer(silent: SilentServer, server: Dashboard) -> None:
    place = f"InfluxDB at http://127.0.0.1:{silent.port}"
    wait_until(lambda: health(server).json()["store"].startswith(place), "it is known that it is silent")
    assert health(server).json()["broker"] == "ok"


def test_the_system_page_says_that_the_history_does_not_answer(person: Person) -> None:
    answer = person.get("/api/system")
    assert answer.status_code == 200
    assert "InfluxDB" in answer.json()["store"]["problem"]


def test_sigterm_ends_it_whatever_history_and_broker_do(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    with SilentServer() as history, SilentServer() as broker:
        url = f"influxdb://127.0.0.1:{history.port}/perfwatch"
        with Dashboard(tmp_path, f"mqtt://127.0.0.1:{broker.port}", history=url) as server:
            person = Person(server.url)
            for _ in range(10):
                threads.submit(person.get, METRICS)
            began = time.monotonic()
            server.end(signal.SIGTERM)
            assert time.monotonic() - began < LAST


def test_sigterm_ends_it_while_its_broker_is_frozen(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        broker.freeze()
        began = time.monotonic()
        server.end(signal.SIGTERM)
        assert time.monotonic() - began < LAST


def test_the_query_of_a_client_that_hung_up_never_begins(
    influxd: Influxd, module_broker: Mosquitto, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    answering = Event()

    def fault(path: str, body: bytes) -> Fault:
        if b"SELECT" in body:
            answering.wait(30)
        return PASS

    with InfluxProxy(influxd.port) as proxy, database(f"influxdb://127.0.0.1:{proxy.port}", "", "") as url:
        with closing(open_store(url)) as store:
            store.write([Point("cpu", "nas", "", "", NOON_MS, {"user": 1.0})])
        proxy.fault = fault
        with Dashboard(tmp_path, module_broker.url, history=url) as server:
            person = Person(server.url)
            held = [threads.submit(person.get, METRICS) for _ in range(AT_ONCE)]
            wait_until(lambda: sum(b"SELECT" in seen[3] for seen in proxy.seen) >= AT_ONCE, "all of them ask")
            hang_up(server, person, f"{METRICS}&host=given_up")
            answering.set()
            assert all(query.result().status_code in (200, 503) for query in held)
            assert person.get(METRICS).status_code in (200, 503)
        assert not any(b"given_up" in seen[3] for seen in proxy.seen)


def test_a_locked_file_is_named_and_holds_up_nothing_else(
    module_broker: Mosquitto, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with Dashboard(tmp_path, module_broker.url) as server:
        person = Person(server.url)
        wait_until(lambda: health(server).status_code == 200, "the history is there")
    command = [sys.executable, "-c", LOCKING, str(tmp_path / "history.db")]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
        Dashboard(tmp_path, module_broker.url) as server,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        waiting: list[Future[httpx.Response]] = [
            threads.submit(Person(server.url).get, METRICS) for _ in range(8)
        ]
        person = Person(server.url)
        assert person.get("/api/hosts").status_code == 200
        answers = [query.result() for query in waiting]
        assert {answer.status_code for answer in answers} == {503}
        assert all(str(tmp_path / "history.db") in answer.json()["detail"] for answer in answers)
        wait_until(lambda: "history.db" in health(server).json()["store"], "it is known to be locked")
        other.communicate(b"")


def test_a_history_that_fails_is_named(module_broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with Dashboard(tmp_path, module_broker.url) as server:
        person = Person(server.url)
        assert person.get(METRICS).status_code == 503
        assert person.get("/api/hosts").json() == {"hosts": []}
        wait_until(lambda: "history.db" in health(server).json()["store"], "it is known to fail")


def test_a_token_of_another_organisation_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with InfluxProxy(0) as proxy:
        proxy.fault = InfluxDB2712(own="work")
        history = f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home"
        server = Dashboard(tmp_path, "mqtt://127.0.0.1:1", history=history)
        with pytest.raises(
            AssertionError, match="of the organisation 'work', but PERFWATCH_INFLUX_ORG names 'home'"
        ):
            server.start()
        assert server.end() == 1


def test_a_server_that_only_takes_writes_is_told_and_not_missed(
    module_broker: Mosquitto, tmp_path: Path
) -> None:
    with Victoria(tmp_path) as store:
        url = f"influxdb://127.0.0.1:{store.port}"
        (folder := tmp_path / "dashboard").mkdir()
        with Dashboard(folder, module_broker.url, history=url) as server:
            told = "takes writes, but does not answer InfluxQL"
            wait_until(lambda: told in server.output(), "the log says so")
            assert (health(server).status_code, health(server).json()["store"]) == (200, "ok")
            assert told in health(server).json()["history"]
            assert server.output().count(told) == 1


def test_a_token_that_may_read_nothing_is_told_on_health(module_broker: Mosquitto, tmp_path: Path) -> None:
    with InfluxProxy(0) as proxy:
        proxy.fault = InfluxDB2712({"x/autogen": set()})
        url = f"influxdb://token@127.0.0.1:{proxy.port}/x"
        with Dashboard(tmp_path, module_broker.url, history=url) as server:
            told = "the token may not read the bucket x/autogen"
            wait_until(lambda: told in health(server).json()["store"], "health says so")


def hang_up(server: Dashboard, person: Person, path: str) -> None:
    """Ask, and be gone before the answer."""
    with socket.create_connection(("127.0.0.1", server.port)) as asking:
        given = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n\r\n"
        asking.sendall(given.encode())
    assert person.get("/api/auth/me").status_code == 200  # by now the server has heard both
