"""What InfluxDB 3 Core 3.6.0 was seen to answer, in front of a real InfluxDB 1.6 that keeps the readings.

Seen on a server built from its source; how it words its limits, and that it hangs up in the middle of a body,
is from that source alone. `InfluxProxy.double` takes it. Where the real one counts files, it takes every ten
minutes of a table, or every hour of one with an hour's rollups, for a file.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

VERSION = "3.6.0"
FILES, DATABASES, COLUMNS = 432, 5, 500

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
_OF_ALL = re.compile(r"last_(.+)")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = re.compile(rb"((?:[^\\, ]|\\.)+)((?:,(?:[^\\ ]|\\.)+)?) (.+) -?\d+")
_WORDS = ("DATABASE", "FIELD", "GROUP", "KEY", "LIMIT", "NAME", "ORDER", "SERIES", "TAG", "USER")
_IN_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_BETWEEN = re.compile(r"(?<!\\),")
_TEN_MINUTES, _HOUR = 600_000, 3_600_000


class Core360:
    """Refuses and answers as that server does. `upstream` is the port of the InfluxDB 1.6."""

    version = VERSION

    def __init__(self, upstream: int) -> None:
        self._url = f"http://127.0.0.1:{upstream}/query"
        self._columns: dict[tuple[str, str], set[str]] = {}
        self.databases: set[str] = set()

    def refusal(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        """What it answers in place of doing it: a status and JSON."""
        url = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/api/v2/write":
            return self._refused_write(given["bucket"], body)
        if url.path == "/query":
            return self._refused_query(method, given)
        return None

    def mapped(self, path: str) -> str:
        """That request for the InfluxDB 1.6."""
        url = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != "/query":
            return path
        database, _, policy = given["db"].partition("/")
        return f"/query?{urlencode(given | {'db': database, 'rp': policy})}"

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

    def _refused_write(self, bucket: str, body: bytes) -> tuple[int, bytes] | None:
        if bucket not in self.databases:
            if len(self.databases) >= DATABASES:
                return _error(422, "Adding a new database would exceed limit of 5 databases")
            self._make(bucket)
        for line in body.split(b"\n"):
            if refusal := self._refused_line(bucket, line):
                return refusal
        return None

    def _make(self, bucket: str) -> None:
        """It makes a database when it is first written to."""
        database, _, policy = bucket.partition("/")
        made = [f'CREATE DATABASE "{database}"']
        if policy != "autogen":
            made.append(f'CREATE RETENTION POLICY "{policy}" ON "{database}" DURATION INF REPLICATION 1')
        httpx.post(self._url, data={"q": ";".join(made)}).raise_for_status()
        self.databases.add(bucket)

    def _refused_line(self, bucket: str, line: bytes) -> tuple[int, bytes] | None:
        if (parts := _HEAD.fullmatch(line)) is None:
            return None  # for the 1.6 to refuse
        table, tags, fields = (part.decode() for part in parts.groups())
        tag_names, names = ({pair.split("=")[0] for pair in _BETWEEN.split(some)} for some in (tags, fields))
        for name in tag_names & names:
            message = f"invalid column type for column '{name}', expected iox::column_type::tag"
            told = [{"original_line": line.decode(), "line_number": 1, "error_message": message}]
            return 400, msgspec.json.encode(
                {"error": "partial write of line protocol occurred", "data": told}
            )
        columns = self._columns.setdefault((bucket, table), set())
        if len(columns | names) > COLUMNS:
            return _error(
                422, f"Update to schema would exceed number of columns per table limit of {COLUMNS}"
            )
        columns |= names
        return None


def _files(asked: str, bucket: str) -> float:
    """How many files a question opens, when there is one for each ten minutes, or hour."""
    spans = _SPAN.findall(asked)
    each = _HOUR if bucket.endswith("/1h") else _TEN_MINUTES
    return min(((int(stop) - int(start)) / each for start, stop in spans), default=float("inf"))


def _as_told(table: dict[str, Any]) -> None:
    """A name that InfluxQL would have quoted is quoted in that of a column, and a float has a point."""
    counts = [column == "time" or column.startswith("count") for column in table["columns"]]
    table["columns"] = [_quoted(column) for column in table["columns"]]
    table["values"] = [
        [
            float(cell) if type(cell) is int and not whole else cell
            for cell, whole in zip(row, counts, strict=True)
        ]
        for row in table.get("values", [])
    ]


def _quoted(column: str) -> str:
    found = _OF_ALL.fullmatch(column)
    if found is None or (_PLAIN.fullmatch(found[1]) and found[1].upper() not in _WORDS):
        return column
    return 'last_"{}"'.format(found[1].replace('"', '\\"'))


def _error(status: int, reason: str) -> tuple[int, bytes]:
    return status, msgspec.json.encode({"error": reason})
