"""GET /api/history/metrics, over real HTTP and each real store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from dashboard.history.metrics import auto_interval, parse
from perfwatch.history.flatten import Flattener
from perfwatch.history.open import open_store
from perfwatch.history.store import Numbers
from perfwatch.readings.base import Reading
from perfwatch.readings.codec import encode, from_ms
from perfwatch.readings.core import Connections, Cpu, Disk, Interface, Network, Partition, TcpConnections
from tests.days import NOON_MS, YESTERDAY
from tests.servers import Mosquitto
from tests.stack import Dashboard, bearer, log_in

START = NOON_MS
RANGE = {"start_time": f"{YESTERDAY}T12:00:00Z", "end_time": f"{YESTERDAY}T12:01:00Z"}


def taken(host: str, metric: str, reading: Reading) -> Numbers:
    return Flattener(f"perfwatch/{host}/{metric}", host, metric).flatten(encode(reading))


@pytest.fixture(scope="module")
def server(module_broker: Mosquitto, history: tuple[Path, str]) -> Iterator[Dashboard]:
    """A minute of readings of two hosts, each 5 s."""
    folder, url = history
    numbers: list[Numbers] = []
    for number in range(12):
        moment = from_ms(START + 5000 * number)
        interface = Interface(bytes_sent=number, bytes_recv_per_sec=1.5)
        tcp = TcpConnections(established=3)
        readings: list[tuple[str, Reading]] = [
            (
                "cpu",
                Cpu(timestamp=moment, usage_percent=number, per_core=[number, None], load_average=[1, 2, 3]),
            ),
            (
                "network",
                Network(timestamp=moment, interfaces={"eth0": interface}, connections=Connections(tcp=tcp)),
            ),
            (
                "disk",
                Disk(timestamp=moment, partitions={"/": Partition(device="/dev/sda", usage_percent=50)}),
            ),
        ]
        numbers += [taken("nas", metric, reading) for metric, reading in readings]
        numbers.append(taken("pi", "cpu", Cpu(timestamp=moment, usage_percent=100)))
    with closing(open_store(url)) as store:
        store.write(numbers)
    with Dashboard(folder, module_broker.url, history=url) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def headers(server: Dashboard) -> dict[str, str]:
    return bearer(log_in(server.url))


def ask(server: Dashboard, headers: dict[str, str], **asked: str) -> httpx.Response:
    params = {"metric_type": "cpu", **RANGE, **asked}
    return httpx.get(f"{server.url}/api/history/metrics", params=params, headers=headers)


def found(server: Dashboard, headers: dict[str, str], **asked: str) -> dict[str, Any]:
    answer = ask(server, headers, **asked)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    assert content["count"] == len(content["data_points"])
    return content


def test_readings_come_back_in_their_own_shape(server: Dashboard, headers: dict[str, str]) -> None:
    content = found(server, headers, interval="5s", host="nas")
    assert content["metric_type"] == "cpu"
    assert (content["start_time"], content["end_time"]) == (
        f"{YESTERDAY}T12:00:00.000Z",
        f"{YESTERDAY}T12:01:00.000Z",
    )
    assert (content["interval"], content["count"]) == ("5s", 12)
    assert content["data_points"][3] == {
        "timestamp": f"{YESTERDAY}T12:00:15.000Z",
        "host": "nas",
        "data": {"usage_percent": 3.0, "per_core": [3.0], "load_average": [1.0, 2.0, 3.0]},
    }


def test_parts_come_back_under_their_names(server: Dashboard, headers: dict[str, str]) -> None:
    network = found(server, headers, metric_type="network", interval="5s")["data_points"][2]["data"]
    assert network["interfaces"] == {"eth0": {"bytes_sent": 2.0, "bytes_recv_per_sec": 1.5}}
    assert network["connections"] == {"tcp": {"established": 3.0}}
    disk = found(server, headers, metric_type="disk", interval="5s")["data_points"][0]["data"]
    assert disk["partitions"] == {"/": {"usage_percent": 50.0}}


def test_longer_intervals_are_means(server: Dashboard, headers: dict[str, str]) -> None:
    content = found(server, headers, interval="30s", host="nas")
    assert [point["data"]["usage_percent"] for point in content["data_points"]] == [2.5, 8.5]


def test_without_a_host_all_are_there(server: Dashboard, headers: dict[str, str]) -> None:
    content = found(server, headers, interval="1m")
    assert [(point["host"], point["data"]["usage_percent"]) for point in content["data_points"]] == [
        ("nas", 5.5),
        ("pi", 100.0),
    ]


def test_auto_gives_no_more_points_than_the_limit(server: Dashboard, headers: dict[str, str]) -> None:
    assert found(server, headers, host="nas")["count"] == 12
    content = found(server, headers, host="nas", limit="4")
    assert (content["interval"], content["count"]) == ("30s", 2)


def test_a_range_without_readings_is_empty(server: Dashboard, headers: dict[str, str]) -> None:
    past = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2020-01-02T00:00:00Z"}
    assert found(server, headers, **past)["data_points"] == []
    assert found(server, headers, metric_type="memory")["data_points"] == []


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"metric_type": ""}, "metric_type is missing"),
        ({"metric_type": "weather"}, "metric_type is 'weather': expected one of containers, cpu"),
        ({"host": "nobody"}, "host is 'nobody': expected one of nas, pi"),
        ({"start_time": ""}, "start_time is missing"),
        ({"start_time": "yesterday"}, "start_time is 'yesterday': expected a time like"),
        ({"end_time": f"{YESTERDAY}T11:00:00Z"}, "T11:00:00Z': expected a time after"),
        ({"interval": "soon"}, "interval is 'soon': expected auto, or a duration like 5s"),
        ({"interval": "0s"}, "interval is '0s'"),
        ({"interval": "1e400"}, "interval is '1e400'"),
        ({"limit": "0"}, "limit is '0': expected a whole number from 1 to 10000"),
        ({"limit": "many"}, "limit is 'many'"),
        ({"limit": "99999999999999999999"}, "limit is"),
        ({"limit": "00000000100000"}, "limit is '00000000100000'"),
        ({"limit": "000000001" + "0" * 5000}, "limit is"),
        ({"interval": "9" * 400 + "h"}, "interval is"),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    server: Dashboard, headers: dict[str, str], asked: dict[str, str], named: str
) -> None:
    answer = ask(server, headers, **asked)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23T12:00:00.250Z", NOON + 250),
        ("2026-11-23T13:00:00+01:00", NOON),
        ("2026-11-23T13:00:00 01:00", NOON),  # a plus sign that was not quoted
        ("2026-11-23T12:00:00", NOON),
        ("2026-11-23 12:00:00", NOON),
    ],
)
def test_times_are_read_as_people_write_them(text: str, milliseconds: int) -> None:
    query = parse(QueryParams({"metric_type": "cpu", "start_time": text, "end_time": "2030-01-01T00:00:00Z"}))
    assert query.start == milliseconds


@given(st.integers(1, 10**12), st.integers(2, 10_000))
def test_the_automatic_interval_always_fits(length: int, limit: int) -> None:
    interval = auto_interval(length, limit)
    # A range may touch one bucket more than it is long.
    assert -(-length // interval) + 1 <= limit


def test_only_the_fields_asked_for_are_answered(server: Dashboard, headers: dict[str, str]) -> None:
    asked = RANGE | {"metric_type": "cpu", "interval": "5s", "host": "nas", "field": ["core.usage_percent"]}
    found = httpx.get(f"{server.url}/api/history/metrics", params=asked, headers=headers).json()
    assert found["data_points"][3]["data"] == {"per_core": [3]}
    both = asked | {"field": ["usage_percent", "load_average_5"]}
    found = httpx.get(f"{server.url}/api/history/metrics", params=both, headers=headers).json()
    assert found["data_points"][3]["data"] == {"usage_percent": 3, "load_average": [None, 2]}
