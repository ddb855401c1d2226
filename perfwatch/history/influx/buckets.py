"""What must be on an InfluxDB server before points can be: made when it is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from perfwatch.errors import StoreError, Unsupported
from perfwatch.history.influx.http import Forbidden, Server, ServerRefused
from perfwatch.history.influx.query import (
    EARLIEST,
    HOURS,
    LATEST,
    MINUTES,
    RAW,
    ROLLUP,
    Place,
    Result,
    between,
    name,
    unqualified,
)
from perfwatch.readings.codec import format_time, from_ms

_SIZE = re.compile(r'^storage_shard_disk_size\{[^}]*bucket="([0-9a-f]+)"[^}]*\} (\S+)$', re.MULTILINE)


class Buckets(Protocol):
    """What differs between the versions: making a bucket, its size, deleting in it."""

    @property
    def answers(self) -> bool:
        """Whether what is written can be asked for again."""

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        """The answers to statements, each about one of those places."""

    def measurements(self, place: Place) -> list[str]:
        """The names of what that bucket has, or has had."""

    def ensure(self, place: Place) -> None:
        """Make what is missing of that bucket, so that it can be written and read."""

    def allow_deletion(self, place: Place) -> None:
        """Raises Unsupported when readings there cannot be removed."""

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        """Remove start ≤ time < stop (ms) from the raw tier alone, or from both others."""

    def size(self, place: Place) -> int | None:
        """Bytes on disk; None when the server does not tell, or not us."""


class _Qualified:
    """Statements name the bucket that they are about."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        return self._server.query(list(statements), *places[0])

    def measurements(self, place: Place) -> list[str]:
        # Not SHOW MEASUREMENTS: InfluxDB 2 answers it for a database's default policy only. Should a version
        # do so here as well, every series is asked instead, at a hundred times the cost.
        shown = f"SHOW FIELD KEYS ON {name(place.database)} FROM {name(place.name)}./.*/"
        asked = f"SELECT * FROM {place.qualifier}/.*/ ORDER BY time DESC LIMIT 1"
        found = (self._server.query([statement], *place)[0].series for statement in (shown, asked))
        return [rows.name for rows in next(filter(None, found), [])]


class Databases1(_Qualified):
    """InfluxDB 1.x: databases and retention policies, by InfluxQL."""

    answers = True

    def ensure(self, place: Place) -> None:
        database, rp = name(place.database), name(place.name)
        # Asked for first, because making one, even one that is there, needs an administrator.
        policies = self._policies(place)
        if not policies:
            self._ask(place, f"CREATE DATABASE {database}")
            policies = self._policies(place)
        if place.name not in policies:
            self._ask(place, f"CREATE RETENTION POLICY {rp} ON {database} DURATION INF REPLICATION 1")

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


class Buckets2(_Qualified):
    """InfluxDB 2.x: buckets, and before 2.4 a mapping for InfluxQL, by its API."""

    answers = True

    def ensure(self, place: Place) -> None:
        bucket = self._find(place) or self._make(place)
        mapping = {"db": place.database, "rp": place.name}
        known = self._server.get("/api/v2/dbrps", orgID=bucket["orgID"], **mapping)
        if not known.get("content"):  # since 2.4 the bucket's name alone is a mapping
            self._map(place, bucket)

    def allow_deletion(self, place: Place) -> None:
        return

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        # Both ends are deleted too, so the end is the last millisecond before.
        span = {"start": _rfc3339(start), "stop": _rfc3339(stop - 1)}
        for place in places:
            self._server.send(
                "POST", "/api/v2/delete", span, org=self._server.address.org, bucket=place.bucket
            )

    def size(self, place: Place) -> int | None:
        bucket, page = self._id(place), ""
        with suppress(Forbidden):  # --metrics-disabled
            page = self._server.read("/metrics")
        sizes = [float(size) for found, size in _SIZE.findall(page) if found == bucket]
        return round(sum(sizes)) if sizes else None

    def _make(self, place: Place) -> Any:
        made = {"orgID": self._org_id(), "name": place.bucket, "retentionRules": []}
        try:
            return self._server.send("POST", "/api/v2/buckets", made)
        except ServerRefused:
            # Somebody else may have made it since we looked.
            if (bucket := self._find(place)) is None:
                raise
            return bucket

    def _find(self, place: Place) -> Any:
        try:
            found = self._server.get("/api/v2/buckets", org=self._server.address.org, name=place.bucket)
        except ServerRefused as exc:
            if exc.missing:
                return None
            raise
        return next(iter(found.get("buckets", [])), None)

    def _id(self, place: Place) -> str:
        return str((self._find(place) or {}).get("id", ""))

    def _org_id(self) -> str:
        org = self._server.address.org
        found = self._server.get("/api/v2/orgs", org=org).get("orgs", [])
        if not org or not found:
            raise StoreError(
                f"InfluxDB at {self._server.address.url} has no organisation {org!r} that the token may use:"
                " name it in PERFWATCH_INFLUX_ORG"
            )
        return str(found[0]["id"])

    def _map(self, place: Place, bucket: Any) -> None:
        self._server.send(
            "POST",
            "/api/v2/dbrps",
            {
                "orgID": bucket["orgID"],
                "bucketID": bucket["id"],
                "database": place.database,
                "retention_policy": place.name,
                "default": False,
            },
        )


class WriteOnly(_Qualified):
    """VictoriaMetrics: what is written appears, and nothing can be deleted over HTTP."""

    answers = False

    def ensure(self, place: Place) -> None:
        return

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        self.allow_deletion(places[0])

    def allow_deletion(self, place: Place) -> None:
        raise Unsupported(
            f"The server at {self._server.address.url} cannot delete readings over HTTP: give it a retention"
            " period of its own (docs/influxdb.md)"
        )

    def size(self, place: Place) -> int | None:
        return None


class Databases3(WriteOnly):
    """InfluxDB 3: as many databases as there are buckets, which appear when they are written."""

    answers = True

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        # It takes one statement a request; and where one names a retention policy `autogen`, it looks in
        # another database than /api/v2/write puts into: so the request names the database, and nothing else.
        asked = (unqualified(statement, places) for statement in statements)
        return [self._server.query_3(statement, place.bucket) for place, statement in asked]

    def measurements(self, place: Place) -> list[str]:
        return [rows.name for rows in self._server.query_3("SHOW FIELD KEYS", place.bucket).series]


def buckets_of(server: Server) -> Buckets:
    """The way of that server's version. InfluxDB Cloud, which does not tell one, has organisations."""
    major = server.version().lstrip("v").partition(".")[0]
    if major == "2" or (not major and server.address.org):
        return Buckets2(server)
    if major == "1":
        return Databases1(server)
    return Databases3(server) if major else WriteOnly(server)


def _rfc3339(time: int) -> str:
    return format_time(from_ms(min(max(time, EARLIEST + 1), LATEST)))
