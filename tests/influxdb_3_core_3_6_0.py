"""What InfluxDB 3 Core 3.6.0 was seen to answer, in front of a real InfluxDB 1.6 that keeps the readings.

Seen on a server built from its source; how it words its limit of files, and that it hangs up in the middle of
a body, is from that source alone. `InfluxProxy.double` takes it. Where the real one counts files, it takes
every ten minutes of a table, or every hour of one with an hour's rollups, for a file. It shows how a line
begins as the line came, where the real one writes its floats anew.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

VERSION = "3.6.0"
_V2, _V3 = "/api/v2/write", "/api/v3/write_lp"
FILES, DATABASES, TABLES, COLUMNS = 432, 5, 2000, 500

_FILE_LIMIT = (
    "error while planning query: External error: Query would exceed file limit of 432 parquet files. Please "
    "specify a smaller time range for your query. You can increase the file limit with the "
    "`--query-file-limit` option in the serve command, however, query performance will be slower and the "
    "server may get OOM killed or become unstable as a result"
)
_QUALIFIED = re.compile(r'FROM "[^"]*"\."')
_SPAN = re.compile(r"time >= (-?\d+)ms AND time < (-?\d+)ms")
_TABLE = re.compile(r'FROM "((?:[^"\\]|\\.)*)"')
_ABSENT = re.compile(r"\"([^\"]+)\" = ''")
_LINE = re.compile(r"((?:[^\\, ]|\\.)+)((?:,(?:[^\\ ]|\\.)+)?) (.+) (-?\d+)")
_NUMBER = re.compile(r"[-+.\dEe]+")
_IN_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_BETWEEN = re.compile(r"(?<!\\),")
_TEN_MINUTES, _HOUR = 600_000, 3_600_000


class Core360:
    """Refuses and answers as that server does. `upstream` is the port of the InfluxDB 1.6."""

    version = VERSION

    def __init__(self, upstream: int) -> None:
        self._url = f"http://127.0.0.1:{upstream}/query"
        self.databases: set[str] = set()
        self.tables: dict[tuple[str, str], dict[str, str]] = {}

    def refusal(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        """What it answers in place of doing it: a status and JSON."""
        url = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path in (_V2, _V3):
            bucket = given["bucket" if url.path == _V2 else "db"]
            return self._refused_write(url.path, bucket, body.decode())
        if url.path == "/query":
            return self._refused_query(method, given)
        return None

    def mapped(self, path: str) -> str:
        """That request for the InfluxDB 1.6."""
        url = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path not in ("/query", _V3):
            return path
        database, _, policy = given.pop("db").partition("/")
        given |= {"db": database, "rp": policy}
        if url.path == "/query":
            return f"/query?{urlencode(given)}"
        return f"/write?{urlencode(given | {'precision': 'ms'})}"

    def told(self, path: str, content: bytes) -> bytes | None:
        """The answer as it has it; None when it breaks off in the middle."""
        if urlsplit(path).path != "/query":
            return content
        if b"unsupported value" in content:
            return None
        answer = msgspec.json.decode(content)
        for result in answer.get("results", []):
            for table in result.get("series", []):
                _as_told(table)
        return msgspec.json.encode(answer)

    def _refused_query(self, method: str, given: dict[str, str]) -> tuple[int, bytes] | None:
        asked = given.get("q", "")
        if method != "GET" or not asked:
            return _error(400, "missing query parameters 'db' and 'q'")
        if ";" in _IN_QUOTES.sub("", asked):
            return _error(400, "must provide only one InfluxQl statement per query")
        if _QUALIFIED.search(asked):
            return _error(
                400, "provided a database in both the parameters and query string that do not match"
            )
        if asked.startswith("SHOW"):
            return None
        if not asked.startswith("SELECT"):
            return _error(400, "not implemented")
        if _files(asked, given["db"]) > FILES:
            return _error(500, _FILE_LIMIT)
        empty = set(_ABSENT.findall(asked))
        if empty and empty - self._tags(asked, given["db"]):
            return 200, b'{"results":[{"statement_id":0}]}'
        return None

    def _tags(self, asked: str, bucket: str) -> set[str]:
        """The tags that the statement's table has: only those compare as a text."""
        [table] = _TABLE.findall(asked)[-1:]
        database, _, policy = bucket.partition("/")
        statement = f'SHOW TAG KEYS ON "{database}" FROM "{policy}"."{table}"'
        answer = httpx.post(self._url, data={"q": statement}).json()
        series = answer["results"][0].get("series", [])
        return {row[0] for rows in series for row in rows["values"]}

    def _refused_write(self, path: str, bucket: str, body: str) -> tuple[int, bytes] | None:
        """It takes all lines or none, and tells of the first that it does not take; /api/v2 not even that."""
        if bucket not in self.databases and len(self.databases) >= DATABASES:
            return _error(422, f"Adding a new database would exceed limit of {DATABASES} databases")
        tables, full = self.tables.copy(), len(self.tables) >= TABLES
        for number, line in enumerate(body.split("\n"), 1):
            if cause := _taken(tables, full, bucket, line):
                if path == _V2:
                    told = "write buffer error: parsing for line protocol failed"
                    return 400, msgspec.json.encode({"code": "invalid", "message": told})
                data = {"error_message": cause, "line_number": number, "original_line": line[:20]}
                told = "parsing failed for write_lp endpoint"
                return 400, msgspec.json.encode({"error": told, "data": data})
        if bucket not in self.databases:
            self._make(bucket)
        self.tables = tables
        return None

    def _make(self, bucket: str) -> None:
        """It makes a database when it is first written to."""
        database, _, policy = bucket.partition("/")
        made = [f'CREATE DATABASE "{database}"']
        if policy != "autogen":
            made.append(f'CREATE RETENTION POLICY "{policy}" ON "{database}" DURATION INF REPLICATION 1')
        httpx.post(self._url, data={"q": ";".join(made)}).raise_for_status()
        self.databases.add(bucket)


def _taken(tables: dict[tuple[str, str], dict[str, str]], full: bool, bucket: str, line: str) -> str:
    """Take the columns of a line, with their types; else why not. `full`: when the request began."""
    [(table, tags, fields, time)] = _LINE.findall(line)
    if (there := tables.get((bucket, table))) is None and full:
        return f"Update to schema would exceed number of tables limit of {TABLES} tables"
    found = [(pair.partition("=")[0], "tag") for pair in _BETWEEN.split(tags)[1:]]
    pairs = _BETWEEN.split(fields)
    for place, (name, _, value) in enumerate(pair.partition("=") for pair in pairs):
        if not _NUMBER.fullmatch(value):
            rest = f"Could not parse entire line. Found trailing content: '{','.join(pairs[place:])} {time}'"
            return rest if place else "No fields were provided"
        found.append((name, "field::float"))
    columns = {} if there is None else there.copy()
    for name, kind in found:
        if columns.setdefault(name, kind) != kind:
            expected = f"expected iox::column_type::{columns[name]}, got iox::column_type::{kind}"
            return f"invalid column type for column '{name}', {expected}"
    # It counts the time only in a table that is there.
    if columns != there and len(columns) + (there is not None) > COLUMNS:
        return f"Update to schema would exceed number of columns per table limit of {COLUMNS} columns"
    tables[bucket, table] = columns
    return ""


def _files(asked: str, bucket: str) -> float:
    """How many files a question opens, when there is one for each ten minutes, or hour."""
    spans = _SPAN.findall(asked)
    each = _HOUR if bucket.endswith("/1h") else _TEN_MINUTES
    return min(((int(stop) - int(start)) / each for start, stop in spans), default=float("inf"))


def _as_told(table: dict[str, Any]) -> None:
    """A float has a point."""
    counts = [column == "time" or column.startswith("count") for column in table["columns"]]
    table["values"] = [
        [
            float(cell) if type(cell) is int and not whole else cell
            for cell, whole in zip(row, counts, strict=True)
        ]
        for row in table.get("values", [])
    ]


def _error(status: int, reason: str) -> tuple[int, bytes]:
    return status, msgspec.json.encode({"error": reason})
