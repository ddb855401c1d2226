"""GET /api/history/compare and …/metrics/types, over real HTTP and each real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import QueryParams

from dashboard.history.compare import parse, summary
from dashboard.web.responses import BadRequest
from perfwatch.history.open import open_store
from perfwatch.history.policy import DAY_MS
from perfwatch.history.store import Point
from perfwatch.readings.codec import to_ms
from perfwatch.readings.core import READINGS
from tests.days import NOON_MS, YESTERDAY
from tests.servers import Mosquitto
from tests.stack import Dashboard, bearer, log_in

MINUTE, HOUR = 60_000, 3_600_000
BEFORE = NOON_MS - 6 * HOUR
CUSTOM = {
    "start_time": f"{YESTERDAY}T12:00:00Z",
    "end_time": f"{YESTERDAY}T12:30:00Z",
    "compare_start_time": f"{YESTERDAY}T06:00:00Z",
    "compare_end_time": f"{YESTERDAY}T06:30:00Z",
}


def cpu(time: int, value: float, host: str = "nas") -> Point:
    return Point("cpu", host, "", "", time, {"usage_percent": value, "user": value / 2})


@pytest.fixture(scope="module")
def client(module_broker: Mosquitto, history: tuple[Path, str]) -> Iterator[httpx.Client]:
    """Half an hour of one host, twice, and readings of the last hour and of a day before."""
    folder, url = history
    store = open_store(url)
    now = time.time_ns() // 1_000_000
    for minute in range(30):
        at = BEFORE + minute * MINUTE
        store.write([cpu(at, 20.0), Point("cpu", "nas", "core", "0", at, {"usage_percent": 5.0})])
        if minute >= 10:
            store.write([cpu(at + 6 * HOUR, 30.0), cpu(at + 6 * HOUR, 50.0, "pi")])
    store.write([cpu(now - 10 * MINUTE, 60.0, "now"), cpu(now - 10 * MINUTE - DAY_MS, 40.0, "now")])
    store.write([cpu(now - 10 * MINUTE - 7 * DAY_MS, 80.0, "now")])
    store.close()
    with Dashboard(folder, module_broker.url, history=url) as server:
        headers = bearer(log_in(server.url))
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as opened:
            yield opened


def found(client: httpx.Client, **asked: str) -> dict[str, Any]:
    answer = client.get("/api/history/compare", params={"metric_type": "cpu", **asked})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_two_ranges_are_compared(client: httpx.Client) -> None:
    content = found(client, host="nas", **CUSTOM)
    assert content["summary"] == {"current_avg": 30.0, "comparison_avg": 20.0, "change_percent": 50.0}
    assert (content["metric_type"], content["field"], content["host"]) == ("cpu", "usage_percent", "nas")
    assert content["current"] == {
        "start_time": f"{YESTERDAY}T12:00:00.000Z",
        "end_time": f"{YESTERDAY}T12:30:00.000Z",
    }
    assert content["comparison"]["start_time"] == f"{YESTERDAY}T06:00:00.000Z"


def test_points_are_aligned_and_gaps_stay_gaps(client: httpx.Client) -> None:
    points = found(client, host="nas", **CUSTOM)["data_points"]
    assert len(points) == 30
    assert points[9] == {
        "timestamp": f"{YESTERDAY}T12:09:00.000Z",
        "comparison_timestamp": f"{YESTERDAY}T06:09:00.000Z",
        "current": None,
        "comparison": 20.0,
    }
    assert (points[10]["current"], points[10]["comparison"]) == (30.0, 20.0)


def test_without_a_host_it_is_the_mean_of_all(client: httpx.Client) -> None:
    assert found(client, **CUSTOM)["summary"]["current_avg"] == 40.0


def test_a_part_and_another_field_can_be_compared(client: httpx.Client) -> None:
    assert found(client, host="nas", field="user", **CUSTOM)["summary"]["change_percent"] == 50.0
    core = found(client, tag="core", part="0", **CUSTOM)
    assert core["summary"] == {"current_avg": None, "comparison_avg": 5.0, "change_percent": None}


@pytest.mark.parametrize(
    ("period", "compare_to", "then"),
    [
        ("hour", "yesterday", 40.0),
        ("day", "yesterday", 40.0),
        ("hour", "last_week", 80.0),
        ("week", "last_week", 80.0),
    ],
)
def test_now_is_compared_with_then(client: httpx.Client, period: str, compare_to: str, then: float) -> None:
    content = found(client, host="now", period=period, compare_to=compare_to)
    # A week of now reaches back to yesterday too.
    now = 50.0 if period == "week" else 60.0
    assert content["summary"]["current_avg"] == now
    assert content["summary"]["comparison_avg"] == then
    assert content["summary"]["change_percent"] == pytest.approx((now - then) / then * 100)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"metric_type": ""}, "metric_type is missing: expected one of cpu, memory, network, disk"),
        (
            {"metric_type": "weather", "field": "rain"},
            "metric_type is 'weather': expected one of containers, cpu",
        ),
        ({"metric_type": "weather"}, "field is missing"),
        ({"period": "year"}, "period is 'year': expected one of hour, day, week"),
        ({"compare_to": "tomorrow"}, "compare_to is 'tomorrow': expected one of yesterday, last_week"),
        ({"host": "nobody"}, "host is 'nobody': expected one of nas, now, pi"),
        ({"field": "speed"}, "field is 'speed': expected one of usage_percent, user"),
        ({"tag": "core"}, "part is missing: expected tag and part together"),
        ({"tag": "wheel", "part": "1"}, "tag is 'wheel': expected one of core"),
        ({"start_time": f"{YESTERDAY}T12:00:00Z"}, "end_time is missing: expected a time like"),
        ({**CUSTOM, "period": "day"}, "period is 'day': expected either it or start_time"),
        ({**CUSTOM, "end_time": f"{YESTERDAY}T11:00:00Z"}, "T11:00:00Z': expected"),
        (
            {**CUSTOM, "compare_end_time": f"{YESTERDAY}T07:00:00Z"},
            "a range as long as the first, 30m",
        ),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    client: httpx.Client, asked: dict[str, str], named: str
) -> None:
    answer = client.get("/api/history/compare", params={"metric_type": "cpu", **asked})
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_a_day_of_23_hours_is_not_compared_with_one_of_24() -> None:
    """Local midnights around a change to daylight saving: 23 hours are between them."""
    given = {
        "metric_type": "cpu",
        "start_time": "2026-03-29T00:00:00+01:00",
        "end_time": "2026-03-30T00:00:00+02:00",
        "compare_start_time": "2026-03-28T00:00:00+01:00",
        "compare_end_time": "2026-03-29T00:00:00+01:00",
    }
    with pytest.raises(BadRequest, match="as long as the first, 23h"):
        parse(QueryParams(given), 0)
    asked = parse(QueryParams(given | {"compare_end_time": "2026-03-28T23:00:00+01:00"}), 0)
    assert asked.length == 23 * HOUR


def test_the_day_after_a_leap_day_is_compared_with_the_leap_day() -> None:
    now = to_ms(datetime(2028, 3, 1, 12, tzinfo=UTC))
    asked = parse(QueryParams({"metric_type": "cpu", "period": "hour"}), now)
    assert asked.compared == to_ms(datetime(2028, 2, 29, 11, tzinfo=UTC))


def test_no_change_is_told_from_nothing() -> None:
    assert summary({0: 1.0}, {0: 0.0})["change_percent"] is None
    assert summary({0: -2.0}, {0: -4.0})["change_percent"] == 50.0
    assert summary({}, {}) == {"current_avg": None, "comparison_avg": None, "change_percent": None}


def test_types_tell_what_can_be_asked(client: httpx.Client) -> None:
    content = client.get("/api/history/metrics/types").json()["metric_types"]
    assert [one["metric_type"] for one in content] == list(READINGS)
    assert content[0] == {
        "metric_type": "cpu",
        "hosts": ["nas", "now", "pi"],
        "fields": ["usage_percent", "user"],
        "parts": {"core": {"names": ["0"], "fields": ["usage_percent"]}},
    }
    assert content[1] == {"metric_type": "memory", "hosts": [], "fields": [], "parts": {}}


def test_types_come_in_pages(client: httpx.Client) -> None:
    whole = client.get("/api/history/metrics/types").json()
    assert (whole["next_offset"], whole["series_count"]) == (None, whole["series_count"])
    offset, fields = 0, set[tuple[str, str]]()
    while offset is not None:
        page = client.get(f"/api/history/metrics/types?limit=1&offset={offset}").json()
        fields |= {(one["metric_type"], name) for one in page["metric_types"] for name in one["fields"]}
        offset = page["next_offset"]
    assert fields == {(one["metric_type"], name) for one in whole["metric_types"] for name in one["fields"]}
    for wrong in ("limit=0", "limit=x", "offset=-1", "offset=1e3"):
        assert client.get(f"/api/history/metrics/types?{wrong}").status_code == 422
