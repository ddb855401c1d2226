"""Attacks on the login of a live server: guesses sent at once, from one address and from many, and hung up.

The owner must come in meanwhile, and nobody may have more guesses checked than docs/api.md says.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psutil
import pytest

from dashboard.auth.admission import ACCOUNT_SECONDS
from dashboard.auth.throttle import BURST, SECONDS_EACH
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard

RIGHT = {"username": "admin", "password": PASSWORD}
GUESSES = 300
WAVES = 3
# What a login takes on an idle machine of two cores, in seconds. The bounds below are for one; a busy machine
# is given as many times as long as its own login without an attack takes.
IDLE_LOGIN = 0.25
HOME, ELSEWHERE = "127.0.0.1", "127.0.0.2"
MANY = [f"127.0.1.{number}" for number in range(1, 31)]


@pytest.fixture
def server(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    with Dashboard(tmp_path, broker.url, connections_per_address=str(4 * GUESSES)) as server:
        yield server


@pytest.fixture
def owner(server: Dashboard) -> Iterator[httpx.Client]:
    """A browser that has logged in before."""
    with at(server, HOME) as owner:
        seconds_to_log_in(owner)
        yield owner


def at(server: Dashboard, address: str) -> httpx.Client:
    """A client whose connections come from that address of this machine."""
    return httpx.Client(base_url=server.url, transport=httpx.HTTPTransport(local_address=address), timeout=60)


def guess(server: Dashboard, address: str, username: str = "admin") -> HTTPConnection:
    """A wrong guess that is sent and not yet answered."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60, source_address=(address, 0))
    body = json.dumps({"username": username, "password": "wrong"})
    connection.request("POST", "/api/auth/login", body, {"Connection": "close"})
    return connection


def answered(guesses: list[HTTPConnection]) -> Counter[int]:
    """How many got which answer; each that is refused is told for how long."""
    codes: Counter[int] = Counter()
    for connection in guesses:
        answer = connection.getresponse()
        codes[answer.status] += 1
        if answer.status == 429:
            assert 1 <= int(answer.headers["Retry-After"]) <= SECONDS_EACH
        connection.close()
    return codes


def seconds_to_log_in(client: httpx.Client) -> float:
    began = time.monotonic()
    answer = client.post("/api/auth/login", json=RIGHT)
    assert answer.status_code == 200, answer.text
    return time.monotonic() - began


def slowness(client: httpx.Client) -> float:
    return max(1.0, seconds_to_log_in(client) / IDLE_LOGIN)


def attack(server: Dashboard, owner: httpx.Client, addresses: list[str]) -> Counter[int]:
    """Waves of guesses, in the midst of which the owner comes in: here, and from a new browser elsewhere."""
    codes: Counter[int] = Counter()
    for _ in range(WAVES):
        slow = slowness(owner)
        guesses = [guess(server, addresses[number % len(addresses)]) for number in range(GUESSES)]
        with at(server, ELSEWHERE) as new:
            assert seconds_to_log_in(owner) < 2 * slow
            assert seconds_to_log_in(new) < 10 * slow
        codes += answered(guesses)
    assert codes.keys() == {401, 429}
    return codes


def test_guesses_from_one_address_at_once(server: Dashboard, owner: httpx.Client) -> None:
    began = time.monotonic()
    codes = attack(server, owner, [HOME])
    assert 1 <= codes[401] <= BURST + (time.monotonic() - began) / SECONDS_EACH


def test_guesses_at_one_account_from_many_addresses(server: Dashboard, owner: httpx.Client) -> None:
    began = time.monotonic()
    codes = attack(server, owner, MANY)
    assert 1 <= codes[401] <= BURST + 2 + (time.monotonic() - began) / ACCOUNT_SECONDS


def test_guesses_that_hang_up_are_not_checked(server: Dashboard, owner: httpx.Client) -> None:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    before = busy(process)
    slow = slowness(owner)
    one_login = busy(process) - before
    before = busy(process)
    for number in range(GUESSES):
        guess(server, MANY[number % len(MANY)], f"user{number}").close()
    with at(server, ELSEWHERE) as new:
        assert seconds_to_log_in(new) < 2 * slow
    assert busy(process) - before < 10 * one_login


def busy(process: psutil.Process) -> float:
    """Seconds of processor time that it has taken."""
    times = process.cpu_times()
    return times.user + times.system
