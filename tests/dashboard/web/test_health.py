"""`/health` while the broker comes and goes."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard


def test_a_broker_that_goes_away_is_named_and_waited_for(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 200, "the dashboard is healthy")
        broker.kill()
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 503, "the loss is noticed")
        answer = httpx.get(f"{server.url}/health").json()
        assert f"mqtt://127.0.0.1:{broker.port}" in answer["broker"]
        assert answer["store"] == "ok"
        broker.start()
        wait_until(
            lambda: httpx.get(f"{server.url}/health").status_code == 200, "the broker is followed again"
        )
        said = server.output()
        assert said.count("is away") == 1
        assert said.count("Following") == 2


def test_a_dashboard_starts_before_its_broker(broker: Mosquitto, tmp_path: Path) -> None:
    broker.stop()
    with Dashboard(tmp_path, broker.url) as server:
        assert httpx.get(f"{server.url}/health").status_code == 503
        broker.start()
        wait_until(lambda: httpx.get(f"{server.url}/health").status_code == 200, "the broker is followed")
