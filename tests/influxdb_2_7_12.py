"""What InfluxDB 2.7.12 was seen to answer: buckets, rights, organisations. A fault for `InfluxProxy`.

Seen on a server built from its source. It keeps no readings: `/query` is answered with one row of a bucket
that is there and may be read.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import msgspec

from tests.influx_proxy import Fault

VERSION = "v2.7.12"
ORG, ORG_ID = "home", "7373bcfbaac29a96"

_PLACE = re.compile(r'FROM (?:"x"[.])?"(autogen|1m|1h)"[.]')
_ROW = {"name": "cpu", "columns": ["time", "count_user"], "values": [[0, 7]]}


class InfluxDB2712:
    """One organisation, and one token. It may do everything, or only what `rights` has of each bucket.

    `own` is the organisation of the token, which it may see with `sees_org`; `virtual`: a bucket's name alone
    maps it, as since 2.4.
    """

    def __init__(
        self,
        rights: dict[str, set[str]] | None = None,
        own: str = ORG,
        virtual: bool = True,
        sees_org: bool = False,
    ) -> None:
        self.rights = rights
        self.sees_org = sees_org or rights is None
        self.own = own
        self.virtual = virtual
        self.made: list[tuple[str, Any]] = []
        self.written: list[str] = []
        self.buckets: dict[str, dict[str, str]] = {}
        self.sizes = b""
        self.racing = False
        for bucket in rights or ():
            self.add(bucket)

    def add(self, bucket: str) -> None:
        """As somebody else would."""
        number = f"{len(self.buckets) + 10:016x}"
        self.buckets[bucket] = {"id": number, "orgID": ORG_ID, "name": bucket}

    def __call__(self, path: str, body: bytes) -> Fault:
        url = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/ping":
            return 204, b"", {"X-Influxdb-Version": VERSION}
        if url.path == "/metrics":
            return 200, self.sizes, {}
        if url.path == "/query":
            return self._query(unquote_plus(body.decode()))
        if url.path == "/api/v2/authorizations":
            return self._authorizations()
        if url.path != "/api/v2/dbrps" and not body and given.get("org", ORG) != ORG:
            return _error(404, "not found", f'organization name "{given["org"]}" not found')
        if url.path == "/api/v2/orgs":
            return _answer({"orgs": [{"id": ORG_ID, "name": ORG}] * self.sees_org})
        if url.path == "/api/v2/buckets":
            return self._make(msgspec.json.decode(body)) if body else self._list(**given)
        if url.path == "/api/v2/dbrps":
            return self._mapping(body)
        return self._into(url.path, given["bucket"], body)

    @property
    def limited_elsewhere(self) -> bool:
        """Its buckets are another organisation's than ours then."""
        return self.rights is not None and self.own != ORG

    def may(self, right: str, bucket: str) -> bool:
        return self.rights is None or right in self.rights.get(bucket, ())

    def _query(self, form: str) -> Fault:
        # It asks the token's own organisation, whatever is named.
        buckets = {} if self.rights is None and self.own != ORG else self.buckets
        readable = {bucket.rpartition("/")[2] for bucket in buckets if self.may("read", bucket)}
        [asked] = _PLACE.findall(form)[:1]
        if asked not in readable:
            missing = f"retention policy not found: {asked}" if readable else "database not found: x"
            return _answer({"results": [{"statement_id": 0, "error": missing}]})
        if "/api/v2/delete" in dict(self.made) or "perfwatch/" in form:
            return _answer({"results": [{"statement_id": 0}]})
        return _answer({"results": [{"statement_id": 0, "series": [_ROW]}]})

    def _authorizations(self) -> Fault:
        if self.rights is not None:
            return _answer({"authorizations": []})
        return _answer({"authorizations": [{"token": "token", "org": self.own}]})

    def _list(self, name: str = "", org: str = "", limit: str = "") -> Fault:
        """Only in an organisation it tells that a bucket is not there."""
        if org and name not in self.buckets:
            return _error(404, "not found", f'bucket "{name}" not found')
        # A limited token sees its own organisation's alone.
        hidden = org and self.limited_elsewhere
        shown = [one for bucket, one in self.buckets.items() if self.may("read", bucket) and not hidden]
        system = [{"name": "_monitoring"}] if self.rights is None else []
        return _answer({"buckets": [one for one in shown + system if name in ("", one["name"])]})

    def _make(self, made: dict[str, Any]) -> Fault:
        bucket = made["name"]
        if self.rights is not None:
            return _error(401, "unauthorized", f"write:orgs/{ORG_ID}/buckets is unauthorized")
        if self.racing:
            self.add(bucket)
        if bucket in self.buckets:
            return _error(422, "conflict", f"bucket with name {bucket} already exists")
        self.made.append(("/api/v2/buckets", made))
        self.add(bucket)
        return _answer(self.buckets[bucket], 201)

    def _mapping(self, body: bytes) -> Fault:
        if not body:
            return _answer({"content": [{"virtual": True}] if self.virtual else []})
        self.made.append(("/api/v2/dbrps", msgspec.json.decode(body)))
        return 201, body, {}

    def _into(self, path: str, bucket: str, body: bytes) -> Fault:
        if bucket not in self.buckets:
            return _error(404, "not found", f'bucket "{bucket}" not found')
        deletes = path == "/api/v2/delete"
        if self.limited_elsewhere or not self.may("write", bucket):
            what = "delete" if deletes else "write"
            return _error(403, "forbidden", f"insufficient permissions {'to' if deletes else 'for'} {what}")
        if deletes:
            self.made.append((path, msgspec.json.decode(body)))
        else:
            self.written.append(bucket)
        return 204, b"", {}


def _answer(content: Any, status: int = 200) -> Fault:
    return status, msgspec.json.encode(content), {}


def _error(status: int, code: str, message: str) -> Fault:
    return _answer({"code": code, "message": message}, status)
