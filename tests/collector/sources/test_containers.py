from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.sources.containers import Containers
from collector.sources.engine import Engine as Client
from collector.sources.engine import Listed, MemoryStats, health, used_bytes
from collector.sources.source import FAILURES, Absent
from perfwatch.readings import optional as readings
from tests.collector.engine import Engine, http, ok
from tests.collector.recording import tick
from tests.servers import wait_until

MIB = 2**20
LISTED = [
    {"Id": "aa11", "Names": ["/web"], "Image": "nginx:1.29", "State": "running", "Ports": []},
    {"Id": "bb22", "Names": ["/old job"], "Image": "job:latest", "State": "exited"},
]


def stats(processor: float = 0.0, received: int = 0, sent: int = 0) -> dict[str, Any]:
    """What an engine tells of a running container; `processor` is in seconds."""
    return {
        "read": "2026-11-23T12:00:00Z",
        "cpu_stats": {"cpu_usage": {"total_usage": int(processor * 1e9)}, "online_cpus": 4},
        "memory_stats": {"usage": 100 * MIB, "limit": 512 * MIB, "stats": {"inactive_file": 30 * MIB}},
        "networks": {
            "eth0": {"rx_bytes": received, "tx_bytes": sent},
            "eth1": {"rx_bytes": received, "tx_bytes": sent},
        },
    }


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        yield Path(folder) / "engine.sock"


def containers(*paths: Path, clock: Clock | None = None, every: float = 0.0) -> Containers:
    return Containers(lambda: [("docker", path) for path in paths], every=every, clock=clock or Clock())


def gathered(source: Containers) -> readings.Containers:
    """The newest answer to a question that is asked now."""
    source.gather(tick(0))
    wait_until(lambda: not asking(), "the engine has been asked")
    found = source.gather(tick(0))
    wait_until(lambda: not asking(), "the engine has been asked")
    assert found is not None
    return found


def asking() -> bool:
    return any(thread.name == "the container engine" for thread in threading.enumerate())


def test_containers_go_by_name_with_what_they_take(path: Path) -> None:
    with Engine(path, lambda way: ok(LISTED if "json" in way else stats())) as engine:
        reading = gathered(containers(path))
    assert (reading.count, reading.running) == (2, 1)
    assert reading.containers == {
        "web": readings.Container(
            engine="docker",
            image="nginx:1.29",
            state="running",
            cpu_percent=reading.containers["web"].cpu_percent,
            memory_bytes=70 * MIB,
            memory_limit_bytes=512 * MIB,
            bytes_recv_per_sec=reading.containers["web"].bytes_recv_per_sec,
            bytes_sent_per_sec=reading.containers["web"].bytes_sent_per_sec,
        ),
        "old job": readings.Container(engine="docker", image="job:latest", state="exited"),
    }
    assert engine.asked[:2] == [
        "/containers/json?all=true",
        "/containers/aa11/stats?stream=false&one-shot=true",
    ]


def test_rates_are_of_the_time_between_two_answers(path: Path) -> None:
    clock, now = Clock(), stats()
    with Engine(path, lambda way: ok(LISTED if "json" in way else now)):
        source = containers(path, clock=clock, every=5.0)
        source.gather(tick(100))
        wait_until(lambda: not asking(), "the first answer")
        first = source.gather(tick(100))
        clock.now, now = 110.0, stats(processor=5.0, received=10_000, sent=500)
        source.gather(tick(110))
        wait_until(lambda: not asking(), "the second answer")
        second = source.gather(tick(115))
    assert first is not None
    assert first.containers["web"].cpu_percent is None
    assert second is not None
    web = second.containers["web"]
    assert (web.cpu_percent, web.bytes_recv_per_sec, web.bytes_sent_per_sec) == (50.0, 2000.0, 100.0)
    assert second.age_seconds == 5.0


def test_a_container_that_stopped_while_we_asked_is_listed_without_numbers(path: Path) -> None:
    with Engine(path, lambda way: ok(LISTED) if "json" in way else http("404 Not Found", b"{}")):
        web = gathered(containers(path)).containers["web"]
    assert (web.state, web.memory_bytes, web.cpu_percent) == ("running", None, None)


@pytest.mark.parametrize(
    "told", [{}, {"cpu_stats": {}, "memory_stats": {}, "networks": None}, {"cpu_stats": "none"}, []]
)
def test_stats_of_another_shape_are_no_numbers(path: Path, told: object) -> None:
    with Engine(path, lambda way: ok(LISTED if "json" in way else told)):
        web = gathered(containers(path)).containers["web"]
    assert (web.memory_bytes, web.cpu_percent, web.bytes_recv_per_sec) == (None, None, None)


def test_an_engine_that_takes_a_second_for_each_container_tells_them_all_in_the_end(path: Path) -> None:
    """Case B39: 40 containers of an engine that knows no one-shot."""
    clock, turn = Clock(), threading.Lock()  # a source is asked by one thread at a time
    listed = [{"Id": f"c{number}", "Names": [f"/c{number}"], "State": "running"} for number in range(40)]

    def answer(way: str) -> bytes:
        if "json" in way:
            return ok(listed)
        with turn:
            clock.now += 1.0
            assert source.gather(tick(clock.now)) is None or clock.now > 140
        return ok(stats())

    with Engine(path, answer):
        source = containers(path, clock=clock, every=5.0)
        with turn:
            source.gather(tick(clock.now))
        wait_until(lambda: not asking(), "the first answer")
        reading = source.gather(tick(clock.now))
        wait_until(lambda: not asking(), "the second answer")
    assert reading is not None
    assert (reading.running, reading.age_seconds) == (40, 40.0)
    assert {one.memory_bytes for one in reading.containers.values()} == {70 * MIB}


def test_an_engine_that_hangs_holds_no_tick(path: Path) -> None:
    clock = Clock()
    with Engine(path, lambda _way: None):
        source = containers(path, clock=clock)
        assert source.gather(tick(0)) is None
        assert source.gather(tick(1)) is None
        assert asking()  # as yet: neither tick has waited for it
        clock.now += 301
        with pytest.raises(TimeoutError, match="no answer for 300 s from the container engine"):
            source.gather(tick(2))
    wait_until(lambda: not asking(), "its thread ends")


def test_a_question_has_its_time(path: Path) -> None:
    with Engine(path, lambda _way: None), pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
        Client("docker", path, 0.1).containers()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"\0\1 this is no HTTP\r\n\r\n", "does not speak HTTP"),
        (b"", r"does not speak HTTP|engine\.sock"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n[", "no such thing.*truncated"),
        (http("403 Forbidden", b'{"message":"not for you"}'), "403.*not for you"),
        (http("200 OK", b"<html>"), "no such thing"),
        (http("200 OK", b'{"Id": "aa"}'), "no such thing"),
        (http("200 OK", b'[{"Names": []}]'), "no such thing"),
    ],
)
def test_an_engine_that_answers_nonsense_fails_the_source(path: Path, answer: bytes, sentence: str) -> None:
    with Engine(path, lambda _way: answer):
        source = containers(path)
        source.gather(tick(0))
        wait_until(lambda: not asking(), "the engine has been asked")
        with pytest.raises(FAILURES, match=sentence):
            source.gather(tick(1))
        wait_until(lambda: not asking(), "the engine has been asked")


def test_two_engines_are_asked_and_one_name_in_both_is_told_apart(path: Path) -> None:
    other = path.with_name("podman.sock")
    with Engine(path, lambda _way: ok(LISTED[1:])), Engine(other, lambda _way: ok(LISTED[1:])):
        source = Containers(lambda: [("docker", path), ("podman", other)], every=0.0)
        assert list(gathered(source).containers) == ["old job", "old job (podman)"]


def test_a_container_without_a_name_goes_by_its_id(path: Path) -> None:
    listed = [{"Id": "0123456789abcdef", "State": "created"}]
    with Engine(path, lambda _way: ok(listed)):
        assert list(gathered(containers(path)).containers) == ["0123456789ab"]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"Status": "Up 2 hours"}, None),
        ({"Status": "Up 2 hours (healthy)"}, "healthy"),
        ({"Status": "Up 2 hours (unhealthy)"}, "unhealthy"),
        ({"Status": "Up 2 seconds (health: starting)"}, "starting"),
        ({"Status": "Up 2 hours", "Health": {"Status": "unhealthy", "FailingStreak": 3}}, "unhealthy"),
        ({"Status": "Up 2 hours", "Health": {"Status": "none", "FailingStreak": 0}}, None),
        ({"State": "exited", "Status": "Exited (1) 2 hours ago", "Health": {"Status": "unhealthy"}}, None),
    ],
)
def test_health_is_what_a_containers_own_check_says(listed: dict[str, Any], said: str | None) -> None:
    assert health(msgspec.convert({"Id": "aa11", "State": "running"} | listed, Listed)) == said


def test_a_machine_without_an_engine_has_none_until_one_is_started(path: Path) -> None:
    source = containers(path)
    with pytest.raises(Absent, match="neither Docker nor Podman"):
        source.gather(tick(0))
    with Engine(path, lambda _way: ok([])):
        assert gathered(source).count == 0


def test_a_socket_that_is_not_for_us_is_said_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may use every socket
    with Engine(path, lambda _way: ok([])), pytest.raises(Absent, match=r"engine\.sock is not for this user"):
        containers(path).gather(tick(0))


def test_memory_is_without_what_the_kernel_would_give_back() -> None:
    assert used_bytes(MemoryStats(usage=100, stats={"inactive_file": 30})) == 70
    assert used_bytes(MemoryStats(usage=100, stats={"total_inactive_file": 40, "inactive_file": 1})) == 60
    assert used_bytes(MemoryStats(usage=100, stats={"inactive_file": 200})) == 100
    assert used_bytes(MemoryStats(usage=100)) == 100
    assert used_bytes(MemoryStats()) is None
