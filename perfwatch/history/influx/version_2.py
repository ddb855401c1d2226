"""InfluxDB 2.x: buckets, and before 2.4 a mapping for InfluxQL, by its API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from perfwatch.errors import StoreError
from perfwatch.history.influx.buckets import Qualified
from perfwatch.history.influx.http import Forbidden, ServerRefused
from perfwatch.history.influx.query import EARLIEST, LATEST, Place
from perfwatch.readings.codec import format_time, from_ms

_SIZE = re.compile(r'^storage_shard_disk_size\{[^}]*bucket="([0-9a-f]+)"[^}]*\} (\S+)$', re.MULTILINE)


class Buckets2(Qualified):
    """A bucket that a token may not read is not to be seen, as if it were not there."""

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


def _rfc3339(time: int) -> str:
    return format_time(from_ms(min(max(time, EARLIEST + 1), LATEST)))
