"""What the agent makes of its sources at a tick, whatever they do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import psutil
import pytest

from collector.agent import BEAT_SECONDS, Agent
from collector.sources.source import Absent, Tick
from collector.stop import Stop
from perfwatch.readings import core
from tests.collector.agents import Fails, Kept, Unavailable, Works, agent, hostinfo
from tests.collector.recording import tick
from tests.servers import wait_until


def test_all_readings_of_a_tick_carry_its_timestamp_whatever_gathering_costs() -> None:
    kept = Kept()
    moment = datetime(2026, 11, 23, 12, 0, 0, 84_000, tzinfo=UTC)
    agent(kept, Works("a"), Works("b"), Works("c")).tick(Tick(moment, 1.0))
    assert kept.readings == [(metric, "2026-11-23T12:00:00.084Z") for metric in ("a", "b", "c")]


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "x"),
        psutil.AccessDenied(),
        KeyError("x"),
        ValueError("x"),
        NotImplementedError("x"),
        RuntimeError("line btime not found"),
        TypeError("x"),
        OverflowError("x"),
        RecursionError("x"),
    ],
)
def test_a_failing_source_stops_no_other(error: Exception) -> None:
    kept = Kept()
    agent(kept, Works("a"), Fails(error), Works("c")).tick(tick(0))
    assert kept.metrics == ["a", "c"]


def test_a_fault_that_nobody_foresaw_is_logged_once_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    broken = Fails(TypeError("x"))
    watched = agent(Kept(), broken)
    for _ in range(3):
        watched.tick(tick(0))
    (record,) = caplog.records
    assert record.message == "Source broken has a fault of its own (TypeError: x): left out while it has"
    assert record.exc_info is not None
    assert record.exc_info[1] is broken.error


def test_facts_that_cannot_be_told_stop_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_sources: Mapping[str, str | None]) -> core.HostInfo:
        raise RuntimeError("no such fact")

    kept = Kept()
    watched = Agent([Works("a")], kept, fails, 1.0, Stop())
    watched.tick(tick(0))
    watched.tick(tick(60))
    assert kept.metrics == ["a", "a"]
    assert [record.getMessage() for record in caplog.records] == [
        "The facts of this host cannot be published"
    ]
    assert kept.sources == []


def test_facts_that_change_while_it_runs_are_told_again() -> None:
    kept, told = Kept(), [hostinfo({}), hostinfo({}), hostinfo({})]
    told[2].core_count = 3
    watched = Agent([Works("a")], kept, lambda _sources: told.pop(0), 1.0, Stop())
    for second in (0, BEAT_SECONDS, 2 * BEAT_SECONDS):
        watched.tick(tick(second))
    assert len(kept.sources) == 2


class Blocks:
    """Gives its answer when it is let, as a file behind a bus that somebody holds."""

    name = "sensors"

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = 0

    def gather(self, tick: Tick) -> core.Memory:
        self.asked += 1
        assert self.let.wait(60)
        return core.Memory(timestamp=tick.timestamp)


def test_a_source_that_never_answers_is_left_out_with_a_reason_and_taken_again_when_it_is_back() -> None:
    kept, blocked = Kept(), Blocks()
    watched = Agent([blocked, Works("memory")], kept, hostinfo, 1.0, Stop())
    before = set(threading.enumerate())
    for second in range(5):
        watched.tick(tick(second))
    assert kept.metrics == ["memory"] * 5
    assert (blocked.asked, len(set(threading.enumerate()) - before)) == (1, 2)
    assert "no answer within" in str(kept.sources[-1]["sensors"])
    blocked.let.set()

    def is_back() -> bool:
        watched.tick(tick(9))
        return kept.sources[-1]["sensors"] is None

    wait_until(is_back, "the source works again")
    assert "sensors" in kept.metrics


def test_a_failure_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    kept, broken = Kept(), Fails(OSError(5, "no medium"))
    watched = agent(kept, broken, Works("a"))
    for _ in range(3):
        watched.tick(tick(0))
    assert [record.message for record in caplog.records] == [
        "Source broken cannot be read (OSError: [Errno 5] no medium): left out until it can"
    ]
    caplog.clear()
    broken.error = None
    for _ in range(3):
        watched.tick(tick(0))
    assert [record.message for record in caplog.records] == ["Source broken works again"]
    assert kept.metrics.count("broken") == 3


def test_the_hosts_facts_say_why_a_source_does_not_work_and_follow_it() -> None:
    kept, broken = Kept(), Fails(OSError(5, "no medium"))
    watched = agent(kept, broken, Works("a"))
    watched.tick(tick(0))
    watched.tick(tick(1))
    assert kept.sources == [{"broken": "OSError: [Errno 5] no medium", "a": None}]
    broken.error = None
    watched.tick(tick(2))
    assert kept.sources[1:] == [{"broken": None, "a": None}]


def test_what_a_machine_does_not_have_is_said_once_and_taken_up_when_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    kept, missing = Kept(), Fails(Absent("no such card"))
    watched = agent(kept, missing, Works("a"))
    for _ in range(3):
        watched.tick(tick(0))
    assert [record.getMessage() for record in caplog.records] == [
        "Source broken is not on this machine: no such card"
    ]
    assert caplog.records[0].levelname == "INFO"
    assert kept.sources == [{"broken": "no such card", "a": None}]
    missing.error = None
    watched.tick(tick(1))
    assert kept.sources[1:] == [{"broken": None, "a": None}]
    assert kept.metrics == ["a", "a", "a", "broken", "a"]


class Waits:
    """Has no answer yet."""

    name = "slow"

    def gather(self, tick: Tick) -> None:
        return None


def test_a_source_without_an_answer_yet_is_available_and_left_out_of_that_tick() -> None:
    kept = Kept()
    Agent([Waits(), Works("a")], kept, hostinfo, 1.0, Stop()).tick(tick(0))
    assert kept.metrics == ["a"]
    assert kept.sources == [{"slow": None, "a": None}]


def test_a_reading_that_says_why_there_is_nothing_is_published_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    kept, source = Kept(), Unavailable("perf is not installed")
    watched = agent(kept, source)
    for _ in range(3):
        watched.tick(tick(0))
    assert kept.metrics == ["perf_events"] * 3
    assert kept.sources == [{"perf_events": "perf is not installed"}]
    assert [record.message for record in caplog.records] == [
        "Source perf_events is not available (perf is not installed)"
    ]
    source.reason = None
    watched.tick(tick(1))
    assert kept.sources[1:] == [{"perf_events": None}]


def test_a_source_that_is_gone_is_no_longer_told_of() -> None:
    kept, sources = Kept(), [Works("a"), Works("b")]
    watched = Agent(sources, kept, hostinfo, 1.0, Stop())
    watched.tick(tick(0))
    del sources[0]
    watched.tick(tick(1))
    assert kept.sources == [{"a": None, "b": None}, {"b": None}]
    assert kept.metrics == ["a", "b", "b"]
