from __future__ import annotations

import pytest

from alerts import app, watch
from tests.alerts.instance import Instance
from tests.servers import Mosquitto


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that is only waited through is shortened."""
    monkeypatch.setattr(app, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr("perfwatch.mqtt.lease.SETTLE_SECONDS", 0.05)
    monkeypatch.setattr(app, "FILES_SECONDS", 0.05)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.05)


@pytest.fixture
def instance(quick: None, broker: Mosquitto) -> Instance:
    return Instance(broker)
