"""Which series are listed, whatever is new, old, silent or lacking, against all that was written."""

from __future__ import annotations

import random
import time
from itertools import product
from urllib.parse import unquote_plus

import httpx
import pytest

from perfwatch.history.influx.query import EARLIEST, Result, Rows, Thing, things
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.store import Point, Series
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy

NAMES = ["plain", "two words", "a,b", "c=d", "e\\f", "größe", 'say "hi"', "it's"]
PARTS = [
    ("cpu", ""),
    ("cpu", "core"),
    ("disk", ""),
    ("disk", "device"),
    ("disk", "mountpoint"),
    ("odd one", ""),
]
FIELDS = {"core": ["usage_percent", "frequency_mhz"]}


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were hundreds of hosts: a statement names three."""
    monkeypatch.setattr("perfwatch.history.influx.listing.MAX_NAMED_PARTS", 3)


def scattered(chance: random.Random, now: int) -> list[Point]:
    """Readings of hosts that came, went, and got or lost numbers, over three weeks."""
    found = []
    for host, (metric, tag) in product([*NAMES, *map(str, range(6))], PARTS):
        for part in chance.sample(NAMES, 2) if tag else [""]:
            newest = chance.choice([MINUTE, HOUR, 3 * HOUR, 2 * DAY_MS, 9 * DAY_MS, 15 * DAY_MS])
            for ago in (newest, newest + chance.choice([MINUTE, DAY_MS, 6 * DAY_MS])):
                names = FIELDS.get(tag, [*NAMES, "usage_percent"])
                fields = dict.fromkeys(chance.sample(names, chance.choice([1, 1, 2])), 1.0)
                found.append(Point(metric, host, tag, part, now - ago, fields))
    return found


def series_of(points: list[Point]) -> list[Series]:
    return sorted({Series(*one[:4], field) for one in points for field in one.fields})


@pytest.mark.parametrize("seed", range(6))
def test_all_is_listed_that_was_written(store: InfluxStore, seed: int) -> None:
    chance, now = random.Random(seed), time.time_ns() // 1_000_000
    written = scattered(chance, now)
    store.write(written)
    assert store.series() == series_of(written)
    host = chance.choice(NAMES)
    assert store.series(host=host) == series_of([one for one in written if one.host == host])
    assert store.series("cpu", host) == series_of([one for one in written if one[:2] == ("cpu", host)])


@pytest.mark.parametrize("seed", range(2))
def test_all_is_listed_of_which_only_rollups_are_left(store: InfluxStore, seed: int) -> None:
    now = time.time_ns() // 1_000_000
    written = scattered(random.Random(seed), now)
    store.write(written)
    total(store.roll_up(now // HOUR * HOUR))
    total(store.thin(now - 7 * DAY_MS))
    assert store.series() == series_of(written)


def test_of_hosts_alike_whose_numbers_all_are_new_only_the_last_hours_are_asked(
    store: InfluxStore, proxy: InfluxProxy
) -> None:
    now = time.time_ns() // 1_000_000
    written = [
        Point("disk", str(host), "device", "sda", now - ago, {"read": 1.0, "written": 1.0})
        for host in range(20)
        for ago in (MINUTE, 9 * DAY_MS)
    ]
    store.write(written)
    proxy.seen.clear()
    assert store.series() == series_of(written)
    asked = [one for *_, body in proxy.seen for one in unquote_plus(body.decode()).split(";")]
    newest = [one for one in asked if "GROUP BY" in one]
    assert newest
    assert not [one for one in newest if f"time >= {EARLIEST}ms" in one]


def test_a_core_has_the_numbers_of_cores_only(store: InfluxStore) -> None:
    now = time.time_ns() // 1_000_000
    store.write([Point("cpu", "nas", "core", "0", now, {"user": 1.0})])
    assert store.series() == []
    store.write([Point("cpu", "nas", "core", "0", now, {"usage_percent": 1.0})])
    assert store.series() == [Series("cpu", "nas", "core", "0", "usage_percent")]


def test_what_others_wrote_is_left_out(store: InfluxStore, address: Address, influxd: Influxd) -> None:
    now = time.time_ns() // 1_000_000
    store.write([Point("cpu", "nas", "", "", now, {"user": 1.0})])
    lines = ["cpu,host=a,cpu=0,zone=b user=1", "cpu,zone=b user=1", 'cpu,host=word said="x"']
    url = f"http://127.0.0.1:{influxd.port}/write"
    httpx.post(url, params={"db": address.database}, content="\n".join(lines)).raise_for_status()
    assert store.series() == [Series("cpu", "nas", "", "", "user")]


def test_a_key_of_an_index_is_read_as_it_was_written() -> None:
    keys = ["cpu,host=a", r"t\ w\,o,host=b\,c\=d,interface=e\f", "cpu,host=a,rollup=1h", "cpu", "cpu,core=0"]
    shown = Result(series=[Rows(values=[[key] for key in keys])])
    assert things(shown, of_rollups=False) == [
        Thing("cpu", "a", "", ""),
        Thing("t w,o", "b,c=d", "interface", "e\\f"),
    ]
    assert things(shown, of_rollups=True) == [Thing("cpu", "a", "", "")]
