from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.home_assistant.announcer import Announcer
from perfwatch.readings.codec import encode_info
from perfwatch.readings.core import SWITCHED_OFF, HostInfo
from perfwatch.topics import Topics
from tests.collector import home_assistant_rules as rules

TOPIC = "homeassistant/device/perfwatch_nas/config"


class House:
    """A Home Assistant: what it was told, and how often it was shown the newest readings."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[dict[str, Any], ...]] = []
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
        self.announcer.describe(encode_info(facts))

    def announce(self, topic: str, *payloads: bytes) -> None:
        messages = tuple(msgspec.json.decode(payload) for payload in payloads)
        for message in messages:
            rules.check(topic, message)
        self.told.append(messages)
        self.order.append("told")

    def repeat(self) -> None:
        self.order.append("repeated")

    def tick(self, **metrics: dict[str, Any]) -> None:
        self._second += 1
        stamp = f"2026-11-23T12:00:{self._second:02d}.000Z"
        for metric, fields in metrics.items():
            self.announcer.publish(metric, msgspec.json.encode({"timestamp": stamp, **fields}))

    @property
    def names(self) -> set[str]:
        return {each["name"] for each in self.told[-1][-1]["cmps"].values() if "name" in each}


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
