"""What must be on an InfluxDB server before points can be: made when it is missing."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from perfwatch.errors import StoreError
from perfwatch.history.influx_http import Forbidden, Refused, Server
from perfwatch.history.influxql import EARLIEST, LATEST, Place, Result, name
from perfwatch.readings import format_time, from_ms, to_ms

_SIZE = re.compile(r'^storage_shard_disk_size\{[^}]*bucket="([0-9a-f]+)"[^}]*\} (\S+)$', re.MULTILINE)


class Buckets(Protocol):
    """What differs between the versions: making a bucket, its retention, its size, deleting in it."""

    def ensure(self, place: Place) -> None:
        """Make what is missing of that bucket, so that it can be written and read."""

    def retain(self, place: Place, seconds: int) -> None:
        """Let the server drop what is older; 0 keeps everything."""

    def delete_before(self, place: Place, time: int) -> None:
        """Remove what is older than `time` (ms)."""

    def size(self, place: Place) -> int | None:
        """Bytes on disk; None when the server does not tell, or not us."""


class Databases1:
    """InfluxDB 1.x: databases and retention policies, by InfluxQL."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ensure(self, place: Place) -> None:
        database, rp = name(place.database), name(place.name)
        try:
            [result] = self._ask(place, f"SHOW RETENTION POLICIES ON {database}")
        except Refused as exc:
            if exc.status != 404:
                raise
            # Asked for first, because making one, even one that is there, needs an administrator.
            [_, result] = self._ask(
                place, f"CREATE DATABASE {database}", f"SHOW RETENTION POLICIES ON {database}"
            )
        if place.name not in [row[0] for rows in result.series for row in rows.values]:
            self._ask(place, f"CREATE RETENTION POLICY {rp} ON {database} DURATION INF REPLICATION 1")

    def retain(self, place: Place, seconds: int) -> None:
        duration = f"{seconds}s" if seconds else "INF"
        self._ask(
            place,
            f"ALTER RETENTION POLICY {name(place.name)} ON {name(place.database)} DURATION {duration}",
        )

    def delete_before(self, place: Place, time: int) -> None:
        """DELETE knows no retention policies: where there are several, whole shards of ours go instead."""
        [policies] = self._ask(place, f"SHOW RETENTION POLICIES ON {name(place.database)}")
        if sum(len(rows.values) for rows in policies.series) == 1:
            self._ask(place, f"DELETE WHERE time < {time}ms")
            return
        for shard in self._shards_before(place, time):
            self._ask(place, f"DROP SHARD {shard}")

    def size(self, place: Place) -> int | None:
        with suppress(Forbidden):  # only administrators are told
            return self._size(place)
        return None

    def _size(self, place: Place) -> int:
        [result] = self._ask(place, "SHOW STATS FOR 'shard'")
        sizes: list[int] = [
            row[rows.columns.index("diskBytes")]
            for rows in result.series
            if (rows.tags.get("database"), rows.tags.get("retentionPolicy")) == place
            for row in rows.values
        ]
        return sum(sizes)

    def _shards_before(self, place: Place, time: int) -> list[int]:
        [result] = self._ask(place, "SHOW SHARDS")
        shards = [dict(zip(rows.columns, row, strict=True)) for rows in result.series for row in rows.values]
        return [
            shard["id"]
            for shard in shards
            if (shard["database"], shard["retention_policy"]) == place
            and to_ms(datetime.fromisoformat(shard["end_time"])) <= time
        ]

    def _ask(self, place: Place, *statements: str) -> list[Result]:
        return self._server.query(list(statements), place.database, place.name)


class Buckets2:
    """InfluxDB 2.x: buckets, and before 2.4 a mapping for InfluxQL, by its API."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ensure(self, place: Place) -> None:
        bucket = self._find(place)
        if bucket is None:
            bucket = self._server.send(
                "POST",
                "/api/v2/buckets",
                {"orgID": self._org_id(), "name": place.bucket, "retentionRules": []},
            )
        mapping = {"db": place.database, "rp": place.name}
        known = self._server.get("/api/v2/dbrps", orgID=bucket["orgID"], **mapping)
        if not known.get("content"):  # since 2.4 the bucket's name alone is a mapping
            self._map(place, bucket)

    def retain(self, place: Place, seconds: int) -> None:
        rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
        self._server.send("PATCH", f"/api/v2/buckets/{self._id(place)}", {"retentionRules": rules})

    def delete_before(self, place: Place, time: int) -> None:
        # Both ends are deleted too, so the end is the last millisecond before.
        span = {"start": _rfc3339(EARLIEST), "stop": _rfc3339(time - 1)}
        self._server.send("POST", "/api/v2/delete", span, org=self._server.address.org, bucket=place.bucket)

    def size(self, place: Place) -> int | None:
        bucket, page = self._id(place), ""
        with suppress(Forbidden):  # --metrics-disabled
            page = self._server.read("/metrics")
        sizes = [float(size) for found, size in _SIZE.findall(page) if found == bucket]
        return round(sum(sizes)) if sizes else None

    def _find(self, place: Place) -> Any:
        try:
            found = self._server.get("/api/v2/buckets", org=self._server.address.org, name=place.bucket)
        except Refused as exc:
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


class Undivided:
    """InfluxDB 3, VictoriaMetrics: what is written appears, and nothing can be deleted over HTTP."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ensure(self, place: Place) -> None:
        return

    def retain(self, place: Place, seconds: int) -> None:
        raise self._unable("change how long it keeps readings")

    def delete_before(self, place: Place, time: int) -> None:
        raise self._unable("delete readings")

    def size(self, place: Place) -> int | None:
        return None

    def _unable(self, what: str) -> StoreError:
        return StoreError(
            f"The server at {self._server.address.url} cannot {what} over HTTP: give it a retention period of"
            " its own (docs/influxdb.md)"
        )


def buckets_of(server: Server) -> Buckets:
    """The way of that server's version. InfluxDB Cloud, which does not tell one, has organisations."""
    major = server.version().lstrip("v").partition(".")[0]
    if major == "2" or (not major and server.address.org):
        return Buckets2(server)
    return Databases1(server) if major == "1" else Undivided(server)


def _rfc3339(time: int) -> str:
    return format_time(from_ms(min(max(time, EARLIEST + 1), LATEST)))
