"""A taker as the service makes it, for tests: times without a zone are in UTC, and it is always NOW."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import msgspec

from devices.presets.registry import PRESETS, Given
from devices.rule import Rule
from devices.taker import Taker
from perfwatch.topics import Topics

NOW = 1_800_000_000_000
NOW_TEXT = "2027-01-15T08:00:00.000Z"


def preset(name: str) -> Rule:
    return PRESETS[name](Given(UTC))


def taker(*names: str, **limits: int) -> Taker:
    """With those presets; with all when none is named."""
    return Taker([preset(name) for name in names or PRESETS], Topics(), **limits)


def readings(taker: Taker, topic: str, payload: str | bytes, retained: bool = False) -> dict[str, Any]:
    """What a message becomes, by topic."""
    content = payload.encode() if isinstance(payload, str) else payload
    taken = taker.take(topic, content, NOW, retained)
    return {one.topic: msgspec.json.decode(one.payload) for one in taken.readings}
