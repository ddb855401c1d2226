"""InfluxDB 1.x: databases and retention policies, by InfluxQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from perfwatch.errors import Unsupported
from perfwatch.history.influx.buckets import SHARD_DAYS, Qualified
from perfwatch.history.influx.http import Forbidden, ServerRefused
from perfwatch.history.influx.query import HOURS, MINUTES, RAW, ROLLUP, Place, Result, between, name


class Databases1(Qualified):
    """A DELETE reaches every retention policy of a database."""

    def ensure(self, place: Place) -> None:
        database, rp = name(place.database), name(place.name)
        # Asked for first, because making one, even one that is there, needs an administrator.
        policies = self._policies(place)
        if not policies:
            self._ask(place, f"CREATE DATABASE {database}")
            policies = self._policies(place)
        if place.name not in policies:
            shard = f" SHARD DURATION {SHARD_DAYS[place.name]}d" if place.name in SHARD_DAYS else ""
            self._ask(place, f"CREATE RETENTION POLICY {rp} ON {database} DURATION INF REPLICATION 1{shard}")

    def allow_deletion(self, place: Place) -> None:
        others = self._policies(place) - {RAW, MINUTES, HOURS}
        if others:
            raise Unsupported(
                f"The database {place.database} on {self._server.address.url} has retention policies of"
                f" others ({', '.join(sorted(others))}), which any DELETE would reach: give PerfWatch a"
                " database of its own (docs/influxdb.md)"
            )

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        # DELETE knows no retention policies, but tags: only rollups have this one.
        self.allow_deletion(places[0])
        which = "=" if places[0].name == RAW else "!="
        self._ask(places[0], f"DELETE WHERE {between(start, stop)} AND {name(ROLLUP)} {which} ''")

    def size(self, place: Place) -> int | None:
        with suppress(Forbidden):  # only administrators are told
            return self._size(place)
        return None

    def _size(self, place: Place) -> int:
        result = self._ask(place, "SHOW STATS FOR 'shard'")
        sizes: list[int] = [
            row[rows.columns.index("diskBytes")]
            for rows in result.series
            if (rows.tags.get("database"), rows.tags.get("retentionPolicy")) == place
            for row in rows.values
        ]
        return sum(sizes)

    def _policies(self, place: Place) -> set[str]:
        """The database's retention policies; none when there is no such database."""
        try:
            result = self._ask(place, f"SHOW RETENTION POLICIES ON {name(place.database)}")
        except ServerRefused as exc:
            if exc.status != 404:
                raise
            return set()
        return {row[0] for rows in result.series for row in rows.values}

    def _ask(self, place: Place, statement: str) -> Result:
        [result] = self._server.query([statement], place.database, place.name)
        return result
