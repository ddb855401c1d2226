"""What of the broker's messages is kept, so that any route can give it out. No input or output."""

from __future__ import annotations

from typing import Any

import msgspec

from perfwatch.readings.codec import UNREADABLE

# What a host or bridge says of itself takes some kilobytes.
MOST_BYTES = 100_000
MOST_DEPTH = 16
# `online` or `offline`.
MOST_STATUS = 32


def told(payload: bytes) -> dict[str, Any] | None:
    """A JSON object that can be written as JSON again; None when it is none, too long or too deep."""
    if len(payload) > MOST_BYTES:
        return None
    try:
        found = msgspec.json.decode(payload, type=dict[str, Any])
    except UNREADABLE:
        return None
    return found if _writable(found) else None


def _writable(value: Any, depth: int = MOST_DEPTH) -> bool:
    """Whether it is nested so little that json.dumps, which recurses sooner than msgspec, can write it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_writable(one, depth - 1) for one in inner)
