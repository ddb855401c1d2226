"""From a message to points, or to the reason why not. No input or output."""

from __future__ import annotations

from typing import Any

import msgspec

from perfwatch import readings
from perfwatch.errors import PayloadError
from perfwatch.history.points import points
from perfwatch.history.store import Point
from perfwatch.topics import Kind, Topics

DAY_MS = 86_400_000
EXCERPT = 200


def take(topics: Topics, name: str, payload: bytes, now: int) -> list[Point] | None:
    """The points of the reading on topic `name`, or None when it carries no reading.

    `now` is in milliseconds since 1970: a clock more than a day ahead of it is taken for wrong, as its
    readings would be the newest for longer than anyone looks. Raises PayloadError naming the topic
    and what is wrong.
    """
    topic = topics.parse(name)
    if topic is None:
        raise PayloadError(name, "the topic names no host and metric")
    if topic.kind is not Kind.METRIC or not payload:  # an empty payload takes back what was retained
        return None
    decoded = readings.decode(name, topic.metric, payload)
    moment = decoded[0] if isinstance(decoded, tuple) else decoded.timestamp
    if readings.to_ms(moment) > now + DAY_MS:
        raise PayloadError(name, f"timestamp {readings.format_time(moment)} is more than a day ahead")
    return points(topic.host, topic.metric, decoded)


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
