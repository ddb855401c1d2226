"""InfluxQL statements and what is in their answers. No input or output.

Every name and text in a statement goes through `name` or `text`; the retention policy is always named,
because a bucket called `<db>/<rp>` of InfluxDB 2 is never its database's default one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from perfwatch.history.influx.line_protocol import plain, stored, tags_of
from perfwatch.history.store import Series

# What fits 64-bit nanoseconds, as InfluxDB keeps times: the years 1677 to 2262.
EARLIEST, LATEST = -9_223_372_036_854, 9_223_372_036_854

# With more parts than this, all parts are asked for and the others dropped here.
MAX_NAMED_PARTS = 64

# What InfluxQL calls the types of numbers; ours are all floats.
_NUMBERS = ("float", "integer", "unsigned")

# What an index has escaped, which is not a backslash: what separates there has none before it.
_ESCAPED = re.compile(r"\\([,= ])")
_PAIRS = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")

# The tiers' retention policies, and the tag of what is not a reading: rollups, and notes about them.
RAW, MINUTES, HOURS = "autogen", "1m", "1h"
ROLLUP = "rollup"


class Rows(Struct):
    """One table of an answer. `partial` says that the server cut it off."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []
    partial: bool = False


class Result(Struct):
    statement_id: int = 0
    series: list[Rows] = []
    error: str | None = None


class Response(Struct):
    results: list[Result] = []
    error: str | None = None


def joined(chunks: Iterable[Response]) -> Response:
    """The whole of an answer that came in chunks: a table goes on in the next while it is partial."""
    results: dict[int, Result] = {}
    error: str | None = None
    for chunk in chunks:
        error = error or chunk.error
        for part in chunk.results:
            result = results.setdefault(part.statement_id, Result(part.statement_id))
            result.error = result.error or part.error
            for rows in part.series:
                if result.series and result.series[-1].partial:
                    result.series[-1].values += rows.values
                    result.series[-1].partial = rows.partial
                else:
                    result.series.append(rows)
    return Response(list(results.values()), error)


class Place(NamedTuple):
    """A database and one of its retention policies: the bucket `<db>/<rp>` of InfluxDB 2."""

    database: str
    name: str

    @property
    def bucket(self) -> str:
        return f"{self.database}/{self.name}"

    @property
    def qualifier(self) -> str:
        """What stands before the name of a measurement in it."""
        return f"{name(self.database)}.{name(self.name)}."


class Thing(NamedTuple):
    """What has numbers: a host, or a part of it."""

    metric: str
    host: str
    tag: str
    part: str


class Group(NamedTuple):
    """Series that one statement answers: those that differ in their part only."""

    metric: str
    host: str
    tag: str
    field: str


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return f'"{_escaped(identifier, chr(34))}"'


def text(value: str) -> str:
    """A string, quoted."""
    return f"'{_escaped(value, chr(39))}'"


def grouped(series: Iterable[Series]) -> dict[Group, list[Series]]:
    """The series by the statement that will answer them."""
    groups: dict[Group, list[Series]] = {}
    for one in series:
        groups.setdefault(Group(one.metric, one.host, one.tag, one.field), []).append(one)
    return groups


def end(place: Place, metric: str, order: str, start: int, stop: int) -> str:
    """The first row (order ASC) or the last (DESC) of a metric in that stretch.

    One metric each: of a pattern, every series would be looked up with the fields of every metric.
    """
    source = f"{measurement(place, metric)} WHERE {between(start, stop)}"
    return f"SELECT * FROM {source} ORDER BY time {order} LIMIT 1"


def between(start: int, stop: int) -> str:
    """start ≤ time < stop (ms), as far as InfluxDB has times."""
    return f"time >= {_clamped(start)}ms AND time < {_clamped(stop)}ms"


def numbers(result: Result) -> dict[str, list[str]]:
    """Of each measurement the fields that are numbers, in what SHOW FIELD KEYS was answered."""
    return {
        # A week may have it as an integer and another as a float.
        rows.name: sorted({field for field, kind in rows.values if kind in _NUMBERS})
        for rows in result.series
    }


def things(result: Result, of_rollups: bool) -> list[Thing]:
    """The things in an answer to SHOW SERIES: those of rollups, or of readings."""
    found = []
    for rows in result.series:
        for (key,) in rows.values:
            metric, tags = _parsed(key)
            if (ROLLUP in tags) == of_rollups and (thing := thing_of(metric, tags)) is not None:
                found.append(thing)
    return found


def thing_of(metric: str, tags: Mapping[str, str]) -> Thing | None:
    """The thing with those tags, all by the server's names; None of what is not ours."""
    host, own = None, []
    for key, value in tags.items():
        if key == "host":
            host = value
        elif value and key != ROLLUP:
            own += [plain(key), plain(value)]
    if not host or len(own) > 2:
        return None
    tag, part = own or ("", "")
    return Thing(plain(metric), plain(host), tag, part)


def read_times(results: Iterable[Result]) -> list[int]:
    return [row[0] for result in results for rows in result.series for row in rows.values]


def measurement(place: Place, metric: str | None = None) -> str:
    measurement = "/.*/" if metric is None else name(stored(metric))
    return f"{place.qualifier}{measurement}"


def unqualified(statement: str, places: Iterable[Place]) -> tuple[Place, str]:
    """Which of those a statement asks, and the statement without naming it.

    The first that looks like one is it: before it are names only, within which quotes are escaped.
    """
    named = [place for place in places if place.qualifier in statement]
    place = min(named, key=lambda one: statement.index(one.qualifier))
    return place, statement.replace(place.qualifier, "", 1)


def conditions(group: Group, parts: Sequence[str], absent_is_empty: bool) -> Iterator[str]:
    yield f"{name('host')} = {text(stored(group.host))}"
    if not group.tag:
        # Without these, the whole is read together with each of its parts, which are dropped here.
        others = sorted(tags_of(group.metric) - {"host"}) if absent_is_empty else []
        yield from (f"{name(tag)} = ''" for tag in others)
    elif len(parts) <= MAX_NAMED_PARTS:
        named = " OR ".join(f"{name(stored(group.tag))} = {text(stored(part))}" for part in parts)
        yield f"({named})"


def _clamped(time: int) -> int:
    return min(max(time, EARLIEST), LATEST)


def _escaped(value: str, quote: str) -> str:
    return value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")


def _parsed(key: str) -> tuple[str, dict[str, str]]:
    """A series' measurement and tags."""
    if "\\" not in key:
        metric, *pairs = key.split(",")
        return metric, dict([pair.split("=", 1) for pair in pairs])
    metric, *pairs = _PAIRS.split(key)
    bare = [[_ESCAPED.sub(r"\1", text) for text in _EQUALS.split(pair, 1)] for pair in pairs]
    return _ESCAPED.sub(r"\1", metric), dict(bare)
