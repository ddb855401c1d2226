"""How often a rule would have fired, from a history with readings that a test made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.alerts.replay import Firing, Replay, lines_of
from perfwatch.alerting.rules import Rule, parse
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point

MINUTE = 60_000
START = 1_790_000_000_000 - 1_790_000_000_000 % (24 * 60 * MINUTE)
HOURS = 6
STOP = START + HOURS * 60 * MINUTE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "history.db")
    yield store
    store.close()


def write(
    store: SqliteStore, value: Callable[[int], float | None], metric: str = "cpu", field: str = "user",
    tag: str = "", part: str = "", host: str = "nas",
) -> None:  # fmt: skip
    """A reading each 30 s; `value` of the minute, or of none where it is None."""
    times = range(START, STOP, MINUTE // 2)
    found = [(at, value((at - START) // MINUTE)) for at in times]
    store.write([Point(metric, host, tag, part, at, {field: one}) for at, one in found if one is not None])


def rule(**said: Any) -> Rule:
    given = {"kind": "threshold", "title": "X", "metric": "cpu", "field": "user"} | said
    return parse("x", {name: value for name, value in given.items() if value is not None})


def untagged(host: str) -> dict[str, str]:
    return {}


def replay(store: SqliteStore, rule: Rule) -> list[Firing]:
    lines, why = lines_of(rule, store.series(), untagged)
    assert why is None
    made = Replay(store, rule, lines, START, STOP)
    while made.left:
        made.step()
    return made.fired


def busy(*spans: tuple[int, int]) -> Callable[[int], float]:
    """99 in these minutes, 10 in the others."""
    return lambda minute: 99.0 if any(start <= minute < stop for start, stop in spans) else 10.0


def test_each_time_it_would_have_fired(store: SqliteStore) -> None:
    write(store, busy((10, 20), (100, 103), (350, 360)))
    found = replay(store, rule(at_least=90))
    assert [round((one.since - START / 1000) / 60) for one in found] == [10, 100, 350]
    assert [one.until is None for one in found] == [False, False, True]


def test_it_must_last(store: SqliteStore) -> None:
    write(store, busy((10, 20), (100, 103)))
    assert len(replay(store, rule(at_least=90, **{"for": "5m"}))) == 1


def test_a_mean_over_a_window(store: SqliteStore) -> None:
    write(store, busy((10, 40), (100, 103)))
    assert len(replay(store, rule(at_least=90, statistic="mean", window="15m"))) == 1


def test_each_part_by_its_own_limit(store: SqliteStore) -> None:
    for part, limit in (("a", 50.0), ("b", 200.0)):
        given = {"metric": "sensors", "tag": "sensor", "part": part}
        write(store, busy((10, 20)), field="celsius", **given)
        write(store, lambda _, limit=limit: limit, field="critical_celsius", **given)  # type: ignore[misc]
    found = replay(store, rule(metric="sensors", field="temperatures.*.celsius", at_least="critical_celsius"))
    assert [one.part for one in found] == ["a"]


def test_a_forecast(store: SqliteStore) -> None:
    write(store, lambda minute: 50 + minute / 20, "disk", "usage_percent", "mountpoint", "/")
    said = {"kind": "forecast", "metric": "disk", "field": "partitions.*.usage_percent"}
    assert len(replay(store, rule(**said, reaches=100, within="24h", window="1h"))) == 1
    assert not replay(store, rule(**said, reaches=100, within="1h", window="1h"))


@pytest.mark.parametrize("kind", ["silent", "offline"])
def test_a_host_that_gave_nothing(store: SqliteStore, kind: str) -> None:
    write(store, lambda minute: None if 60 <= minute < 90 else 1.0)
    said: dict[str, Any] = {"kind": kind, "field": None, "metric": "cpu" if kind == "silent" else None}
    (found,) = replay(store, rule(**said, **{"for": "10m"}))
    assert (found.since - START / 1000) / 60 == pytest.approx(70, abs=1)
    assert not replay(store, rule(**said, **{"for": "40m"}))


def test_hosts_that_it_does_not_concern_are_left_out(store: SqliteStore) -> None:
    for host in ("nas", "pi-1", "pi-2"):
        write(store, busy((10, 20)), host=host)
    found = replay(store, rule(at_least=90, hosts=["pi-*"], enabled=False, **{"except": ["pi-2"]}))
    assert [one.host for one in found] == ["pi-1"]


def test_what_cannot_be_told_is_said(store: SqliteStore) -> None:
    write(store, busy())
    word = rule(kind="state", metric="systemd", field="units.*.state", bad=["failed"])
    assert "a word" in str(lines_of(word, store.series(), untagged)[1])
    assert "no cpu.steal" in str(lines_of(rule(field="steal", at_least=3), store.series(), untagged)[1])


def test_many_lines_are_read_in_longer_steps(store: SqliteStore) -> None:
    write(store, busy())
    series = [one._replace(host=f"h{number}") for number in range(50) for one in store.series()]
    lines, _ = lines_of(rule(at_least=90), series, untagged)
    assert Replay(store, rule(at_least=90), lines, START, STOP).interval == 5 * MINUTE
