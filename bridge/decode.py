"""From a message to numbers, or to the reason why not. No input or output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from perfwatch.errors import PayloadError
from perfwatch.history.flatten import Flattener
from perfwatch.history.store import MAX_REMEMBERED, Numbers
from perfwatch.readings import codec
from perfwatch.topics import Kind, Topics

DAY_MS = 86_400_000
EXCERPT = 200


class Decoder:
    """Decodes messages on the topics of `topics`, and remembers what the next of a topic will need again."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._flatten: dict[str, Callable[[bytes], Numbers] | None] = {}

    def decode(self, name: str, payload: bytes, now: int) -> Numbers | None:
        """The numbers of the reading on topic `name`, or None when it carries no reading.

        `now` is in milliseconds since 1970: a clock more than a day ahead of it is taken for wrong, as its
        readings would be the newest for longer than anyone looks, and so is one that is before 1970. Raises
        PayloadError naming the topic and what is wrong.
        """
        try:
            flatten = self._flatten[name]
        except KeyError:
            flatten = self._flatten_of(name)
        if flatten is None or not payload:  # an empty payload takes back what was retained
            return None
        numbers = flatten(payload)
        if not 0 <= numbers.time <= now + DAY_MS:
            wrong = "before 1970" if numbers.time < 0 else "more than a day ahead"
            raise PayloadError(name, f"timestamp is {wrong}")
        return numbers

    def _flatten_of(self, name: str) -> Callable[[bytes], Numbers] | None:
        topic = self._topics.parse(name)
        if topic is None:
            raise PayloadError(name, "the topic names no host and metric")
        if len(self._flatten) >= MAX_REMEMBERED:
            self._flatten.clear()
        metric = topic.kind is Kind.METRIC
        self._flatten[name] = flatten = Flattener(name, topic.host, topic.metric).flatten if metric else None
        return flatten


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
    """What is said about a point that the store will not take, as JSON. `now` is in ms since 1970."""
    return msgspec.json.encode({"timestamp": codec.format_time(codec.from_ms(now)), "reason": reason})
