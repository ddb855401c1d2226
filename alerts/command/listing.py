"""`perfwatch alerts`: where the rules on a broker stand, as the alerts say."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import msgspec

from perfwatch.alerting.machine import RANK, Standing
from perfwatch.alerting.states import AlertState, Summary
from perfwatch.broker import broker_of
from perfwatch.errors import PerfWatchError
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import UNREADABLE
from perfwatch.settings import Settings
from perfwatch.topics import Kind, Topics

# All that is asked for is retained and comes at once, but nothing says that it was the last.
PATIENCE_SECONDS = 1.0


class Overview(msgspec.Struct):
    """The sum (None: nobody says any), and states by host and rule."""

    summary: Summary | None = None
    states: dict[tuple[str, str], AlertState] = {}


def look(settings: Settings) -> Overview:
    """What is on the broker now. Raises BrokerError."""
    return asyncio.run(_look(settings, Topics(settings.topic_prefix)))


def lines(seen: Overview, everything: bool = False) -> list[str]:
    """Lines to print, the worst first: what is not `ok`, or all."""
    rows = sorted(
        ((one, *key) for key, one in seen.states.items() if everything or one.state is not Standing.OK),
        key=lambda row: (-RANK[row[0].state], row[1:]),
    )
    cells = [(one.state.value, one.severity, host, rule, one.since, one.text) for one, host, rule in rows]
    table = [("state", "severity", "host", "rule", "since", "what"), *cells] if cells else []
    widths = [max(len(row[place]) for row in table) for place in range(6)] if table else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ] + [_end(seen)]


def _end(seen: Overview) -> str:
    told = seen.summary
    if told is None:
        return "No alerts service has been on this broker: `perfwatch up` runs one"
    counts = f"{told.firing} firing, {told.pending} pending, {told.unknown} unknown, {told.ok} ok"
    return counts if told.online else f"{counts}, as of {told.timestamp}: the alerts service is away"


async def _look(settings: Settings, topics: Topics) -> Overview:
    found = Overview()
    async with Client(
        broker_of(settings), client_id=f"perfwatch-alerts-list-{secrets.token_hex(6)}"
    ) as client:
        await client.subscribe(topics.alert("+", "+"), topics.alerts)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for message in client.messages():
                    _note(found, topics, message.topic, message.payload)
    return found


def _note(found: Overview, topics: Topics, name: str, payload: bytes) -> None:
    topic = topics.parse(name)
    try:
        if name == topics.alerts:
            found.summary = msgspec.json.decode(payload, type=Summary)
        elif topic is not None and topic.kind is Kind.ALERT:
            found.states[topic.host, topic.path[0]] = msgspec.json.decode(payload, type=AlertState)
    except UNREADABLE as exc:
        raise PerfWatchError(f"{name} is not what the alerts of this version publish: {exc}") from exc
