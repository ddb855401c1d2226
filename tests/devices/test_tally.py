from __future__ import annotations

from devices.tally import Tally
from tests.devices.taking import NOW, NOW_TEXT, readings, taker


def test_each_rule_tells_what_it_found() -> None:
    takes, tally = taker("zigbee2mqtt", "tasmota"), Tally()
    for name in ("a", "b"):
        readings(takes, f"zigbee2mqtt/{name}", '{"temperature": 1}')
        tally.took("zigbee2mqtt", 1, NOW)
    first, second = tally.found(takes)
    assert (first.name, first.devices, first.readings, first.last_seen) == ("zigbee2mqtt", 2, 2, NOW_TEXT)
    assert (second.name, second.devices, second.readings, second.last_seen) == ("tasmota", 0, 0, None)


def test_what_is_refused_is_counted_by_reason_and_floods_of_reasons_end() -> None:
    tally = Tally()
    for number in range(2):
        tally.refused("tasmota", f"tele/{number}", "it is empty", NOW)
    for number in range(100):
        tally.refused("tasmota", "tele/x", f"reason {number}", NOW)
    (found,) = tally.found(taker("tasmota"))
    assert (found.refused[0].count, found.refused[0].topic, found.refused[0].at) == (2, "tele/1", NOW_TEXT)
    assert len(found.refused) == 21
    assert found.refused[-1].reason == "other reasons"
