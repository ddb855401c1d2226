"""What the service makes of messages, without a broker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alerts.channels import Channel, Channels, channels_path
from alerts.watch import TICK_SECONDS, Watch
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.topics import Topics

NOW = 1_796_000_000.0


def test_a_device_is_in_the_room_that_it_tells_of(tmp_path: Path) -> None:
    watch = Watch(Topics(), tmp_path, 60, NOW)
    told = b'{"source":"zigbee2mqtt","model":"WSDCGQ11LM","tags":{"room":"cellar"}}'
    watch.hear("perfwatch/thermometer/info", told, newest=True, now=NOW)
    assert watch.engine.memory.hosts["thermometer"].tags == {"room": "cellar"}


def test_nothing_is_told_of_a_room_in_maintenance_until_that_is_over(tmp_path: Path) -> None:
    moment = from_ms(round(NOW * 1000))
    until = format_time(moment + timedelta(minutes=10))
    (tmp_path / "alerts.toml").write_text(f"[maintenance]\n'room=cellar' = {until}\n")
    Channels(channels_path(tmp_path)).add("hook", Channel("http://127.0.0.1:1/hook"))
    watch = Watch(Topics(), tmp_path, 60, NOW)
    reading = f'{{"timestamp":"{format_time(moment)}","arrays":{{"md0":{{"state":"degraded"}}}}}}'
    for host, room in (("nas", "cellar"), ("pi", "attic")):
        watch.hear(f"perfwatch/{host}/info", f'{{"tags":{{"room":"{room}"}}}}'.encode(), newest=True, now=NOW)
        watch.hear(f"perfwatch/{host}/disk", reading.encode(), newest=True, now=NOW)
    watch.turn(NOW)
    assert told(watch, NOW) == ["pi"]
    watch.turn(NOW + 600)
    assert told(watch, NOW + 600) == ["pi", "nas"]


def told(watch: Watch, now: float) -> list[str]:
    """The hosts of which something is to be sent."""
    return [one.host for _, message in watch.teller.due(now) for one in message.news]


def test_the_clock_is_looked_at_each_few_seconds_and_when_it_was_set_back(tmp_path: Path) -> None:
    watch = Watch(Topics(), tmp_path, 60, NOW)
    assert watch.due_in(NOW) == TICK_SECONDS
    watch.turn(NOW + 3)
    assert watch.due_in(NOW + 3) == TICK_SECONDS - 3
    watch.turn(NOW + TICK_SECONDS)
    assert watch.due_in(NOW + TICK_SECONDS) == TICK_SECONDS
    assert watch.due_in(NOW - 3600) == 0
