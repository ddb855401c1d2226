"""`perfwatch bridge status`: what the bridges on a broker say of themselves."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import msgspec

from bridge.counters import Stats
from perfwatch.broker import broker_of
from perfwatch.errors import PerfWatchError
from perfwatch.mqtt.client import Client, Message
from perfwatch.readings.codec import UNREADABLE
from perfwatch.settings import Settings

# All that is asked for is retained and comes at once, but nothing says that it was the last. A bridge
# that has come this moment tells its numbers after its presence.
PATIENCE_SECONDS = 1.0

_HEAD = ("bridge", "group", "state", "received", "written", "rejected", "waiting", "spooled", "lag")


class BridgeState(msgspec.Struct):
    """What one bridge has said: its presence, and its numbers (each None when it did not come)."""

    online: bool | None = None
    stats: Stats | None = None

    @property
    def well(self) -> bool:
        return self.state == "well"

    @property
    def known(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.online is False or (self.online is True and self.stats is not None)

    @property
    def state(self) -> str:
        if not self.online:
            return "offline"
        if self.stats is None:
            return "silent"
        return "history away" if self.stats.store_away else "well"


def status(settings: Settings, wanted: str | None) -> dict[str, BridgeState]:
    """Every bridge on the broker, or the one called `wanted`. Raises BrokerError."""
    return asyncio.run(_look(settings, wanted))


def table(found: dict[str, BridgeState]) -> list[str]:
    """Lines to print, the head first."""
    rows = [_HEAD, *(_row(name, seen) for name, seen in sorted(found.items()))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _row(name: str, seen: BridgeState) -> tuple[str, ...]:
    told = seen.stats
    if told is None or not seen.online:
        return (name, "-", seen.state, *"-" * (len(_HEAD) - 3))
    spooled = f"{told.spooled}, {told.spool_age_seconds} s" if told.spooled else "0"
    lag = "-" if told.lag_ms is None else f"{told.lag_ms} ms"
    counts = (told.received, told.written, told.rejected, told.waiting)
    return (name, told.group or "-", seen.state, *map(str, counts), spooled, lag)


async def _look(settings: Settings, wanted: str | None) -> dict[str, BridgeState]:
    found: dict[str, BridgeState] = {}
    start = f"{settings.topic_prefix}-bridge/"
    async with Client(
        broker_of(settings), client_id=f"perfwatch-bridge-status-{secrets.token_hex(6)}"
    ) as client:
        for word in ("health", "status"):
            await client.subscribe(f"{start}{wanted or '+'}/{word}")
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for message in client.messages():
                    _note(found, start, message)
                    if wanted is not None and found[wanted].known:
                        break
    return found


def _note(found: dict[str, BridgeState], start: str, message: Message) -> None:
    name, _, word = message.topic.removeprefix(start).rpartition("/")
    seen = found.setdefault(name, BridgeState())
    if word == "status":
        seen.online = message.payload == b"online"
        return
    try:
        seen.stats = msgspec.json.decode(message.payload, type=Stats)
    except UNREADABLE as exc:
        raise PerfWatchError(
            f"{message.topic} is not what a bridge of this version publishes: {exc}"
        ) from exc
