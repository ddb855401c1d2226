"""InfluxDB 2.x: buckets, and before 2.4 a mapping for InfluxQL, by its API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from perfwatch.errors import Elsewhere, StoreError
from perfwatch.history.influx.buckets import SHARD_DAYS, Qualified
from perfwatch.history.influx.http import Forbidden, ServerRefused
from perfwatch.history.influx.query import EARLIEST, LATEST, Place
from perfwatch.readings.codec import format_time, from_ms

_SIZE = re.compile(r'^storage_shard_disk_size\{[^}]*bucket="([0-9a-f]+)"[^}]*\} (\S+)$', re.MULTILINE)


class Buckets2(Qualified):
    """A bucket that the token may not read is not to be seen: its list is empty, and the write tells."""

    def check(self) -> None:
        """Raises Elsewhere for a token of another organisation: /query asks that one, whatever is named.

        A token that may see neither itself nor a bucket is not found out.
        """
        org = self._server.address.org
        own = self._own() if org else org
        if own != org:
            whose = f"the organisation {own!r}" if own else "another organisation"
            raise Elsewhere(
                f"The token for InfluxDB at {self._server.address.url} is of {whose}, but"
                f" PERFWATCH_INFLUX_ORG names {org!r}: make a token in {org!r}, or name the organisation of"
                " this one"
            )

    def check_readable(self, place: Place) -> None:
        # Without an organisation it never tells whether a bucket is there, but lists all that may be read.
        org = self._server.address.org
        if (self._find(place.bucket) if org else self._server.get("/api/v2/buckets")["buckets"]) == []:
            advice = f"the token may not read the bucket {place.bucket}: see docs/influxdb.md"
            raise Forbidden(self._server.address, 403, "it does not show it", advice=advice)

    def ensure(self, place: Place) -> None:
        if not self._server.address.org:
            raise StoreError(
                f"InfluxDB at {self._server.address.url} writes into an organisation: name it in"
                " PERFWATCH_INFLUX_ORG"
            )
        found = self._find(place.bucket)
        bucket = self._make(place) if found is None else next(iter(found), None)
        if bucket is None:
            return
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
            try:
                self._server.send(
                    "POST", "/api/v2/delete", span, org=self._server.address.org, bucket=place.bucket
                )
            except ServerRefused as exc:
                # Nothing was rolled up yet, so nobody has made that one.
                if not exc.missing:
                    raise

    def size(self, place: Place) -> int | None:
        bucket, page = self._id(place), ""
        with suppress(Forbidden):  # --metrics-disabled
            page = self._server.read("/metrics")
        sizes = [float(size) for found, size in _SIZE.findall(page) if found == bucket]
        return round(sum(sizes))

    def _own(self) -> str:
        """The organisation of the token, as far as it may see that; empty for another than the named one."""
        org, token = self._server.address.org, self._server.address.token
        with suppress(Forbidden):
            known = self._server.get("/api/v2/authorizations").get("authorizations", [])
            if found := [str(one["org"]) for one in known if one.get("token") == token]:
                return found[0]
        # A limited one sees buckets of its own organisation alone, of the first hundred on the server.
        seen = self._server.get("/api/v2/buckets", limit="100").get("buckets", [])
        if len({one["orgID"] for one in seen}) != 1:
            return org
        named = self._find(seen[0]["name"]) or []
        return org if seen[0]["id"] in [one["id"] for one in named] else ""

    def _make(self, place: Place) -> Any:
        try:
            made = {"orgID": self._org_id(place), "name": place.bucket, "retentionRules": _rules(place)}
            return self._server.send("POST", "/api/v2/buckets", made)
        except Forbidden as exc:
            raise Forbidden(
                self._server.address, exc.status, exc.reason, advice=self._to_make(place)
            ) from exc
        except ServerRefused:
            # Somebody else may have made it since we looked.
            if not (found := self._find(place.bucket)):
                raise
            return found[0]

    def _find(self, bucket: str) -> list[Any] | None:
        """The bucket, if we may see it; None when there is no such bucket."""
        try:
            found = self._server.get("/api/v2/buckets", org=self._server.address.org, name=bucket)
        except ServerRefused as exc:
            if exc.missing:
                return None
            raise
        return list(found.get("buckets", []))

    def _id(self, place: Place) -> str:
        found = self._find(place.bucket)
        return str(found[0]["id"]) if found else ""

    def _org_id(self, place: Place) -> str:
        org = self._server.address.org
        found = self._server.get("/api/v2/orgs", org=org).get("orgs", [])
        if not found:
            reason = f"it shows the token no organisation {org!r}"
            raise Forbidden(self._server.address, 403, reason, advice=self._to_make(place))
        return str(found[0]["id"])

    def _to_make(self, place: Place) -> str:
        days = SHARD_DAYS.get(place.name)
        shard = f" --shard-group-duration {days}d" if days else ""
        make = f"influx bucket create --name {place.bucket} --org {self._server.address.org}{shard}"
        return (
            f"the bucket {place.bucket} is not there, and the token may not make it: make it yourself with"
            f" `{make}`, and let the token read and write it"
        )

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


def _rules(place: Place) -> list[dict[str, Any]]:
    """Everything is kept: 0 s is for ever."""
    if place.name not in SHARD_DAYS:
        return []
    seconds = SHARD_DAYS[place.name] * 86_400
    return [{"type": "expire", "everySeconds": 0, "shardGroupDurationSeconds": seconds}]
