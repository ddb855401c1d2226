"""What the bridges say of themselves: their presence, and their numbers every ten seconds."""

from __future__ import annotations

from typing import Any

from dashboard.live.untrusted import MOST_STATUS, told
from perfwatch.readings.codec import format_time, now


class Bridges:
    """The bridges on the broker, as they are heard."""

    def __init__(self) -> None:
        self._status: dict[str, str] = {}
        self._stats: dict[str, dict[str, Any]] = {}
        self._heard: dict[str, str] = {}
        # The first of the reports in a row that say so: a slow write is no trouble, and the next one tells.
        self._stuck_since: dict[str, Any] = {}

    def receive(self, bridge: str, word: str, payload: bytes) -> None:
        """Take what came on a bridge's topic that ends in `word`."""
        if word == "status":
            self._status[bridge] = payload[:MOST_STATUS].decode(errors="replace")
            return
        stats = told(payload)
        if stats is None:
            return
        self._stats[bridge] = stats
        if stats.get("store_away"):
            self._stuck_since.setdefault(bridge, stats.get("timestamp"))
        else:
            self._stuck_since.pop(bridge, None)
        self._heard[bridge] = format_time(now())

    @property
    def problem(self) -> str | None:
        """Which bridges have not written to the history for two reports, as a sentence; None when none."""
        stuck = [
            f"the bridge {name!r} stores nothing: {stats.get('spooled')} readings wait on disk,"
            f" {stats.get('waiting')} in memory"
            for name, stats in self._stats.items()
            if self._stuck_since.get(name, stats.get("timestamp")) != stats.get("timestamp")
            and self._status.get(name) == "online"
        ]
        return "; ".join(stuck) or None

    def described(self) -> list[dict[str, Any]]:
        """By name; `stats` as it was published, None until the first comes."""
        return [
            {
                "bridge": bridge,
                "status": self._status.get(bridge) or None,
                "last_heard": self._heard.get(bridge),
                "stats": self._stats.get(bridge),
            }
            for bridge in sorted({*self._status, *self._stats})
        ]
