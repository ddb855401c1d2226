"""InfluxDB 3 by its rules, as the proxy keeps them in front of a real 1.6: it has no package to run here."""

from __future__ import annotations

import pytest

from perfwatch.errors import Unsupported
from perfwatch.history.influx.fold import readings
from perfwatch.history.influx.query import Place, unqualified
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.store import Bucket, Point, Series
from perfwatch.readings.codec import from_ms
from tests.influx import TIERS, Influxd
from tests.influx_proxy import InfluxProxy

NOON = 1_795_435_200_000


def point(time: int, value: float = 1.0) -> Point:
    return Point("cpu", "nas", "", "", time, {"user": value})


def test_a_statement_is_about_the_place_that_comes_first_in_it() -> None:
    raw, hours = (Place("x", name) for name in ("autogen", "1h"))
    asked = readings(hours, "cpu", 'so "x"."autogen".called', 0, 1)
    place, statement = unqualified(asked, [raw, hours])
    assert place == hours
    assert statement.startswith('SELECT * FROM "cpu" WHERE "host" = \'so "x"."autogen".called\'')


def ready(proxy: InfluxProxy, address: Address, influxd: Influxd) -> None:
    """Where a database of InfluxDB 3 would appear with the first write."""
    influxd.ask(f'CREATE DATABASE "{address.database}"')
    for tier in TIERS[1:]:
        influxd.ask(f'CREATE RETENTION POLICY "{tier}" ON "{address.database}" DURATION INF REPLICATION 1')
    proxy.as_3 = True


def test_influxdb_3_is_asked_one_statement_at_a_time(
    proxy: InfluxProxy, address: Address, influxd: Influxd
) -> None:
    ready(proxy, address, influxd)
    user, core = Series("cpu", "nas", "", "", "user"), Series("cpu", "nas", "core", "0", "user")
    with InfluxStore(address) as store:
        store.write([point(NOON + n * MINUTE, float(n)) for n in range(90)])
        store.write([Point("cpu", "nas", "core", "0", NOON, {"user": 7.0})])
        assert total(store.roll_up(NOON + HOUR)).rolled_up == 61
        assert store.series() == [user, core]
        found = store.query([user, core], NOON, NOON + 2 * HOUR, HOUR)
        assert found[user] == [Bucket(NOON, 29.5, 0.0, 59.0), Bucket(NOON + HOUR, 74.5, 60.0, 89.0)]
        assert found[core] == [Bucket(NOON, 7.0, 7.0, 7.0)]
        assert [tier.rows for tier in store.tiers()] == [91, 61, 2]
        assert store.span().newest == from_ms(NOON + 89 * MINUTE)


def test_influxdb_3_is_told_to_have_a_retention_period_of_its_own(
    proxy: InfluxProxy, address: Address, influxd: Influxd
) -> None:
    ready(proxy, address, influxd)
    with InfluxStore(address) as store:
        assert store.write([point(NOON)]) == 1
        told = "cannot delete readings over HTTP: give it a retention period"
        with pytest.raises(Unsupported, match=told):
            store.delete_before(NOON + HOUR)
        with pytest.raises(Unsupported, match=told):
            store.set_policy(Policy())
        assert store.policy() == Policy(enabled=False)
        store.set_policy(Policy(retention_days=90, enabled=False))
        assert store.policy() == Policy(retention_days=90, enabled=False)


def test_a_database_that_influxdb_3_does_not_have_yet_is_empty(proxy: InfluxProxy, address: Address) -> None:
    proxy.as_3 = True
    with InfluxStore(address) as store:
        assert (store.series(), store.span().newest) == ([], None)
