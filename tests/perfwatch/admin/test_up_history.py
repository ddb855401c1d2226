"""`perfwatch up` beside a history on a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.influx_proxy import InfluxProxy
from tests.influxdb_2_7_12 import InfluxDB2712
from tests.servers import free_port, wait_until
from tests.stack import PASSWORD, Stack


def test_a_history_that_is_away_is_said_and_does_not_hold_up_the_start(tmp_path: Path) -> None:
    port = free_port()
    url = f"influxdb://token@127.0.0.1:{port}/x?org=home"
    with Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD, history=url) as stack:
        assert f"store: InfluxDB at http://127.0.0.1:{port} cannot be reached" in stack.output()
        spool = tmp_path / "data" / "spool"
        wait_until(lambda: any(path.stat().st_size for path in spool.rglob("*.journal")), "readings are kept")


def test_a_token_of_another_organisation_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with InfluxProxy(0) as proxy:
        proxy.fault = InfluxDB2712(own="work")
        url = f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home"
        stack = Stack(tmp_path, admin_password=PASSWORD, history=url)
        with pytest.raises(
            AssertionError, match="of the organisation 'work', but PERFWATCH_INFLUX_ORG names"
        ):
            stack.start()
        assert stack.end() == 1
