"""The broker cannot be reached: packets vanish, and nobody is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.field import BROKER, field
from tests.faults.network import routed
from tests.faults.proxy import Proxy
from tests.faults.real import RealCollector
from tests.servers import wait_until


def test_the_broker_cannot_be_reached(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one, Proxy(one.broker.port) as proxy:
        one.address = f"127.0.0.1:{proxy.port}"
        one.bridge.environ["PERFWATCH_BROKER"] = f"mqtt://127.0.0.1:{proxy.port}"
        one.start()
        one.flow()
        proxy.cut()
        with pytest.raises(AssertionError, match="not within"):
            wait_until(lambda: False, "nothing goes through", 3)
        before = len(one.taken())
        proxy.mend()
        one.flow()
        assert len(one.taken()) > before
        report("network swallows every packet for 3 s", one.settle())


def test_a_router_drops_every_packet(tmp_path: Path, report: Report) -> None:
    """Connections are half-open then: only the keep-alive finds out, 10 s here by the broker's word."""
    with (
        routed(tmp_path, BROKER.format(folder=tmp_path) + "max_keepalive 10\n") as (router, broker),
        field(tmp_path, broker=broker) as one,
        RealCollector(tmp_path, broker, "real") as real,
    ):
        one.start()
        one.flow()
        real.wait_for("Connected to")
        router.cut()
        one.bridge.wait_for("has been silent for")
        real.wait_for("Lost")
        before = len(one.taken())
        router.mend()
        real.wait_for("again:")
        wait_until(lambda: len(one.taken()) > before + 3000, "what waited is taken")
        report("router drops every packet for 15 s", one.settle())
        report("… and `perfwatch collector`, each 0.5 s", real.settle(one.bridge.history), least=20)
        assert real.log.read_text().count("Lost") == 1
