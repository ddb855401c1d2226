"""InfluxDB 3 Core as 3.6.0 was seen to answer: its files, its columns, its limits."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from perfwatch.errors import PartialWrite, StoreError, Unsupported
from perfwatch.history.influx.fold import readings
from perfwatch.history.influx.query import Place, unqualified
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.influx.version_3 import HORIZON_MS, Databases3
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, MINUTE, closed, floor, total, upkeep
from perfwatch.history.store import Bucket, Layout, Numbers, Part, Point, Series
from perfwatch.readings.codec import from_ms
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy
from tests.influxdb_3_core_3_6_0 import COLUMNS, TABLES, Core360

USER = Series("cpu", "nas", "", "", "user")


def point(time: int, value: float = 1.0, metric: str = "cpu") -> Point:
    return Point(metric, "nas", "", "", time, {"user": value})


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def core(proxy: InfluxProxy, influxd: Influxd) -> Core360:
    core = proxy.double = Core360(influxd.port)
    return core


@pytest.fixture
def store(core: Core360, address: Address) -> Iterator[InfluxStore]:
    with InfluxStore(address) as opened:
        yield opened


def test_a_statement_is_about_the_place_that_comes_first_in_it() -> None:
    raw, hours = (Place("x", name) for name in ("autogen", "1h"))
    asked = readings(hours, "cpu", 'so "x"."autogen".called', 0, 1)
    place, statement = unqualified(asked, [raw, hours])
    assert place == hours
    assert statement.startswith('SELECT * FROM "cpu" WHERE "host" = \'so "x"."autogen".called\'')


def test_three_weeks_are_listed_asked_rolled_up_and_measured(store: InfluxStore, now: int) -> None:
    """No question is about more files than the server opens, or it would be refused."""
    hour = closed(now) - HOUR
    days = [hour - day * DAY_MS for day in (20, 10, 4, 0)]
    store.write([point(day + MINUTE * n, float(n)) for day in days for n in range(3)])
    store.write([Point("cpu", "nas", "core", "0", hour, {"user": 7.0})])
    assert total(upkeep(store, store.policy(), now)).rolled_up == 13
    assert store.series() == [USER, USER._replace(tag="core", part="0")]
    found = store.query([USER], now - 30 * DAY_MS, now, HOUR)[USER]
    assert found == [Bucket(day, 1.0, 0.0, 2.0) for day in days]
    found = store.query([USER], now - 30 * DAY_MS, now, 7 * MINUTE)[USER]
    assert [(bucket.min, bucket.max) for bucket in found if bucket.time >= days[1]][-1][1] == 2.0
    assert store.span()[1:] == (from_ms(days[0]), from_ms(hour + 2 * MINUTE))
    assert [tier.rows for tier in store.tiers()] == [13, 13, 5]
    assert list(upkeep(store, store.policy(), now)) == []


def test_readings_of_yesterday_are_listed_in_the_last_hour_of_a_day_too(
    store: InfluxStore, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour after now is of another stretch then."""
    late = floor(now, DAY_MS) - 30 * MINUTE
    monkeypatch.setattr(time, "time_ns", lambda: late * 1_000_000)
    store.write([point(late - 23 * HOUR - 45 * MINUTE)])
    assert store.series() == [USER]


def test_what_comes_late_is_rolled_up_again(store: InfluxStore, now: int) -> None:
    hour = closed(now) - DAY_MS
    store.write([point(hour)])
    total(store.roll_up(closed(now)))
    store.write([point(hour + 1, 3.0)])
    total(store.roll_up(closed(now)))
    assert store.query([USER], hour, hour + HOUR, HOUR)[USER] == [Bucket(hour, 2.0, 1.0, 3.0)]


def test_a_question_is_never_about_what_is_older_than_the_horizon(now: int) -> None:
    raw = Place("x", "autogen")
    pieces = Databases3.stretches(object.__new__(Databases3), raw)
    assert all(stop - start <= DAY_MS for start, stop in pieces)
    assert pieces[0].start >= now - HORIZON_MS
    assert [one.stop for one in pieces[:-1]] == [one.start for one in pieces[1:]]
    assert pieces[-1].stop > now


def test_a_limit_on_files_is_told_with_what_lifts_it(store: InfluxStore, proxy: InfluxProxy) -> None:
    store.write([point(0)])
    proxy.fault = lambda path, body: (
        (500, b'{"error":"Query would exceed file limit of 432 parquet files."}', {})
        if "SELECT" in path
        else (0, b"", {})
    )
    with pytest.raises(
        StoreError, match="ask about fewer days, or start the server with a higher --query-fi"
    ):
        store.span()


def test_a_policy_that_was_saved_is_read(store: InfluxStore) -> None:
    """It has the boolean as a float."""
    store.set_policy(Policy(retention_days=90, enabled=False))
    assert store.policy() == Policy(retention_days=90, enabled=False)


def test_the_whole_host_is_found_where_no_point_has_the_tag_of_its_parts(
    store: InfluxStore, now: int
) -> None:
    uptime = Series("system", "nas", "", "", "uptime_seconds")
    store.write([Point(*uptime[:4], now, {"uptime_seconds": 5.0})])
    assert [bucket.mean for bucket in store.query([uptime], now, now + 1, 1)[uptime]] == [5.0]


NAMES = ["user", "name", "limit", "two words", "a.b", "größe", 'say "hi"', '"hi"', "plain", "last_x", "a\\b"]


def test_a_field_that_influxql_would_quote_is_listed_by_its_name(store: InfluxStore, now: int) -> None:
    store.write([Point("x", "nas", "", "", now, dict.fromkeys(NAMES, 1.0))])
    assert [one.field for one in store.series()] == sorted(NAMES)


def test_what_only_an_older_reading_has_is_listed_too(store: InfluxStore, now: int) -> None:
    cores = [("0", now, "usage_percent"), ("0", now - 1, "frequency_mhz"), ("1", now, "user")]
    store.write([Point("cpu", "nas", "core", part, at, {field: 1.0}) for part, at, field in cores])
    store.write(
        [Point("cpu", "nas", "", "", at, {field: 1.0}) for at, field in ((now, "user"), (now - 1, "system"))]
    )
    assert [(one.part, one.field) for one in store.series()] == [
        ("", "system"),
        ("", "user"),
        ("0", "frequency_mhz"),
        ("0", "usage_percent"),
        ("1", "user"),
    ]


def test_a_field_that_is_called_like_a_tag_costs_nothing(store: InfluxStore, now: int) -> None:
    users = Layout("system", "nas", (Part("", "", ("user", "host", "load")), Part("user", "root", ("user",))))
    assert store.write([Numbers(users, now, [1.0, 2.0, 3.0, 4.0])]) == 4
    assert store.write([Point("system", "nas", "", "", now - 1, {"user": 5.0})]) == 1
    whole = [Series("system", "nas", "", "", field) for field in ("host", "load", "user")]
    assert store.series() == [*whole, Series("system", "nas", "user", "root", "user")]
    found = store.query(whole, now - 1, now + 1, 1)
    assert {one.field: [bucket.mean for bucket in found[one]] for one in whole} == {
        "host": [2.0],
        "load": [3.0],
        "user": [5.0, 1.0],
    }


def test_too_many_columns_cost_the_points_that_have_them(store: InfluxStore, now: int) -> None:
    for metric, room in (("x", 0), ("y", 1)):
        most = dict.fromkeys(
            (f"f{n}" for n in range(COLUMNS - 2 - room)), 1.0
        )  # the host and the time are two
        store.write([Point(metric, "nas", "", "", now, most)])
    more = [Point(metric, "nas", "", "", now + 1, {"more": 1.0}) for metric in ("x", "y")]
    refused = f"x of nas at {now + 1}: .*would exceed number of columns per table limit of 500 columns"
    with pytest.raises(PartialWrite, match=refused) as caught:
        store.write([point(now), *more, point(now + 1)])
    assert len(caught.value.refused) == 1
    assert len(store.query([USER], now, now + 2, 1)[USER]) == 2
    assert Series("y", "nas", "", "", "more") in store.series("y")


def test_too_many_tables_cost_the_points_of_new_ones(store: InfluxStore, core: Core360, now: int) -> None:
    store.write([point(now)])
    core.tables |= {("other", str(number)): {} for number in range(TABLES)}
    refused = f"memory of nas at {now}: .*would exceed number of tables limit of 2000 tables"
    with pytest.raises(PartialWrite, match=refused) as caught:
        store.write([point(now + 1), point(now, metric="memory"), point(now - DAY_MS)])
    assert len(caught.value.refused) == 1  # and no note of a late hour, which has a table too
    assert len(store.query([USER], now - DAY_MS, now + 2, 1)[USER]) == 3


def test_what_is_no_number_is_refused_alone_and_with_its_cause(store: InfluxStore, now: int) -> None:
    bad = point(now + 1, float("nan"))
    with pytest.raises(PartialWrite, match=f"cpu of nas at {now + 1}: .*: No fields were provided$"):
        store.write([point(now), bad, point(now + 2)])
    assert len(store.query([USER], now, now + 3, 1)[USER]) == 2


def test_too_many_columns_of_rollups_cost_those_rollups(store: InfluxStore, now: int) -> None:
    """A rollup has four for each field: so a table has room for 125 of them."""
    hour = closed(now) - HOUR
    store.write([Point("x", "nas", "", "", hour, {f"f{n}": 1.0 for n in range(126)}), point(hour)])
    with pytest.raises(PartialWrite, match=r"x,host=nas,rollup=base: .*columns.*and 1 more points") as caught:
        total(store.roll_up(closed(now)))
    assert len(caught.value.refused) == 2  # a minute and an hour
    assert len(set(caught.value.refused)) == 1
    assert [tier.rows for tier in store.tiers()] == [127, 1, 1]
    assert list(store.roll_up(closed(now))) == []


def test_where_there_is_room_for_raw_readings_only_they_are_kept(
    store: InfluxStore, core: Core360, now: int
) -> None:
    core.databases = {"a", "b", "c", "d"}
    store.write([point(now - DAY_MS), point(now)])
    with pytest.raises(StoreError, match="takes no more databases, and PerfWatch needs three"):
        total(store.roll_up(closed(now)))
    assert store.query([USER], now - DAY_MS, now + 1, DAY_MS // 2)[USER] != []


def test_a_mean_past_the_largest_float_is_found_all_the_same(store: InfluxStore, now: int) -> None:
    """It breaks its answer off."""
    begin = floor(now, MINUTE) - MINUTE
    store.write([point(begin + offset, 1.7e308) for offset in range(40)])
    assert store.query([USER], begin, begin + MINUTE, MINUTE)[USER] == [Bucket(begin, *[1.7e308] * 3)]


def test_influxdb_3_is_told_to_have_a_retention_period_of_its_own(store: InfluxStore, now: int) -> None:
    assert store.write([point(now)]) == 1
    told = "cannot delete readings over HTTP: give it a retention period"
    for clean in (lambda: store.delete_before(now), lambda: store.set_policy(Policy())):
        with pytest.raises(Unsupported, match=told):
            clean()
    assert store.policy() == Policy(enabled=False)


def test_a_database_that_influxdb_3_does_not_have_yet_is_empty(store: InfluxStore) -> None:
    assert (store.series(), store.span().newest) == ([], None)
