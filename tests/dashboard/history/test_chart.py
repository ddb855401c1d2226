"""GET /api/history/series and /query, over real HTTP and each real store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.history.chart import MOST_SERIES
from perfwatch.history.open import open_store
from perfwatch.history.store import Point
from perfwatch.readings.codec import from_ms
from tests.days import NOON_MS, YESTERDAY
from tests.servers import Mosquitto
from tests.stack import Dashboard, bearer, log_in

CORES = MOST_SERIES + 8
START = NOON_MS
RANGE = {"start_time": f"{YESTERDAY}T12:00:00Z", "end_time": f"{YESTERDAY}T13:00:00Z"}
MINUTE = 60_000


@pytest.fixture(scope="module")
def server(module_broker: Mosquitto, history: tuple[Path, str]) -> Iterator[Dashboard]:
    """An hour of two hosts, each 10 s; nas has 40 cores, pi one, and pi is silent in the second half."""
    folder, url = history
    points: list[Point] = []
    for number in range(360):
        time = START + 10_000 * number
        points.append(Point("cpu", "nas", "", "", time, {"usage_percent": number / 10, "user": 1.5}))
        points += [Point("cpu", "nas", "core", str(c), time, {"usage_percent": c}) for c in range(CORES)]
        if number < 180:
            points.append(Point("cpu", "pi", "", "", time, {"usage_percent": 50}))
            points.append(Point("cpu", "pi", "core", "0", time, {"usage_percent": 50}))
    with closing(open_store(url)) as store:
        store.write(points)
    with Dashboard(folder, module_broker.url, history=url) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def client(server: Dashboard) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=bearer(log_in(server.url))) as client:
        yield client


Asked = str | list[str]


def query(client: httpx.Client, **asked: Asked) -> httpx.Response:
    return client.get("/api/history/query", params={"metric_type": "cpu", **RANGE, **asked})


def found(client: httpx.Client, **asked: Asked) -> dict[str, Any]:
    answer = query(client, **asked)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    for line in content["series"]:
        assert {len(line[name]) for name in ("mean", "min", "max")} == {len(content["times"])}
    return content


def test_what_there_is_comes_with_its_labels(client: httpx.Client) -> None:
    [cpu] = client.get("/api/history/series").json()["metrics"]
    assert (cpu["label"], cpu["hosts"]) == ("CPU", ["nas", "pi"])
    assert [(of["label"], len(of["parts"])) for of in cpu["of"]] == [("Whole host", 0), ("Core", CORES)]


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/api/history/series")
    again = client.get("/api/history/series", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_both_ask_for_a_session(server: Dashboard) -> None:
    for path in ("/api/history/series", "/api/history/query"):
        assert httpx.get(server.url + path).status_code == 401


def test_a_line_has_mean_minimum_maximum_and_its_newest_reading(client: httpx.Client) -> None:
    content = found(client, host="nas", field="usage_percent", interval="10m")
    assert (content["interval"], content["interval_ms"], content["count"]) == ("10m", 10 * MINUTE, 1)
    assert content["times"] == [START + 10 * MINUTE * number for number in range(6)]
    [line] = content["series"]
    assert (line["host"], line["part"], line["field"]) == ("nas", "", "usage_percent")
    assert (line["mean"][:2], line["min"][:2], line["max"][:2]) == ([2.95, 8.95], [0, 6], [5.9, 11.9])
    assert line["newest"] == {"time": START + 3_590_000, "value": 35.9}
    assert content["newest_time"] is None


def test_lines_share_their_times_and_a_silent_host_has_nulls(client: httpx.Client) -> None:
    nas, pi = found(client, field="usage_percent", interval="10m")["series"]
    assert (nas["host"], pi["host"]) == ("nas", "pi")
    assert pi["mean"] == [50, 50, 50, None, None, None]
    assert pi["newest"] == {"time": START + 1_790_000, "value": 50}


def test_lines_come_in_the_order_asked_for(client: httpx.Client) -> None:
    content = found(client, host=["pi", "nas"], field=["user", "usage_percent"])
    assert [(line["host"], line["field"]) for line in content["series"]] == [
        ("pi", "usage_percent"),
        ("nas", "user"),
        ("nas", "usage_percent"),
    ]


def test_more_lines_than_a_chart_has_are_counted(client: httpx.Client) -> None:
    content = found(client, tag="core", host="nas")
    assert content["count"] == CORES
    assert [line["part"] for line in content["series"]] == [str(core) for core in range(MOST_SERIES)]


def test_a_line_has_no_more_points_than_asked_for(client: httpx.Client) -> None:
    assert len(found(client, host="nas", field="user")["times"]) <= 300
    content = found(client, host="nas", field="user", limit="1000", interval="10s")
    assert len(content["times"]) == 360


def test_a_range_without_readings_says_when_the_newest_was(client: httpx.Client) -> None:
    later = {"start_time": f"{YESTERDAY}T20:00:00Z", "end_time": f"{YESTERDAY}T21:00:00Z"}
    content = found(client, host="pi", field="usage_percent", **later)
    assert (content["times"], content["series"][0]["newest"]) == ([], None)
    assert content["newest_time"] == f"{YESTERDAY}T12:29:50.000Z"


def test_what_only_another_host_has_is_no_mistake(client: httpx.Client) -> None:
    content = found(client, host="pi", field="user")
    assert (content["count"], content["series"], content["newest_time"]) == (0, [], None)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"metric_type": ""}, "metric_type is missing"),
        ({"metric_type": "weather"}, "metric_type is 'weather': expected one of cpu"),
        ({"host": ["nas", "gone"]}, "host is 'gone': expected one of nas, pi"),
        ({"tag": "gpu"}, "tag is 'gpu': expected one of core"),
        ({"tag": "core", "part": "40"}, "part is '40': expected one of 0, 1, 2"),
        ({"host": "pi", "field": "uses"}, "field is 'uses': expected one of usage_percent, user"),
        ({"end_time": f"{YESTERDAY}T11:00:00Z"}, "T11:00:00Z': expected"),
        ({"interval": "soon"}, "interval is 'soon'"),
    ],
)
def test_a_name_that_is_not_there_is_said_with_those_that_are(
    client: httpx.Client, asked: dict[str, Asked], named: str
) -> None:
    answer = query(client, **asked)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_parts_are_chosen_by_name_and_a_gap_is_null_in_each(client: httpx.Client) -> None:
    content = found(client, tag="core", part=["15", "0"], interval="10m")
    assert [(line["host"], line["part"]) for line in content["series"]] == [
        ("nas", "15"),
        ("nas", "0"),
        ("pi", "0"),
    ]
    assert [line["mean"][-1] for line in content["series"]] == [15, 0, None]


def test_what_is_rolled_up_and_thinned_draws_the_same(
    server: Dashboard, client: httpx.Client, history: tuple[Path, str]
) -> None:
    """A policy of one day leaves the minutes of what is older."""
    first = START - 48 * 60 * MINUTE
    with closing(open_store(history[1])) as store:
        store.write(
            [Point("cpu", "nas", "", "", first + 10_000 * n, {"usage_percent": n / 10}) for n in range(360)]
        )
    times = {"start_time": str(from_ms(first)), "end_time": str(from_ms(first + 60 * MINUTE))}
    asked = {"host": "nas", "field": "usage_percent", "interval": "10m", **times}
    before = found(client, **asked)
    policy = {"retention_days": 3650, "downsample_after_days": 1, "enabled": False}
    assert client.put("/api/retention", json=policy).status_code == 200
    cleaned = client.post("/api/retention/cleanup", timeout=60)
    if cleaned.status_code == 501:
        pytest.skip(cleaned.json()["detail"])
    assert cleaned.json()["removed"]["raw"] >= 360
    after = found(client, **asked)
    assert len(after["series"]) == 1
    for line, was in zip(after["series"], before["series"], strict=True):
        assert line["newest"].pop("time") // MINUTE == was["newest"].pop("time") // MINUTE
        assert [line[name] for name in ("mean", "min", "max")] == [
            was[name] for name in ("mean", "min", "max")
        ]


def test_a_history_that_cannot_be_read_is_said(module_broker: Mosquitto, tmp_path: Path) -> None:
    """A server that nobody answers at: the store is away."""
    history = "influxdb://127.0.0.1:9/perfwatch"
    with Dashboard(tmp_path, module_broker.url, history=history) as server:
        headers = bearer(log_in(server.url))
        answer = httpx.get(f"{server.url}/api/history/series", headers=headers, timeout=60)
    assert answer.status_code == 503
    assert "127.0.0.1:9" in answer.json()["detail"]
