"""Upkeep in InfluxDB, where nothing is a transaction: interrupted, doubled, overtaken by late readings."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from perfwatch.errors import StoreError
from perfwatch.history.influx.database import Database
from perfwatch.history.influx.notes import Notes
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.rollup import HOUR, MINUTE, floor, total
from perfwatch.history.store import Bucket, Point, Series, Work
from perfwatch.readings.codec import to_ms
from tests.influx import Influxd
from tests.influx_proxy import PASS, Fault, InfluxProxy

NOON = 1_795_435_200_000
USER = Series("cpu", "nas", "", "", "user")


def point(time: int, value: float = 1.0, host: str = "nas") -> Point:
    return Point("cpu", host, "", "", time, {"user": value})


@pytest.fixture
def store(address: Address) -> Iterator[InfluxStore]:
    with InfluxStore(address) as opened:
        yield opened


def rows(store: InfluxStore) -> list[int]:
    return [tier.rows for tier in store.tiers()]


def hourly(store: InfluxStore) -> list[Bucket]:
    return store.query([USER], NOON, NOON + 24 * HOUR, HOUR)[USER]


FULL: Fault = (500, b'{"error":"engine: the disk of this test is full"}', {})


def test_a_thinning_that_was_interrupted_is_finished(store: InfluxStore, proxy: InfluxProxy) -> None:
    store.write([point(NOON + n, float(n)) for n in range(4)])
    total(store.roll_up(NOON + HOUR))
    proxy.fault = lambda path, body: FULL if b"DELETE" in body else PASS
    with pytest.raises(StoreError, match="the disk of this test is full"):
        total(store.thin(NOON + HOUR))
    proxy.fault = None
    store.write([point(NOON + HOUR, 5.0)])
    total(store.roll_up(NOON + 2 * HOUR))
    assert rows(store) == [1, 2, 2]
    assert hourly(store) == [Bucket(NOON, 1.5, 0.0, 3.0), Bucket(NOON + HOUR, 5.0, 5.0, 5.0)]


def test_a_rolling_up_that_was_interrupted_is_done_again(
    store: InfluxStore, address: Address, proxy: InfluxProxy
) -> None:
    store.write([point(NOON + n * HOUR) for n in range(2)])
    hours = f"bucket={address.database}%2F1h"
    proxy.fault = lambda path, body: FULL if hours in path else PASS
    with pytest.raises(StoreError, match="the disk of this test is full"):
        total(store.roll_up(NOON + 2 * HOUR))
    proxy.fault = None
    assert total(store.roll_up(NOON + 2 * HOUR)) == Work(rolled_up=2)
    assert rows(store) == [2, 2, 2]


def test_several_bridges_at_once_do_no_harm(address: Address) -> None:
    with InfluxStore(address) as first, InfluxStore(address) as second, InfluxStore(address) as third:
        first.write([point(NOON + n * MINUTE, float(n)) for n in range(300)])
        before = hourly(first)
        with ThreadPoolExecutor() as pool:
            stores = (first, second, third)
            list(pool.map(lambda one: total(one.roll_up(NOON + 4 * HOUR)), stores))
            list(pool.map(lambda one: total(one.thin(NOON + 4 * HOUR)), stores))
        assert hourly(first) == before
        assert rows(first) == [60, 240, 4]


def test_what_is_written_while_its_hour_is_rolled_up_is_late(address: Address) -> None:
    notes = Notes(Database(address))
    notes.mark_late([point(NOON)])
    [seen] = notes.late(NOON + HOUR)
    notes.mark_late([point(NOON + 1), point(NOON, host="desk")])
    notes.done([seen])
    assert {(one.host, one.hour) for one in notes.late(NOON + HOUR)} == {("desk", NOON), ("nas", NOON)}
    notes.done(notes.late(NOON + HOUR))
    assert notes.late(NOON + HOUR) == []


def test_how_far_upkeep_has_come_never_goes_back(address: Address) -> None:
    notes = Notes(Database(address))
    for hour in (NOON + HOUR, NOON):
        notes.advance(rolled_to=hour, raw_from=hour - HOUR)
    assert notes.reach()[:2] == (NOON + HOUR, NOON)


def test_other_programs_points_are_not_rolled_up(
    store: InfluxStore, address: Address, influxd: Influxd
) -> None:
    store.write([point(NOON)])
    theirs = ("cpu,host=nas,rack=1,row=2 user=1", "weather degrees=3", 'cpu,host=nas note="text"')
    lines = "\n".join(f"{line} {NOON}" for line in theirs)
    url = f"http://127.0.0.1:{influxd.port}/write?db={address.database}&precision=ms"
    httpx.post(url, content=lines).raise_for_status()
    assert total(store.roll_up(NOON + HOUR)) == Work(rolled_up=1)
    assert rows(store)[1:] == [1, 1]


def test_a_rollup_is_read_by_anyone(store: InfluxStore, address: Address, influxd: Influxd) -> None:
    store.write([point(NOON + n * 10_000, float(n)) for n in range(6)])
    total(store.roll_up(NOON + HOUR))
    found = influxd.ask(f'SELECT * FROM "{address.database}"."1m"."cpu"', epoch="ms")
    [table] = found["results"][0]["series"]
    assert dict(zip(table["columns"], table["values"][0], strict=True)) == {
        "time": floor(NOON, MINUTE),
        "host": "nas",
        "rollup": "base",
        "sum_user": 15,
        "count_user": 6,
        "min_user": 0,
        "max_user": 5,
    }


def test_the_oldest_reading_is_known_whatever_came_late_or_was_removed(store: InfluxStore) -> None:
    def oldest() -> int:
        found = store.span().oldest
        assert found is not None
        return to_ms(found)

    store.write([point(NOON + 5)])
    assert oldest() == NOON + 5
    total(store.roll_up(NOON + HOUR))
    assert oldest() == NOON + 5
    store.write([point(NOON - 50 * HOUR, host="desk")])
    assert oldest() == NOON - 50 * HOUR
    total(store.roll_up(NOON + HOUR))
    total(store.thin(NOON))
    assert oldest() == NOON - 50 * HOUR
    total(store.forget(NOON - HOUR))
    assert oldest() == NOON  # its minute
