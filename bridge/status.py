"""`perfwatch bridge status`: what the bridges on a broker say of themselves."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import msgspec

from bridge.app import STATS_SECONDS
from bridge.counters import Stats
from bridge.mqtt import Client, Message
from perfwatch import settings as settings_of
from perfwatch.errors import PerfWatchError
from perfwatch.settings import Settings

# Stats come every ten seconds; the retained presence comes at once, and so ends the wait for nobody.
STATS_WAIT = STATS_SECONDS + 2
PRESENCE_SECONDS = 1.0

_HEAD = ("bridge", "group", "state", "received", "written", "rejected", "waiting", "spooled", "lag")


class Seen(msgspec.Struct):
    """What one bridge has said: its presence, and its numbers (None when they did not come)."""

    online: bool = False
    stats: Stats | None = None

    @property
    def well(self) -> bool:
        return self.online and self.stats is not None and not self.stats.store_away

    @property
    def state(self) -> str:
        if not self.online:
            return "offline"
        if self.stats is None:
            return "silent"
        return "history away" if self.stats.store_away else "well"


def status(settings: Settings, wanted: str | None) -> dict[str, Seen]:
    """Every bridge on the broker, or the one called `wanted`. Raises BrokerError."""
    return asyncio.run(_look(settings, wanted))


def table(found: dict[str, Seen]) -> list[str]:
    """Lines to print, the head first."""
    rows = [_HEAD, *(_row(name, seen) for name, seen in sorted(found.items()))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _row(name: str, seen: Seen) -> tuple[str, ...]:
    told = seen.stats
    if told is None:
        return (name, "-", seen.state, *"-" * (len(_HEAD) - 3))
    spooled = f"{told.spooled}, {told.spool_age_seconds} s" if told.spooled else "0"
    lag = "-" if told.lag_ms is None else f"{told.lag_ms} ms"
    counts = (told.received, told.written, told.rejected, told.waiting)
    return (name, told.group or "-", seen.state, *map(str, counts), spooled, lag)


async def _look(settings: Settings, wanted: str | None) -> dict[str, Seen]:
    found: dict[str, Seen] = {}
    start = f"{settings.topic_prefix}-bridge/"
    async with Client(
        settings_of.broker(settings), client_id=f"perfwatch-bridge-status-{secrets.token_hex(6)}"
    ) as client:
        for word in ("stats", "status"):
            await client.subscribe(f"{start}{wanted or '+'}/{word}")
        await _listen(client, start, found, PRESENCE_SECONDS)
        if found:
            await _listen(client, start, found, STATS_WAIT)
    return found


async def _listen(client: Client, start: str, found: dict[str, Seen], seconds: float) -> None:
    """Note what comes for so long, or until every bridge that is online has told its numbers."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not found or any(seen.online and seen.stats is None for seen in found.values()):
                message = await anext(client.messages())
                client.puback(message)
                _note(found, start, message)


def _note(found: dict[str, Seen], start: str, message: Message) -> None:
    name, _, word = message.topic.removeprefix(start).rpartition("/")
    seen = found.setdefault(name, Seen())
    if word == "status":
        seen.online = message.payload == b"online"
        return
    try:
        seen.stats = msgspec.json.decode(message.payload, type=Stats)
    except msgspec.DecodeError as exc:
        raise PerfWatchError(f"{message.topic} carries what no bridge of this version says: {exc}") from exc
