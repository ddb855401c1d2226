"""From a message to numbers, or to the reason why not. No input or output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bridge.series_limit import DAY_MS, Gate, SeriesLimit
from perfwatch.errors import PayloadError
from perfwatch.history.flatten import Flattener
from perfwatch.history.store import MAX_REMEMBERED, Numbers
from perfwatch.readings import codec
from perfwatch.topics import Kind, Topics

EXCERPT = 200


class Decoder:
    """Decodes messages on the topics of `topics`, and remembers what the next of a topic will need again."""

    def __init__(self, topics: Topics, series: SeriesLimit) -> None:
        self._topics = topics
        self._series = series
        self._known: dict[str, tuple[Callable[[bytes], Numbers], Gate] | None] = {}

    def decode(self, name: str, payload: bytes, now: int) -> Numbers | None:
        """The numbers of the reading on topic `name`, or None when it carries no reading.

        `now` is in milliseconds since 1970: a clock more than a day ahead of it is taken for wrong, as its
        readings would be the newest for longer than anyone looks, and so is one that is before 1970. Raises
        PayloadError naming the topic and what is wrong.
        """
        try:
            known = self._known[name]
        except KeyError:
            known = self._know(name)
        if known is None or not payload:  # an empty payload takes back what was retained
            return None
        flatten, gate = known
        numbers = flatten(payload)
        if not 0 <= numbers.time <= now + DAY_MS:
            wrong = "before 1970" if numbers.time < 0 else "more than a day ahead"
            raise PayloadError(name, f"timestamp is {wrong}")
        return gate.pass_on(numbers, now)

    def _know(self, name: str) -> tuple[Callable[[bytes], Numbers], Gate] | None:
        topic = self._topics.parse(name)
        if topic is None:
            raise PayloadError(name, "the topic names no host and metric")
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        flatten = Flattener(name, topic.host, topic.metric).flatten
        self._known[name] = known = (flatten, Gate(self._series)) if topic.kind is Kind.METRIC else None
        return known


def rejection(error: PayloadError, name: str, payload: bytes, now: int) -> bytes:
    """What is said about a message that could not be decoded, as JSON."""
    told: dict[str, Any] = {
        "timestamp": codec.format_time(codec.from_ms(now)),
        "topic": name,
        "reason": error.reason,
        "payload": payload[:EXCERPT].decode("utf-8", "replace"),
    }
    return msgspec.json.encode(told)


def refusal(reason: str, now: int) -> bytes:
    """What is said about numbers that will not be stored, as JSON. `now` is in ms since 1970."""
    return msgspec.json.encode({"timestamp": codec.format_time(codec.from_ms(now)), "reason": reason})
