from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.agent import Gathered
from collector.home_assistant.announcer import Announcer
from collector.home_assistant.parts import LARGEST_BYTES
from perfwatch.mqtt.limits import Limits
from perfwatch.readings.core import READINGS, SWITCHED_OFF, HostInfo
from perfwatch.topics import Topics
from tests.collector import home_assistant_rules as rules

TOPIC = "homeassistant/device/perfwatch_nas/config"


class House:
    """A Home Assistant: what it was told, and how often it was shown the newest readings."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[dict[str, Any], ...]] = []
        self.parts: dict[str, bytes] = {}
        self.order: list[str] = []
        self.memory = folder / "nas.json"
        self.announcer = self.restart()
        self._second = 0

    def restart(self) -> Announcer:
        """The collector starts anew."""
        self.announcer = Announcer(Topics(), "nas", "homeassistant", self.announce, self.repeat, self.memory)
        self.describe()
        return self.announcer

    def describe(self, interval: float = 5.0, **sources: str | None) -> None:
        facts = HostInfo(
            hostname="nas", os="Linux", kernel="6", version="1", interval=interval, sources=sources
        )
        self.announcer.describe(facts)

    def announce(self, topic: str, *payloads: bytes) -> None:
        messages = tuple(msgspec.json.decode(payload or b"{}") for payload in payloads)
        for message in filter(None, messages):
            rules.check(topic, message)
        self.told.append(messages)
        self.parts[topic] = payloads[-1]
        self.order.append("told")

    def repeat(self) -> None:
        self.order.append("repeated")

    def tick(self, **metrics: dict[str, Any]) -> None:
        self._second += 1
        stamp = f"2026-11-23T12:00:{self._second:02d}.000Z"
        for metric, fields in metrics.items():
            reading = msgspec.convert({"timestamp": stamp, **fields}, READINGS[metric])
            self.announcer.publish({metric: Gathered(reading, b"")})

    @property
    def names(self) -> set[str]:
        """What is retained on all topics."""
        return {each["name"] for each in self.kept.values()}

    @property
    def kept(self) -> dict[str, Any]:
        messages = [msgspec.json.decode(part) for part in self.parts.values() if part]
        return {key: each for message in messages for key, each in message["cmps"].items()}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def mounted(*names: str) -> dict[str, Any]:
    return {"partitions": {name: {"usage_percent": 1.0} for name in names}}


def test_a_whole_tick_is_announced_once(house: House) -> None:
    for _ in range(4):
        house.tick(memory={"usage_percent": 50.0}, disk=mounted("/"))
    assert len(house.told) == 1
    assert house.names == {"Status", "Up since", "Memory usage", "Disk / usage"}


def test_a_tick_that_has_all_that_the_facts_name_is_announced_with_its_last_reading(house: House) -> None:
    house.describe(memory=None, disk=None, gpu="ModuleNotFoundError")
    house.tick(memory={"usage_percent": 50.0}, disk=mounted("/"))
    assert house.names == {"Status", "Up since", "Memory usage", "Disk / usage"}


def test_what_has_its_first_value_later_is_announced_then(house: House) -> None:
    for value in (None, 5.0, None, None, None, None):
        house.tick(cpu={"usage_percent": value, "load_average": [1.0]})
    assert len(house.told) == 2
    assert "CPU usage" in house.names


def test_what_never_has_a_value_is_no_entity(house: House) -> None:
    for _ in range(3):
        house.tick(memory={"usage_percent": 1.0, "swap_percent": None})
    assert "Swap usage" not in house.names


def test_entities_expire_after_three_intervals(house: House) -> None:
    house.tick(memory={"usage_percent": 1.0})
    house.tick(memory={"usage_percent": 1.0})
    house.describe(interval=0.5)
    expiries = [message["cmps"]["memory_usage_percent"]["exp_aft"] for (message,) in house.told]
    assert expiries == [15, 2]


def test_each_announcement_is_followed_by_the_newest_readings(house: House) -> None:
    for _ in range(2):
        house.tick(memory={"usage_percent": 1.0})
    house.describe(interval=60.0)
    assert house.order == ["told", "repeated", "told", "repeated"]


def test_facts_that_change_nothing_are_not_announced(house: House) -> None:
    for _ in range(2):
        house.tick(memory={"usage_percent": 1.0})
    house.describe()
    house.tick(memory={"usage_percent": 1.0})
    assert len(house.told) == 1


def test_a_partition_that_goes_away_is_first_named_bare_and_then_left_out(house: House) -> None:
    for _ in range(2):
        house.tick(disk=mounted("/", "/usb"))
    key = next(key for key, each in house.told[0][0]["cmps"].items() if each["name"] == "Disk /usb usage")
    for _ in range(4):
        house.tick(disk=mounted("/"))
    bare, without = house.told[-1]
    assert bare["cmps"][key] == {"p": "sensor"}
    assert key not in without["cmps"]
    assert len(house.told) == 2


def test_a_sensor_that_misses_a_tick_or_two_is_not_gone(house: House) -> None:
    for names in (("/", "/usb"), ("/",), ("/",), ("/", "/usb"), ("/",), ("/",), ("/", "/usb")):
        house.tick(disk=mounted(*names))
    assert len(house.told) == 1


def test_a_source_that_fails_loses_none_of_its_entities(house: House) -> None:
    house.describe(disk=None, memory=None)
    for _ in range(2):
        house.tick(disk=mounted("/"), memory={"usage_percent": 1.0})
    house.describe(disk="OSError: no medium", memory=None)
    for _ in range(6):
        house.tick(memory={"usage_percent": 1.0})
    assert "Disk / usage" in house.names


def test_a_source_that_is_switched_off_takes_its_entities_along(house: House) -> None:
    house.describe(disk=None, memory=None)
    house.tick(disk=mounted("/"), memory={"usage_percent": 1.0})
    house.describe(disk=SWITCHED_OFF, memory=None)
    assert house.names == {"Status", "Up since", "Memory usage"}
    house.describe(disk=None, memory=None)
    house.tick(disk=mounted("/"), memory={"usage_percent": 1.0})
    assert "Disk / usage" in house.names


def test_a_source_that_was_switched_off_while_the_collector_was_off_leaves_too(house: House) -> None:
    house.describe(disk=None, memory=None)
    house.tick(disk=mounted("/"), memory={"usage_percent": 1.0})
    house.restart()
    house.describe(disk=SWITCHED_OFF, memory=None)
    house.tick(memory={"usage_percent": 1.0})
    bare, without = house.told[-1]
    assert [each for each in bare["cmps"].values() if each == {"p": "sensor"}] == [{"p": "sensor"}]
    assert len(without["cmps"]) == len(bare["cmps"]) - 1


def test_what_went_away_while_the_collector_was_off_is_removed_too(house: House) -> None:
    for _ in range(2):
        house.tick(disk=mounted("/", "/usb"))
    house.restart()
    for _ in range(5):
        house.tick(disk=mounted("/"))
    bare, without = house.told[-1]
    assert [each for each in bare["cmps"].values() if each == {"p": "sensor"}] == [{"p": "sensor"}]
    assert len(without["cmps"]) == len(bare["cmps"]) - 1


def test_a_memory_that_cannot_be_read_is_said_and_stops_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.memory.write_text("{")
    house.restart()
    for _ in range(2):
        house.tick(disk=mounted("/"))
    assert "cannot be read" in caplog.text
    assert "Disk / usage" in house.names


def test_home_assistants_start_is_answered_with_all_of_it_and_the_newest_readings(house: House) -> None:
    house.announcer.receive(b"online")
    assert house.order == []  # nothing is known yet
    for _ in range(2):
        house.tick(memory={"usage_percent": 1.0})
    house.announcer.receive(b"offline")
    assert len(house.told) == 1
    house.announcer.receive(b"online")
    assert house.told[1] == house.told[0]
    assert house.order == ["told", "repeated"] * 2


def large() -> dict[str, Any]:
    """64 cores and 60 containers' interfaces: more than 200 kB of entities."""
    interfaces = {
        f"enp{number}s0f1": {"kind": "hardware"} | dict.fromkeys(RATES, 1.0) for number in range(60)
    }
    return {
        "cpu": {"usage_percent": 1.0, "per_core": [1.0] * 64, "frequency_mhz": [800.0] * 64},
        "network": {"interfaces": interfaces},
        "disk": mounted(*(f"/mnt/{number}" for number in range(60))),
    }


RATES = ("bytes_recv_per_sec", "bytes_sent_per_sec")


def test_a_large_machine_is_told_in_several_messages_of_one_device(house: House) -> None:
    """B53"""
    for _ in range(2):
        house.tick(**large())
    assert len(house.parts) > 1
    assert list(house.parts)[:2] == [TOPIC, "homeassistant/device/perfwatch_nas/2/config"]
    assert max(map(len, house.parts.values())) <= LARGEST_BYTES
    messages = [msgspec.json.decode(part) for part in house.parts.values()]
    assert {tuple(message["dev"]["ids"]) for message in messages} == {("perfwatch_nas",)}
    keys = [key for message in messages for key in message["cmps"]]
    assert len(keys) == len(set(keys)) == 2 + 1 + 128 + 240 + 60 - missing(keys)


def missing(keys: list[str]) -> int:
    """Counters of errors were not told."""
    return 120 if not [key for key in keys if "errors" in key] else 0


def test_a_broker_that_takes_less_gets_smaller_ones_before_anything_is_sent(house: House) -> None:
    """B50"""
    for _ in range(2):
        house.tick(**large())
    before = house.kept
    house.announcer.heed(Limits(packet_size=20_000))
    assert house.kept == before
    assert max(map(len, house.parts.values())) <= 20_000


def test_an_entity_stays_in_its_part_over_a_restart_and_an_emptied_part_is_cleared(house: House) -> None:
    for _ in range(2):
        house.tick(**large())
    told = dict(house.parts)
    house.restart()
    for _ in range(2):
        house.tick(**large())
    assert house.parts == told
    for _ in range(5):
        house.tick(cpu={"usage_percent": 1.0}, network={"interfaces": {}}, disk={"partitions": {}})
    assert set(house.kept) >= {"status", "cpu_usage_percent"}
    assert len(house.kept) < 10
    assert [part for topic, part in house.parts.items() if topic != TOPIC] == [b""] * (len(told) - 1)


def test_what_was_announced_before_there_were_parts_stays_where_it_is(house: House) -> None:
    house.memory.write_text('{"disk_partitions_usb_usage_percent":"disk","memory_usage_percent":"memory"}')
    house.restart()
    for _ in range(5):
        house.tick(memory={"usage_percent": 1.0}, disk=mounted("/"))
    assert list(house.parts) == [TOPIC]
    bare = house.told[-1][0]["cmps"]
    assert bare["disk_partitions_usb_usage_percent"] == {"p": "sensor"}
