"""Readings as JSON, and times as text and as milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from perfwatch.errors import PayloadError
from perfwatch.readings.base import Reading, Timestamp
from perfwatch.readings.core import HostInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_HEAD = b'{"timestamp":"'

_encoder = msgspec.json.Encoder()


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that it cannot read as what was asked for."""


class _Undeclared(Struct):
    timestamp: Timestamp


_undeclared_head = msgspec.json.Decoder(_Undeclared)
_undeclared_whole = msgspec.json.Decoder(dict[str, Any])


def now() -> datetime:
    """The time of a tick: UTC, cut to the milliseconds that a payload carries."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def encode(reading: Reading) -> bytes:
    """A reading as JSON, its time in milliseconds (msgspec alone writes microseconds)."""
    text = _encoder.encode(reading)
    rest = text.index(b'"', len(_HEAD))  # the timestamp is the first field of every reading
    return _HEAD + format_time(reading.timestamp).encode() + text[rest:]


def encode_info(info: HostInfo) -> bytes:
    """A host's facts as JSON."""
    return _encoder.encode(info)


def format_time(moment: datetime) -> str:
    """RFC 3339, UTC, milliseconds: `2026-11-23T14:08:38.084Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_seconds(seconds: float) -> str:
    """The same, of seconds since 1970."""
    return format_time(from_ms(round(seconds * 1000)))


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, in integers throughout: a float would round the last of them."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_ms(milliseconds: int) -> datetime:
    """The time that many milliseconds after 1970, in UTC. Raises OverflowError past the year 9999."""
    return _EPOCH + milliseconds * _MILLISECOND


LATEST_MS = to_ms(datetime.max.replace(tzinfo=UTC))
"""The last moment that `from_ms` can give, and so the latest time of a reading; the earliest is 0."""


def decode_undeclared(topic: str, payload: bytes) -> tuple[datetime, dict[str, Any]]:
    """A reading of which only the timestamp is known. Raises PayloadError."""
    try:
        timestamp = _undeclared_head.decode(payload).timestamp
        return timestamp, _undeclared_whole.decode(payload)
    except UNREADABLE as exc:
        raise PayloadError(topic, str(exc)) from exc
