"""A real Home Assistant beside `perfwatch up`: what it shows, and what restarts and time do to it.

Not collected by default, as it takes minutes and root: `make test-homeassistant`.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.homeassistant.server import Change, HomeAssistant
from tests.servers import wait_until
from tests.stack import PASSWORD, Person, Stack

ROOT = Path(os.environ["PERFWATCH_TEST_HOMEASSISTANT"])
WATCH_SECONDS = 60 * float(os.environ.get("PERFWATCH_TEST_WATCH_MINUTES", "3"))
# Longer than a restart of the slowest part.
BACK_SECONDS = 180.0
# Of a busy machine; an interval of the test is 2 s and more.
GAP_SECONDS = 1.5
# A broker that is restarted; and Home Assistant deletes a device by one empty message for each entity.
EXPECTED = "Disconnected from MQTT|Error (returned from|talking to) MQTT|No device components to cleanup"
PARTS = ("collector", "mosquitto", "homeassistant")

pytestmark = pytest.mark.timeout(WATCH_SECONDS + 3600)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    with Stack(folder, "--interval", "2", "--host", "nas", admin_password=PASSWORD) as stack:
        yield stack


@pytest.fixture(scope="module")
def house(stack: Stack) -> Iterator[HomeAssistant]:
    house = HomeAssistant(ROOT)
    try:
        house.start()
        house.onboard()
        house.add_mqtt(stack.credentials("homeassistant"))
        wait_until(lambda: away(house) == [], "every entity has a value", BACK_SECONDS)
        wait_until(lambda: connections(house) == 1, "its birth message")
        yield house
        assert complaints(house) == []
    finally:
        house.remove()


def away(house: HomeAssistant) -> list[str]:
    """The enabled entities without a value; that there are any at all is part of it.

    A problem sensor is unknown for as long as its rule's window fills, up to a quarter of an hour.
    """
    states = house.states()
    filling = [name for name, one in states.items() if one["attributes"].get("device_class") == "problem"]
    return [
        name
        for name, one in states.items()
        if one["state"] == "unavailable" or (one["state"] == "unknown" and name not in filling)
    ] or ([] if len(states) > 10 else ["all"])


def unavailable(changes: list[Change]) -> list[float]:
    """How long entities had no value, each time, in seconds; infinite when it stayed so."""
    since: dict[str, datetime] = {}
    gaps = []
    for entity, state, at in changes:
        if state == "unavailable":
            since.setdefault(entity, datetime.fromisoformat(at))
        elif entity in since:
            gaps.append((datetime.fromisoformat(at) - since.pop(entity)).total_seconds())
    return gaps + [math.inf] * len(since)


def complaints(house: HomeAssistant) -> list[str]:
    """What its log has of us, beside what comes of our restarts and deletions."""
    lines = [line for line in house.log.splitlines() if re.search("WARNING|ERROR", line)]
    ours = [line for line in lines if re.search("mqtt|perfwatch", line, re.IGNORECASE)]
    return [line for line in ours if not re.search(EXPECTED, line)]


def connections(house: HomeAssistant) -> int:
    """How often it has connected to the broker, as its log says."""
    return house.log.count("birth message sent")


def test_the_host_is_a_device_with_entities_units_and_values(house: HomeAssistant) -> None:
    (device,) = house.devices()
    states, entities = house.states(), house.entities()
    for name, one in sorted(states.items()):
        print(f"{name:<50} {one['state']:<28} {one['attributes'].get('unit_of_measurement', '')}")
    print(f"{device['name']}, {device['sw_version']}, {device['hw_version']}: ", end="")
    print(f"{len(states)} entities enabled, {len(entities) - len(states)} disabled")
    units = {name: one["attributes"].get("unit_of_measurement") for name, one in states.items()}
    assert device["name"] == "nas"
    assert units["sensor.nas_cpu_usage"] == units["sensor.nas_memory_usage"] == "%"
    assert units["sensor.nas_network_down"] == "MB/s"
    assert states["binary_sensor.nas_status"]["state"] == "on"
    assert {entity["disabled_by"] for entity in entities} == {None, "integration"}


def test_a_change_of_interval_leaves_nothing_unavailable(house: HomeAssistant, stack: Stack) -> None:
    def change() -> None:
        for interval in (20, 1, 2):
            answer = Person(stack.url).put("/api/config", {"host": "nas", "interval": interval})
            assert answer.is_success, answer.text
            time.sleep(8)  # longer than three of the old intervals

    # Home Assistant itself writes `unavailable` when it takes a new configuration.
    gaps = unavailable(house.changes_while(change))
    print(f"{len(gaps)} changes of configuration, the longest without a value {max(gaps):.3f} s")
    assert max(gaps) < GAP_SECONDS


def test_a_source_that_is_switched_off_takes_its_entities_along(house: HomeAssistant, stack: Stack) -> None:
    switch(stack, ["cpu", "network", "disk"])
    wait_until(lambda: "sensor.nas_memory_usage" not in house.states(), "memory is gone", 30)
    switch(stack, None)
    wait_until(lambda: "sensor.nas_memory_usage" in house.states(), "memory is back", 30)
    wait_until(lambda: away(house) == [], "every entity has a value", 30)


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids="-".join)
def test_all_is_back_after_restarts_in_any_order(
    house: HomeAssistant, stack: Stack, order: tuple[str, ...]
) -> None:
    before = house.states().keys()
    for part in order:
        restart(part, house, stack)
    wait_until(
        lambda: away(house) == [] and stack.children().keys() >= {*PARTS[:2]}, "all is back", BACK_SECONDS
    )
    assert house.states().keys() == before
    assert len(house.devices()) == 1


def switch(stack: Stack, sources: list[str] | None) -> None:
    """Read those sources only; None for all."""
    answer = Person(stack.url).put("/api/config", {"host": "nas", "sources": sources})
    assert answer.is_success, answer.text


def restart(part: str, house: HomeAssistant, stack: Stack) -> None:
    if part == "homeassistant":
        house.end()
        house.start()
        return
    old = stack.children()[part]
    os.kill(old, signal.SIGTERM)
    wait_until(lambda: stack.children().get(part, old) != old, f"{part} runs again")


def test_nothing_is_lost_while_nothing_happens(house: HomeAssistant) -> None:
    before = connections(house)
    changes = house.changes_while(lambda: time.sleep(WATCH_SECONDS))
    lost = unavailable(changes)
    print(
        f"{WATCH_SECONDS / 60:.0f} min: {len(changes)} changes, {len(lost)} times without a value, ", end=""
    )
    print(f"{connections(house) - before} new connections")
    assert before > 0
    assert connections(house) == before
    assert lost == []


def test_what_is_away_keeps_saying_since_when_it_was_up(house: HomeAssistant, stack: Stack) -> None:
    boot = house.states()["sensor.nas_up_since"]["state"]
    collector = stack.children()["collector"]
    os.kill(collector, signal.SIGSTOP)
    try:
        wait_until(lambda: house.states()["binary_sensor.nas_status"]["state"] == "off", "it is away", 120)
        states = house.states()
    finally:
        os.kill(collector, signal.SIGCONT)
    assert states["sensor.nas_up_since"]["state"] == boot
    assert states["sensor.nas_cpu_usage"]["state"] == "unavailable"
    wait_until(lambda: away(house) == [], "every entity has a value", BACK_SECONDS)


def test_a_deleted_device_comes_back_without_what_is_gone(house: HomeAssistant, stack: Stack) -> None:
    def disabled() -> set[str]:
        return {one["entity_id"] for one in house.entities() if one["disabled_by"]}

    everything = disabled()
    switch(stack, ["cpu", "memory", "network", "disk"])
    # MQTT cannot remove an entity that is disabled: docs/home-assistant.md says what to do.
    (device,) = house.devices()
    (entry,) = device["config_entries"]
    assert disabled() == everything
    house.command("config/device_registry/remove_config_entry", device_id=device["id"], config_entry_id=entry)
    wait_until(lambda: house.devices() == [], "the device is deleted")
    restart("collector", house, stack)
    wait_until(lambda: away(house) == [], "every entity has a value", BACK_SECONDS)
    assert everything > disabled() > set()
    switch(stack, None)
    wait_until(lambda: disabled() == everything, "every source is back")
