"""VictoriaMetrics takes what is written, and is asked nothing."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest

from perfwatch.errors import Unsupported
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import parse
from perfwatch.history.store import Point
from tests.influx import Victoria
from tests.servers import wait_until

NOON = 1_795_435_200_000


def test_victoria_metrics_takes_what_is_written(tmp_path: Path) -> None:
    with Victoria(tmp_path) as server:
        with InfluxStore(parse(f"influxdb://127.0.0.1:{server.port}", "X")) as store:
            usage = Point("cpu", "nas", "", "", NOON, {"user": 2.5})
            named = Point("network", "größe, a=b", "interface", "eth 0", NOON, {"bytes": 7.0})
            assert store.write([usage, usage, named]) == 3
            found = exported(server)
            for ask in (store.series, store.span, store.policy, lambda: list(store.roll_up(NOON))):
                with pytest.raises(Unsupported, match="does not answer InfluxQL"):
                    ask()
        assert found["cpu_user", "nas", None] == ([NOON], [2.5])
        assert found["network_bytes", "größe, a=b", "eth 0"] == ([NOON], [7.0])
        assert len(found) == 2  # and no notes for rollups that nobody could make


def exported(server: Victoria) -> dict[tuple[str, str, str | None], tuple[list[int], list[float]]]:
    """What VictoriaMetrics has, by name, host and interface."""
    url = f"http://127.0.0.1:{server.port}"
    found: dict[tuple[str, str, str | None], tuple[list[int], list[float]]] = {}

    def ask() -> bool:
        httpx.get(f"{url}/internal/force_flush").raise_for_status()
        answer = httpx.get(f"{url}/api/v1/export", params={"match[]": '{__name__!=""}', "start": "1"})
        for line in answer.text.splitlines():
            one = msgspec.json.decode(line)
            labels = one["metric"]
            key = labels["__name__"], labels.get("host", ""), labels.get("interface")
            found[key] = one["timestamps"], one["values"]
        return len(found) >= 2

    wait_until(ask, "VictoriaMetrics shows what was written")
    return found
