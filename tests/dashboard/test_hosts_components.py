"""What the Hosts page reckons: sums, order, troubles, and names of numbers that nobody declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.dashboard.modules import ask, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served() as page:
        yield page


_HOSTS = """[
  { name: 'web10', state: 'online', needsLook: false, found: { cpu: 5, down: 9, up: null },
    entry: { info: { os: 'Alpine' } } },
  { name: 'web2', state: 'online', needsLook: true, found: { cpu: 95, down: 1, up: 1 } },
  { name: 'nas', state: 'offline', needsLook: true, found: { cpu: 99, down: 99, up: 99 } },
  { name: 'pi', state: 'stale', needsLook: true, found: { cpu: null, down: null, up: null } },
]"""


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["nas", "pi", "web2", "web10"]),
        ("status", ["nas", "pi", "web2", "web10"]),
        ("cpu", ["web2", "web10", "nas", "pi"]),
        ("network", ["web10", "web2", "nas", "pi"]),
    ],
)
def test_hosts_are_sorted_with_those_that_have_no_number_last(
    page: Page, order: str, names: list[str]
) -> None:
    assert ask(page, "hosts/order.js", f"m.sorted({_HOSTS}, '{order}').map((host) => host.name)") == names


@pytest.mark.parametrize(
    ("show", "text", "names"),
    [
        ("all", "", ["web10", "web2", "nas", "pi"]),
        ("online", "", ["web10", "web2"]),
        ("trouble", "", ["web2", "nas", "pi"]),
        ("all", " ALPINE ", ["web10"]),
        ("offline", "web", []),
    ],
)
def test_hosts_are_chosen_by_state_and_text(page: Page, show: str, text: str, names: list[str]) -> None:
    chosen = f"{_HOSTS}.filter((host) => m.matches(host, {{ show: '{show}', text: '{text}' }}))"
    assert ask(page, "hosts/order.js", f"{chosen}.map((host) => host.name)") == names


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((12, 11, 2), "12 hosts, 11 online, 2 need a look"),
        ((1, 0, 1), "1 host, 0 online, 1 needs a look"),
        ((3, 3, 0), "3 hosts, 3 online, all is well"),
    ],
)
def test_hosts_are_summed_up_in_a_sentence(page: Page, counts: tuple[int, int, int], said: str) -> None:
    given = dict(zip(("all", "online", "trouble"), counts, strict=True))
    assert ask(page, "hosts/order.js", f"m.summary({given})") == said


def test_the_fullest_partition_and_the_hottest_sensor_count(page: Page) -> None:
    reading = """{
      disk: { partitions: { '/': { usage_percent: 20 }, '/srv': { usage_percent: 93 }, '/x': {} } },
      cpu: { temperature_celsius: [null, 61] },
      sensors: { temperatures: { nvme: { celsius: 64 }, open: { celsius: 127 } } },
    }"""
    found = ask(page, "hosts/figures.js", f"m.figures({reading})")
    assert (found["fullest"], found["disk"], found["temperature"]) == ("/srv", 93, 64)
    assert (found["cpu"], found["memory"]) == (None, None)


def _over(page: Page, cpu: float, before: str) -> Any:
    found = f"{{ cpu: {cpu}, memory: 10, disk: null, temperature: 85 }}"
    return ask(page, "hosts/figures.js", f"[...m.overLimit({found}, new Set({before}))]")


def test_a_number_over_its_limit_is_in_trouble_until_it_is_well_below(page: Page) -> None:
    assert _over(page, 89, "[]") == ["temperature"]
    assert _over(page, 90, "[]") == ["cpu", "temperature"]
    assert _over(page, 88, "['cpu']") == ["cpu", "temperature"]
    assert _over(page, 86, "['cpu']") == ["temperature"]


@pytest.mark.parametrize(
    ("metric", "field", "value", "label", "written"),
    [
        ("temperature", "celsius", 21.54, "Temperature", "21.5 °C"),
        ("soil", "moisture_percent", 34, "Soil: moisture", "34.0 %"),
        ("power", "power_watts", 412, "Power", "412 W"),
        ("disk_io", "read_bytes_per_sec", 2.5e6, "Disk io: read", "2.50 MB/s"),
        ("counter", "value", 7, "Counter", "7"),
        ("air", "co2_ppm", 612.4, "Air: co2", "612 ppm"),
    ],
)
def test_numbers_of_devices_are_named_by_their_fields(
    page: Page, metric: str, field: str, value: float, label: str, written: str
) -> None:
    found = ask(
        page, "hosts/numbers.js", f"m.numbers({{ {metric}: {{ timestamp: 'x', {field}: {value} }} }})"
    )
    assert [(one["label"], one["text"]) for one in found] == [(label, written)]


def test_a_sparkline_keeps_gaps_and_peaks(page: Page) -> None:
    # Three readings within one of its hundred units of width: the largest is drawn.
    times, values = "[0, 100, 200, 5e3, 6e3, 7e3]", "[1, 9, 2, null, 4, 5]"
    pieces = ask(page, "hosts/spark.js", f"m.strokes({times}, {values}, 0, 1e5, 10)")
    assert [len(piece) for piece in pieces] == [1, 2]
    assert pieces[0] == ["0.1 3.6"]
