"""What the service makes of messages, without a broker."""

from __future__ import annotations

from pathlib import Path

from alerts.watch import TICK_SECONDS, Watch
from perfwatch.topics import Topics

NOW = 1_796_000_000.0


def test_a_device_is_in_the_room_that_it_tells_of(tmp_path: Path) -> None:
    watch = Watch(Topics(), tmp_path, 60, NOW)
    told = b'{"source":"zigbee2mqtt","model":"WSDCGQ11LM","tags":{"room":"cellar"}}'
    watch.take("perfwatch/thermometer/info", told, newest=True, now=NOW)
    assert watch.engine.memory.hosts["thermometer"].tags == {"room": "cellar"}


def test_the_clock_is_looked_at_each_few_seconds_and_when_it_was_set_back(tmp_path: Path) -> None:
    watch = Watch(Topics(), tmp_path, 60, NOW)
    assert watch.due_in(NOW) == TICK_SECONDS
    watch.turn(NOW + 3)
    assert watch.due_in(NOW + 3) == TICK_SECONDS - 3
    watch.turn(NOW + TICK_SECONDS)
    assert watch.due_in(NOW + TICK_SECONDS) == TICK_SECONDS
    assert watch.due_in(NOW - 3600) == 0
