"""What `GET /api/history/host` answers: one host, one range, all lines at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.datastructures import QueryParams

from dashboard.history.host import HostApi, fitting_interval, parse
from dashboard.history.known import KnownSeries
from dashboard.history.queries import Queries
from dashboard.history.size import MOST_NUMBERS, TooLarge
from dashboard.web.responses import BadRequest
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z
HOUR = "start_time=2026-11-23T12:00:00Z&end_time=2026-11-23T13:00:00Z"
DAY_BEFORE = "start_time=2026-11-22T12:00:00Z&end_time=2026-11-22T13:00:00Z"
MINUTE, DAY = 60_000, 86_400_000


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostApi]:
    """Ten minutes of two hosts, each 10 s; `new` has published, but has no history yet."""
    with SqliteStore(Path(tmp_path_factory.mktemp("host")) / "history.db") as store:
        for number in range(60):
            time = NOON + 10_000 * number
            store.write(
                [
                    Point("cpu", "nas", "", "", time, {"usage_percent": number, "user": 1.5}),
                    Point("cpu", "nas", "core", "0", time, {"usage_percent": 7}),
                    Point("memory", "nas", "", "", time, {"usage_percent": 40}),
                    Point("cpu", "pi", "", "", time, {"usage_percent": 50}),
                ]
            )
        yield HostApi(store, KnownSeries(store, "SQLite here"), Queries("SQLite here"), {"new"}.__contains__)


def answer(api: HostApi, query: str) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(api.answer(parse(QueryParams(query))))
    return content


def names(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((line["metric"], line["part"], line["field"]) for line in content["series"])


def test_all_lines_of_a_host_come_at_once(api: HostApi) -> None:
    content = answer(api, f"host=nas&{HOUR}")
    assert names(content) == [
        ("cpu", "", "usage_percent"),
        ("cpu", "", "user"),
        ("cpu", "0", "usage_percent"),
        ("memory", "", "usage_percent"),
    ]
    assert (content["interval"], content["interval_ms"]) == ("15s", 15_000)


def test_a_field_is_of_the_host_or_of_its_parts(api: HostApi) -> None:
    content = answer(api, f"host=nas&{HOUR}&field=cpu.core.usage_percent&field=memory.usage_percent")
    assert names(content) == [("cpu", "0", "usage_percent"), ("memory", "", "usage_percent")]


def test_a_line_has_mean_minimum_and_maximum_at_the_times_of_all(api: HostApi) -> None:
    content = answer(api, f"host=nas&{HOUR}&field=cpu.usage_percent")
    [line] = content["series"]
    assert content["times"][:2] == [NOON, NOON + 15_000]
    assert (line["mean"][:2], line["min"][:2], line["max"][:2]) == ([0.5, 2], [0, 2], [1, 2])


def test_where_nothing_was_read_the_newest_time_is_told(api: HostApi) -> None:
    content = answer(api, f"host=nas&{DAY_BEFORE}")
    assert (content["times"], content["series"]) == ([], [])
    assert content["newest_time"] == "2026-11-23T12:09:50.000Z"


def test_a_host_that_has_only_published_yet_has_nothing(api: HostApi) -> None:
    assert answer(api, f"host=new&{HOUR}")["newest_time"] is None


def test_a_host_that_nobody_knows_is_an_error(api: HostApi) -> None:
    with pytest.raises(BadRequest, match=r"host.*expected one of nas, pi"):
        answer(api, f"host=nsa&{HOUR}")


@pytest.mark.parametrize("query", [HOUR, f"host=nas&{HOUR}&end_time=2026-11-23T11:00:00Z", "host=nas"])
def test_a_range_that_cannot_be_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        parse(QueryParams(query))


def test_many_lines_have_fewer_points() -> None:
    assert fitting_interval(30 * DAY, 40) == 3 * 60 * MINUTE
    few = -(-30 * DAY // fitting_interval(30 * DAY, 2000)) + 1
    assert 3 * 2000 * few <= MOST_NUMBERS
    with pytest.raises(TooLarge):
        fitting_interval(30 * DAY, 10_000)
