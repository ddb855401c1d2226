from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.counters import GAP_MS, LEAST_MS, STILL_MS, Rates, by_name, rate_of
from devices.mapping import made
from devices.taker import Taker
from devices.values import Value
from perfwatch.devices.file import parsed
from perfwatch.topics import Topics
from perfwatch.units import unit_of
from tests.devices.taking import NOW, preset

MINUTE = 60_000


def rates(*counted: tuple[float, float]) -> list[float | None]:
    """The rates (W) of an energy (kWh) at times (minutes)."""
    follows, found = Rates(), []
    for minutes, energy in counted:
        fields: dict[str, Value] = {"energy_kwh": energy}
        follows.add("t", fields, by_name(fields), round(minutes * MINUTE))
        rate = fields.get("energy_watts")
        assert not isinstance(rate, str)
        found.append(rate)
    return found


def test_an_energy_has_a_power() -> None:
    assert rates((0, 1.0), (1, 1.02), (2, 1.03)) == [None, 1200, 600]


def test_what_comes_within_a_minute_counts_too() -> None:
    assert rates((0, 1.0), (0.5, 1.01), (1, 1.02), (1.5, 1.02), (2, 1.03)) == [None, None, 1200, 1200, 600]


def test_each_reading_has_the_newest_rate() -> None:
    assert rates((0, 1.0), (1, 1.02), (1.2, 1.02), (1.4, 1.03)) == [None, 1200, 1200, 1200]


def test_a_coarse_counter_shows_the_mean_from_step_to_step() -> None:
    """120 W in steps of 0.01 kWh, told every 10 s: five minutes from one to the next."""
    steps = [(seconds / 60, 1 + seconds * 120 / 3.6e6 // 0.01 / 100) for seconds in range(0, 1800, 10)]
    found = [rate for rate in rates(*steps) if rate is not None]
    assert found == [pytest.approx(120, rel=0.05)] * len(found)
    assert found


def test_a_counter_that_stands_still_uses_nothing() -> None:
    assert rates((0, 1), (1, 1), (STILL_MS / MINUTE, 1))[-1] == 0


@pytest.mark.parametrize(
    ("counted", "why"),
    [
        ([(0, 9), (1, 9.1), (2, 0.1)], "it was reset"),
        ([(0, 9), (1, 9.1), (2, 0), (3, 9.1)], "it told a 0 as it started"),
        ([(0, 0), (1, 812)], "its first number was a 0"),
        ([(0, 9), (1, 9.1), (1 + GAP_MS / MINUTE + 1, 50)], "it was away"),
        ([(5, 9), (5, 10)], "two at one time"),
    ],
)
def test_what_is_no_use_has_no_rate(counted: list[tuple[float, float]], why: str) -> None:
    assert rates(*counted)[-1] is None, why


def test_what_comes_late_changes_no_rate() -> None:
    assert rates((0, 1), (10, 1.1), (5, 1.05), (11, 1.2)) == [None, 600, 600, 6000]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1e6)), max_size=30))
def test_no_rate_is_negative_or_higher_than_any_step_would_be(counted: list[tuple[int, float]]) -> None:
    ordered = sorted(counted)
    steps = [after[1] - before[1] for before, after in itertools.combinations(ordered, 2)]
    highest = max(steps, default=0) * 3.6e6 / (LEAST_MS / 1000)
    assert all(0 <= rate <= highest * 1.001 for rate in rates(*ordered) if rate is not None)


@pytest.mark.parametrize(
    ("field", "rate", "unit"),
    [
        ("energy_total_kwh", "energy_total_watts", "W"),
        ("sent_bytes", "sent_bytes_per_sec", "B/s"),
        ("water_total", "water_total_per_hour", "/h"),
    ],
)
def test_a_rate_s_name_says_its_unit(field: str, rate: str, unit: str) -> None:
    assert rate_of(field).name == rate
    assert unit_of("meter", rate).names[0] == unit


@pytest.mark.parametrize(
    "field", ["energy_today_kwh", "energy_yesterday_kwh", "energy_period_kwh", "price_per_kwh", "power_watts"]
)
def test_what_starts_anew_each_day_or_is_no_counter_is_not_counted(field: str) -> None:
    assert by_name({field: 1.0}) == {}


def after_a_minute(takes: Taker, topic: str, *payloads: str) -> dict[str, object]:
    """What the last payload becomes when a minute is between each and the next."""
    for place, payload in enumerate(payloads):
        (one,) = takes.take(topic, payload.encode(), NOW + place * MINUTE).readings
    found: dict[str, object] = json.loads(one.payload)
    return found


@pytest.mark.parametrize(
    ("name", "topic", "payload", "field", "expected"),
    [
        ("tasmota", "tele/a/SENSOR", '{{"ENERGY":{{"Total":{}}}}}', "energy_total_watts", 60_000),
        ("zigbee2mqtt", "zigbee2mqtt/a", '{{"energy":{}}}', "energy_watts", 60_000),
        ("shelly", "a/status/switch:0", '{{"aenergy":{{"total":{}}}}}', "aenergy_total_watts", 60),
        (
            "telegraf",
            "telegraf/a/net",
            '{{"name":"net","fields":{{"bytes_recv":{}}}}}',
            "bytes_recv_per_sec",
            1 / 60,
        ),
    ],
)
def test_presets_know_what_counts(name: str, topic: str, payload: str, field: str, expected: float) -> None:
    takes = Taker([preset(name)], Topics())
    found = after_a_minute(takes, topic, payload.format(5), payload.format(6))
    assert found[field] == pytest.approx(expected, rel=1e-5)


def test_home_assistant_s_state_class_tells_what_counts() -> None:
    takes = Taker([preset("homeassistant")], Topics())
    config = {"stat_t": "w", "name": "Water", "unit_of_meas": "L", "stat_cla": "total_increasing"}
    takes.take("homeassistant/sensor/w/config", json.dumps(config).encode(), NOW)
    assert after_a_minute(takes, "w", "10", "12")["water_per_hour"] == 120


def test_a_mapping_may_say_so() -> None:
    text = '[[mapping]]\ntopic = "gas/{device}"\nfield = "gas"\nkind = "counter"'
    takes = Taker([*made(parsed(text).mapping, None)], Topics())
    assert after_a_minute(takes, "gas/cellar", "10", "12")["gas_per_hour"] == 120
