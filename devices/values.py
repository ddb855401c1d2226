"""What devices write, as numbers, words and times. No input or output.

A field that holds numbers holds nothing else: words are kept beside it, in a field of their own, so
that no store ever sees one name with two types.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeAlias

import msgspec

from perfwatch.errors import PerfWatchError
from perfwatch.readings.codec import UNREADABLE

Value: TypeAlias = float | str | None

MAX_PAYLOAD = 256 * 1024
MAX_TEXT = 100

# What stands for the payload of a message that is too large to be received at all.
OVERSIZED = b" " * (MAX_PAYLOAD + 1)

# Digits that begin with a 0 are an identifier, as a meter's.
_NUMERIC = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*( ?(UTC|Z))?")
_JSON_BEGINS = frozenset('{[-0123456789"tfn')

_PAIRS = (
    "on off, true false, yes no, open closed, opened close, online offline, connected disconnected, "
    "detected clear, occupied unoccupied, wet dry, locked unlocked, lock unlock, home not_home, "
    "present absent, active inactive, enabled disabled, up down"
)
WORDS: Mapping[str, int] = {
    word: 1 - place for pair in _PAIRS.split(", ") for place, word in enumerate(pair.split())
}
"""Words that are numbers too."""

_ABSENT = frozenset(("", "null", "none", "nan", "n/a", "unknown", "unavailable"))

TIMES = frozenset(
    ("time", "timestamp", "ts", "last_seen", "lastseen", "datetime", "date", "epoch", "unixtime")
)
"""Names of a field that tells when the device measured, in small letters."""

# What a clock without a battery says before it was set is older. Epoch seconds become milliseconds and
# so on at each factor of a thousand past the year 5000.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_SECONDS = 1e11


class Unusable(PerfWatchError):
    """A message that is not taken; the text says why. `rule` is the one that wanted it."""

    rule = ""


class NotOurs(Unusable):
    """A message that nobody meant for us: nothing is wrong with it."""


class Own(NotOurs):
    """A message of PerfWatch's own."""


def decode(payload: bytes) -> Any:
    """A payload as JSON, or as the text that it is. Raises Unusable."""
    if not payload:
        raise NotOurs("it is empty: what was retained there is taken back")
    if len(payload) > MAX_PAYLOAD:
        raise Unusable(f"it has more than {MAX_PAYLOAD:,} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError as exc:
        raise Unusable("it is not text in UTF-8") from exc
    if text[:1] not in _JSON_BEGINS:
        return text
    try:
        return msgspec.json.decode(payload)
    except UNREADABLE:
        return _leniently(text)


def _leniently(text: str) -> Any:
    """JSON with NaN and Infinity in it, as Python's own module writes it; or text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        if text[0] in "{[":
            raise Unusable(f"it begins like JSON, and is none: {exc}") from exc
        return text


def number(value: object) -> float | None:
    """`value` as a number: also text of digits, true and false, and words like `on`. None when it is none."""
    if isinstance(value, str):
        return _number_in(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return finite(value)
    return None


def finite(value: float) -> float | None:
    """The number as every store takes it; None for NaN, infinity and what is too large for a float."""
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _number_in(text: str) -> float | None:
    word = text.strip()
    if _NUMERIC.fullmatch(word) and len(word) <= MAX_TEXT:
        return finite(float(word))
    return WORDS.get(word.lower())


def is_absent(text: str) -> bool:
    """Whether that is how a device says that it has no value."""
    return text.strip().lower() in _ABSENT


def is_word(text: str) -> bool:
    return text.strip().lower() in WORDS


def moment(value: object, zone: tzinfo | None) -> datetime | None:
    """The time, in UTC, that `value` tells: RFC 3339, ISO with a blank or without zone, seconds, ms, µs, ns.

    A time without a zone is in `zone` (None: this machine's). None when it is no time after 2000.
    """
    try:
        found = _written(value, zone) if isinstance(value, str) else _counted(value)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and found >= _EARLIEST else None


def _written(text: str, zone: tzinfo | None) -> datetime | None:
    text = text.strip()
    if not _MOMENT.fullmatch(text):
        return _counted(float(text)) if _NUMERIC.fullmatch(text) else None
    found = datetime.fromisoformat(text.removesuffix("UTC").removesuffix("Z").strip())
    if text.endswith(("Z", "UTC")):
        found = found.replace(tzinfo=UTC)
    if found.tzinfo is None and zone is not None:
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


def _counted(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds: float = value
    for _ in range(3):
        seconds = seconds / 1000 if abs(seconds) >= _SECONDS else seconds
    return datetime.fromtimestamp(seconds, UTC)
