"""Where readings go besides the publisher's JSON topics."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from collector.agent import Sink
from collector.scalars import LIMIT, scalars
from perfwatch.topics import Topics

log = logging.getLogger(__name__)

_reading = msgspec.json.Decoder(dict[str, Any])


class Sinks:
    """Several outlets as one, in that order."""

    def __init__(self, outlets: Sequence[Sink]) -> None:
        self._outlets = outlets

    def publish(self, metric: str, payload: bytes) -> None:
        for outlet in self._outlets:
            outlet.publish(metric, payload)

    def describe(self, info: bytes) -> None:
        for outlet in self._outlets:
            outlet.describe(info)


class Scalars:
    """Shows each number of a reading on a topic of its own."""

    def __init__(self, topics: Topics, host: str, show: Callable[[str, bytes], None]) -> None:
        self._topics = topics
        self._host = host
        self._show = show
        self._full: set[str] = set()

    def publish(self, metric: str, payload: bytes) -> None:
        numbers = scalars(_reading.decode(payload))
        for path, text in numbers.items():
            self._show(self._topics.scalar(self._host, metric, path), text.encode())
        if len(numbers) >= LIMIT and metric not in self._full:
            self._full.add(metric)
            log.warning("A reading of %s has more than %d numbers: the rest has no topics", metric, LIMIT)

    def describe(self, info: bytes) -> None:
        """Facts are not numbers that change."""
