"""From a message to numbers, or to the reason why not. No input or output."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from perfwatch import readings
from perfwatch.errors import PayloadError
from perfwatch.history.flatten import Flattener
from perfwatch.history.store import MAX_REMEMBERED, Numbers
from perfwatch.topics import Kind, Topics

DAY_MS = 86_400_000
EXCERPT = 200


class Intake:
    """Takes messages on the topics of `topics`, and remembers what the next of a host will need again."""

    def __init__(self, topics: Topics) -> None:
        self._parse = lru_cache(MAX_REMEMBERED)(topics.parse)
        self._flattener = Flattener()

    def take(self, name: str, payload: bytes, now: int) -> Numbers | None:
        """The numbers of the reading on topic `name`, or None when it carries no reading.

        `now` is in milliseconds since 1970: a clock more than a day ahead of it is taken for wrong, as its
        readings would be the newest for longer than anyone looks, and so is one that is before 1970. Raises
        PayloadError naming the topic and what is wrong.
        """
        topic = self._parse(name)
        if topic is None:
            raise PayloadError(name, "the topic names no host and metric")
        if topic.kind is not Kind.METRIC or not payload:  # an empty payload takes back what was retained
            return None
        numbers = self._flattener.take(name, topic.host, topic.metric, payload)
        if not 0 <= numbers.time <= now + DAY_MS:
            wrong = "before 1970" if numbers.time < 0 else "more than a day ahead"
            raise PayloadError(name, f"timestamp is {wrong}")
        return numbers


def rejection(error: PayloadError, name: str, payload: bytes, now: int) -> bytes:
    """What is said about a message that could not be taken, as JSON."""
    told: dict[str, Any] = {
        "timestamp": readings.format_time(readings.from_ms(now)),
        "topic": name,
        "reason": error.reason,
        "payload": payload[:EXCERPT].decode("utf-8", "replace"),
    }
    return msgspec.json.encode(told)


def refusal(reason: str, now: int) -> bytes:
    """What is said about a point that the store will not take, as JSON. `now` is in ms since 1970."""
    return msgspec.json.encode({"timestamp": readings.format_time(readings.from_ms(now)), "reason": reason})
