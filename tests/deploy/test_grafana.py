"""Grafana's dashboard asks for what PerfWatch writes: each query finds something, in a real InfluxDB."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from perfwatch.history.flatten import Flattener
from perfwatch.history.open import open_store
from tests.deploy.documents import ROOT, read
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy

BOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboards/hosts.json").read_text())
SOURCE = read("deploy/grafana/provisioning/datasources/perfwatch.yml")["datasources"][0]
QUERIES = [
    pytest.param(target["query"], id=f"{panel['title']} {target['refId']}")
    for panel in BOARD["panels"]
    for target in panel["targets"]
]

WRITTEN: dict[str, dict[str, Any]] = {
    "cpu": {"usage_percent": 7.5, "per_core": [5.0, 10.0], "load_average": [0.1, 0.2, 0.3]},
    "memory": {"usage_percent": 40.0},
    "network": {
        "bytes_recv_per_sec": 1.0,
        "bytes_sent_per_sec": 2.0,
        "interfaces": {"eth0": {"bytes_recv_per_sec": 1.0}},
    },
    "disk": {
        "read_bytes_per_sec": 1.0,
        "write_bytes_per_sec": 2.0,
        "devices": {"sda": {"read_bytes_per_sec": 1.0, "read_latency_ms": 0.1, "write_latency_ms": 0.2}},
        "partitions": {"/": {"usage_percent": 63.0}},
    },
    "pressure": {"resources": {"cpu": {"some_avg10_percent": 3.0}}},
    "memory_bandwidth": {"pgmajfault_per_sec": 4.0},
}


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influxd")) as server, InfluxProxy(server.port) as proxy:
        store = open_store(f"influxdb://127.0.0.1:{proxy.port}/{SOURCE['jsonData']['dbName']}")
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for metric, fields in WRITTEN.items():
            payload = json.dumps({"timestamp": now, **fields}).encode()
            store.write([Flattener(f"perfwatch/nas/{metric}", "nas", metric).flatten(payload)])
        store.close()
        yield server


def asked(query: str) -> str:
    """As Grafana fills in its variables."""
    given = {"$timeFilter": "time > now() - 1h", "$__interval": "10s", "$host": "(nas)"}
    return re.sub("|".join(map(re.escape, given)), lambda found: given[found[0]], query)


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_finds_what_is_written(influxd: Influxd, query: str) -> None:
    [result] = influxd.ask(asked(query), db="perfwatch")["results"]
    assert result.get("series"), result
    assert any(value[1] is not None for series in result["series"] for value in series["values"])


def test_a_sum_over_the_host_is_not_mixed_with_its_parts(influxd: Influxd) -> None:
    panel = next(panel for panel in BOARD["panels"] if panel["title"] == "CPU")
    [result] = influxd.ask(asked(panel["targets"][0]["query"]), db="perfwatch")["results"]
    [series] = result["series"]
    assert [value[1] for value in series["values"] if value[1] is not None] == [7.5]


def test_the_choice_of_hosts_is_that_of_the_history(influxd: Influxd) -> None:
    query = BOARD["templating"]["list"][0]["query"]
    [series] = influxd.ask(query, db="perfwatch")["results"][0]["series"]
    assert series["values"] == [["host", "nas"]]


def test_all_ask_the_one_source_and_the_token_is_in_no_file_of_ours() -> None:
    assert {target["datasource"]["uid"] for panel in BOARD["panels"] for target in panel["targets"]} == {
        SOURCE["uid"]
    }
    assert SOURCE["secureJsonData"] == {"httpHeaderValue1": "Token $__file{/secrets/grafana/influx_token}"}
