"""What the service makes of messages, without a broker."""

from __future__ import annotations

from pathlib import Path

from alerts.watch import Watch
from perfwatch.topics import Topics

NOW = 1_796_000_000.0


def test_a_device_is_in_the_room_that_it_tells_of(tmp_path: Path) -> None:
    watch = Watch(Topics(), tmp_path, 60, NOW)
    told = b'{"source":"zigbee2mqtt","model":"WSDCGQ11LM","tags":{"room":"cellar"}}'
    watch.take("perfwatch/thermometer/info", told, newest=True, now=NOW)
    assert watch.engine.memory.hosts["thermometer"].tags == {"room": "cellar"}
