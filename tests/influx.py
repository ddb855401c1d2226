"""Real InfluxDB servers for tests: Debian's 1.6 behind the proxy, one that is named, one in a container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

import httpx
import pytest

from perfwatch.history.influx.url import SCHEMES
from tests.servers import SEARCHED, accepts, free_port, wait_until

INFLUXD = shutil.which("influxd", path=SEARCHED)
VICTORIA = shutil.which("victoria-metrics", path=SEARCHED)
IMAGE = "influxdb:2"
TIERS = ("autogen", "1m", "1h")

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
{data}
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
{http}
[monitor]
store-enabled = false
[logging]
level = "warn"
"""


class _Server:
    """A process of its own on a free port of the loopback, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        wait_until(lambda: accepts(self.port), f"{type(self).__name__} accepts connections")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()  # what it would still do in order is for a folder that is thrown away


class Influxd(_Server):
    """Debian's InfluxDB 1.6.7. `http` and `data` are put into the sections of that name."""

    def __init__(self, folder: Path, http: str = "", data: str = "") -> None:
        super().__init__(folder)
        self._configuration = folder / "influxdb.conf"
        self._configuration.write_text(
            CONFIGURATION.format(folder=folder, port=self.port, backup=free_port(), http=http, data=data)
        )

    @property
    def upstream(self) -> int:
        """Its port, for the proxy before it."""
        return self.port

    def command(self) -> list[str]:
        assert INFLUXD is not None, "the tests need InfluxDB: run `make test`, which installs it"
        return [INFLUXD, "-config", str(self._configuration)]

    def ask(self, statement: str, **query: str) -> Any:
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/query", params=query, data={"q": statement}, timeout=30
        )
        return answer.json()


class Victoria(_Server):
    """Debian's VictoriaMetrics."""

    def command(self) -> list[str]:
        assert VICTORIA is not None, "the tests need VictoriaMetrics: run `make test`, which installs it"
        return [
            VICTORIA,
            f"-storageDataPath={self.folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-dedup.minScrapeInterval=1ms",
        ]


def new_database() -> str:
    return f"perfwatch-test-{uuid.uuid4().hex[:12]}"


class Named(NamedTuple):
    """The server that the environment names. It is not ours to kill."""

    url: str
    token: str
    org: str

    @property
    def upstream(self) -> str:
        """Its URL, for a proxy before it."""
        scheme, _, rest = self.url.rstrip("/").partition("://")
        return f"{SCHEMES[scheme]}://{rest}"


NAMED = "influxdb-named"


def named() -> Named | None:
    url = os.environ.get("PERFWATCH_TEST_INFLUX_URL", "")
    token, org = (os.environ.get(f"PERFWATCH_TEST_INFLUX_{name}", "") for name in ("TOKEN", "ORG"))
    return Named(url, token, org) if url else None


def ways() -> list[str]:
    """What a suite runs over: Debian's 1.6 always, and the named server when there is one."""
    return ["influxdb1", *([NAMED] if named() else [])]


@contextmanager
def named_server() -> Iterator[str]:
    """A history in a bucket of its own on the named server; removed afterwards."""
    server = named()
    assert server is not None, "PERFWATCH_TEST_INFLUX_URL names no InfluxDB server"
    with database(*server) as address:
        yield address


@contextmanager
def database(url: str, token: str, org: str) -> Iterator[str]:
    """The address of a new database on a server; whatever was made in it is removed."""
    name = new_database()
    scheme, _, rest = url.rstrip("/").partition("://")
    account = f"{quote(token, safe='')}@" if token else ""
    try:
        yield f"{scheme}://{account}{rest}/{name}" + (f"?{urlencode({'org': org})}" if org else "")
    finally:
        headers = {"Authorization": f"Token {token}"} if token else {}
        with httpx.Client(base_url=f"{SCHEMES[scheme]}://{rest}", headers=headers, timeout=30) as client:
            _remove(client, name, org)


def _remove(client: httpx.Client, name: str, org: str) -> None:
    version = client.get("/ping").headers.get("X-Influxdb-Version", "").lstrip("v")
    if version.startswith("1."):
        client.post("/query", data={"q": f'DROP DATABASE "{name}"'}).raise_for_status()
    elif version.startswith("3."):
        for tier in TIERS:
            # Otherwise it stays for three days, and counts towards the five that there may be.
            given = {"db": f"{name}/{tier}", "hard_delete_at": "now"}
            client.delete("/api/v3/configure/database", params=given)
    else:
        for tier in TIERS:
            found = client.get("/api/v2/buckets", params={"org": org, "name": f"{name}/{tier}"})
            for bucket in found.json().get("buckets", []):
                client.delete(f"/api/v2/buckets/{bucket['id']}").raise_for_status()


@contextmanager
def container() -> Iterator[tuple[str, str, str]]:
    """InfluxDB 2 in a container: its URL, token and organisation. Skips where no engine can have it."""
    if reason := _docker("pull", "--quiet", IMAGE):
        pytest.skip(reason)
    from testcontainers.core.container import DockerContainer

    server = DockerContainer(IMAGE).with_exposed_ports(8086)
    for key, value in _INIT.items():
        server = server.with_env(f"DOCKER_INFLUXDB_INIT_{key}", value)
    server.start()
    try:
        url = f"http://127.0.0.1:{server.get_exposed_port(8086)}"
        wait_until(_answers(url), "InfluxDB 2 in its container is ready")
        yield url, _INIT["ADMIN_TOKEN"], _INIT["ORG"]
    finally:
        server.stop()


_INIT = {
    "MODE": "setup",
    "USERNAME": "admin",
    "PASSWORD": "only-for-a-test",
    "ORG": "perfwatch",
    "BUCKET": "first",
    "ADMIN_TOKEN": "only-for-a-test",
}


def _docker(*command: str) -> str:
    """Run a docker command; what is missing when it failed."""
    docker = shutil.which("docker")
    if docker is None:
        return "there is no docker command"
    done = subprocess.run([docker, *command], capture_output=True, text=True, timeout=600)
    return f"no Docker engine can do `docker {' '.join(command)}`: {done.stderr.strip()}" * bool(
        done.returncode
    )


def missing() -> dict[str, str]:
    """The further ways to an InfluxDB, and what each lacks here (empty: nothing)."""
    return {
        NAMED: "" if named() else "PERFWATCH_TEST_INFLUX_URL names no InfluxDB server",
        "influxdb2-container": _docker("version"),
    }


def _answers(url: str) -> Callable[[], bool]:
    def check() -> bool:
        try:
            return httpx.get(f"{url}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    return check
