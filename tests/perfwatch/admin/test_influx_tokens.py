"""A token for each service, from a double of InfluxDB 2.7.12, and from a server that is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from perfwatch.admin.influx_tokens import RIGHTS, give_tokens
from perfwatch.admin.provision import provision
from perfwatch.errors import StoreError
from perfwatch.history.influx.url import parse
from perfwatch.history.open import open_store
from perfwatch.history.store import Point
from perfwatch.settings import Settings
from tests.influx import database, named

ORG_ID = "0b501e7e557ab1ed"

# Of those that 2.7.12 knows, which refuses a right of any other kind.
KINDS = {"authorizations", "buckets", "dbrp", "orgs", "tasks", "users"}


class Tokens2712(ThreadingHTTPServer):
    """As InfluxDB 2.7.12 was seen to answer. `given` are the authorizations that it `makes`.

    `readable` is whether they may read.
    """

    def __init__(self, whole: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.whole = whole
        self.given: dict[str, Any] = {}
        self.readable = True
        self.makes = True


class _Answers(BaseHTTPRequestHandler):
    server: Tokens2712

    def do_GET(self) -> None:
        token = self.headers["Authorization"].removeprefix("Token ")
        if token != self.server.whole and token not in self.server.given:
            told = "Unauthorized" if self.path.startswith("/query") else "unauthorized access"
            self._answer(401, {"code": "unauthorized", "message": told})
        elif self.path.startswith("/api/v2/orgs?org=perfwatch"):
            self._answer(200, {"orgs": [{"id": ORG_ID, "name": "perfwatch"}]})
        else:
            shown = {"values": [["_monitoring"], ["perfwatch"]]} if self.server.readable else {}
            series = [{"name": "databases", "columns": ["name"], **shown}]
            self._answer(200, {"results": [{"statement_id": 0, "series": series}]})

    def do_POST(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not {one["resource"]["type"] for one in wanted["permissions"]} <= KINDS:
            why = "invalid resource type for permission: unknown resource type for permission"
            self._answer(400, {"code": "invalid", "message": why})
            return
        if not self.server.makes or self.headers["Authorization"] != f"Token {self.server.whole}":
            why = f"write:orgs/{ORG_ID}/authorizations is unauthorized"
            self._answer(401, {"code": "unauthorized", "message": why})
            return
        token = f"token-{len(self.server.given)}"
        self.server.given[token] = wanted
        self._answer(201, {"id": "1", "status": "active", "token": token, **wanted})

    def _answer(self, status: int, content: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def place(tmp_path: Path) -> Path:
    provision(tmp_path, Settings(host="nas"), chown=lambda *_: None)
    return tmp_path


@pytest.fixture
def server(place: Path) -> Iterator[Tokens2712]:
    with Tokens2712((place / "influxdb" / "token").read_text()) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def give(place: Path, server: Tokens2712) -> tuple[dict[str, str], list[str]]:
    """The tokens afterwards, and what was said."""
    said: list[str] = []
    address = parse(f"influxdb://127.0.0.1:{server.server_port}/perfwatch?org=perfwatch", "")
    give_tokens(place, address, lambda *_: None, said.append)
    return {name: (place / name / "influx_token").read_text() for name in RIGHTS}, said


def test_each_service_gets_its_own_once(place: Path, server: Tokens2712) -> None:
    tokens, said = give(place, server)
    assert (len(set(tokens.values())), server.whole in tokens.values(), len(said)) == (3, False, 3)
    may = {
        name: {(one["action"], one["resource"]["type"]) for one in server.given[token]["permissions"]}
        for name, token in tokens.items()
    }
    assert may["grafana"] == {("read", "buckets"), ("read", "dbrp")}
    assert ("write", "buckets") in may["bridge"]
    assert give(place, server) == (tokens, [])
    assert (place / "bridge" / "influx_token").stat().st_mode & 0o777 == 0o600
    provision(place, Settings(host="nas"), chown=lambda *_: None)
    assert give(place, server) == (tokens, [])


def test_one_that_the_server_has_forgotten_is_made_anew(place: Path, server: Tokens2712) -> None:
    give(place, server)
    server.given.clear()
    tokens, said = give(place, server)
    assert (set(tokens.values()) == server.given.keys(), len(said)) == (True, 3)


@pytest.mark.parametrize("trouble", ["makes", "readable"])
def test_where_it_fails_the_administrators_stays(place: Path, server: Tokens2712, trouble: str) -> None:
    setattr(server, trouble, False)
    tokens, said = give(place, server)
    assert set(tokens.values()) == {server.whole}
    assert all("keeps the token of the administrator" in line for line in said)
    assert not any(server.whole in line for line in said)


def test_a_named_server_makes_tokens_that_may_no_more_than_they_must(place: Path) -> None:
    server = named()
    if server is None or not server.org:
        pytest.skip("PERFWATCH_TEST_INFLUX_URL and _ORG name no InfluxDB 2 server")
    for part in (place / "influxdb" / "token", *(place / name / "influx_token" for name in RIGHTS)):
        part.write_text(server.token)
    reading = Point("cpu", "nas", "", "", 1_796_000_000_000, {"user": 1.0})
    with database(*server) as address:
        with closing(open_store(address)) as store:
            store.write([reading])
        give_tokens(place, parse(address, ""), lambda *_: None, lambda _: None)
        for name in RIGHTS:
            token = quote((place / name / "influx_token").read_text(), safe="")
            own = urlsplit(address)._replace(netloc=f"{token}@{urlsplit(address).netloc.partition('@')[2]}")
            with closing(open_store(own.geturl())) as store:
                assert [one.host for one in store.series()] == ["nas"], name
                with nullcontext() if name != "grafana" else pytest.raises(StoreError):
                    store.write([reading])
