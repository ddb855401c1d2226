"""InfluxDB's line protocol, read: `cpu,host=nas,core=0 usage_percent=12.5 1795435200000000000`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from perfwatch.history.store import Point
from perfwatch.readings.codec import LATEST_MS

# How many of a time's units make a millisecond, or how many ms make one.
PRECISIONS = {"ns": 1_000_000, "us": 1000, "ms": 1, "s": -1000}

HOST = "host"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[iu]?\Z", re.ASCII)
_TIME = re.compile(r"-?\d{1,19}\Z", re.ASCII)
# What line protocol cannot carry in a name (a newline, a backslash) is written as in a URL.
_HIDDEN = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPED = re.compile(r"\\([,= ])")
_WORDS = frozenset(["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"])


class LineError(ValueError):
    """A line is no point of ours. Says what is wrong with it."""


def parse_line(line: str, precision: str = "ns", now: int | None = None) -> Point | None:
    """The point in one line; None for an empty line, a comment, or one whose fields are no numbers.

    Its tags are `host` and at most one more, as we write them. A line without a time gets `now` (ms);
    text and true or false are left out. Raises LineError.
    """
    line = line.strip("\r\n ")
    if not line or line.startswith("#"):
        return None
    # A quote is an ordinary character in tags, and begins a text as a field's value only.
    head = next(_split(line, " "))
    rest = [piece for piece in _split(line[len(head) :], " ", quotes=True) if piece]
    if len(rest) not in (1, 2):
        raise LineError("expected `measurement,host=… field=number time`")
    metric, tags = _head(head)
    tag, part = _part(tags)
    time = _time(rest[1], precision) if len(rest) == 2 else now
    if time is None:
        raise LineError("it has no time")
    fields = dict(_fields(rest[0]))
    return Point(metric, tags[HOST], tag, part, time, fields) if fields else None


def _head(text: str) -> tuple[str, dict[str, str]]:
    metric, *rest = _split(text, ",")
    tags: dict[str, str] = {}
    for piece in rest:
        key, value = _pair(piece, "tag")
        tags[key] = _unescape(value)
    if not metric:
        raise LineError("it has no measurement")
    return _unescape(metric), tags


def _part(tags: Mapping[str, str]) -> tuple[str, str]:
    if HOST not in tags:
        raise LineError("it has no tag `host`")
    others = [(key, value) for key, value in tags.items() if key != HOST]
    if len(others) > 1:
        named = ", ".join(sorted(key for key, _ in others))
        raise LineError(f"expected one tag beside `host` at most, found {named}")
    return others[0] if others else ("", "")


def _fields(text: str) -> Iterator[tuple[str, float]]:
    for piece in _split(text, ",", quotes=True):
        key, value = _pair(piece, "field")
        if value in _WORDS or (len(value) > 1 and value[0] == value[-1] == '"'):
            continue
        if not _NUMBER.match(value):
            raise LineError(f"field {key} is {value[:40]!r}, expected a number")
        number = float(value.rstrip("iu"))
        if not math.isfinite(number):
            raise LineError(f"field {key} is {value[:40]!r}, which is too large")
        yield key, number


def _pair(text: str, kind: str) -> tuple[str, str]:
    key, *values = _split(text, "=", quotes=kind == "field")
    value = "=".join(values)
    if not key or not value:
        raise LineError(f"{kind} {text[:40]!r} is not key=value")
    return _unescape(key), value


def _time(text: str, precision: str) -> int:
    if not _TIME.match(text):
        raise LineError(f"time is {text[:40]!r}, expected a whole number of {precision}")
    unit = PRECISIONS[precision]
    time = int(text) * -unit if unit < 0 else int(text) // unit
    if not 0 <= time <= LATEST_MS:
        raise LineError(f"time is {text!r}, which is too far away: is it in {precision}?")
    return time


def _split(text: str, mark: str, quotes: bool = False) -> Iterator[str]:
    """The pieces between unescaped marks, still escaped; with `quotes`, none of those in a text."""
    if "\\" not in text and not (quotes and '"' in text):
        yield from text.split(mark)
        return
    start, at, quoted, before = 0, 0, False, ""
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif character == '"' and (quoted or (quotes and before == "=")):
            quoted = not quoted
        elif character == mark and not quoted:
            yield text[start:at]
            start = at + 1
        before = character
        at += 1
    if quoted:
        raise LineError("a text is not ended by a quote")
    yield text[start:]


def _unescape(text: str) -> str:
    text = _ESCAPED.sub(r"\1", text) if "\\" in text else text
    return _HIDDEN.sub(lambda found: unquote(found[0], errors="replace"), text) if "%" in text else text
