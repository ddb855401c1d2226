"""What an overview of all hosts draws, made once for all who watch: a row of each host, then what changed.

Does no input or output.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import msgspec

from dashboard.live.figures import figures
from dashboard.live.host import Host
from dashboard.live.hub import Hub
from perfwatch.readings.codec import format_time, now, to_ms

# No page draws an overview more often.
EACH_SECONDS = 1.0

Row = dict[str, Any]
Rows = Mapping[str, Row]
_ABOUT = ("os", "hostname", "kernel", "cpu_model", "interval")
_SIZE = {"cores": "core_count", "memory_total": "memory_total_bytes", "version": "version"}

# What is sent to those who show it alone: with all of it each row would be half as long again.
MORE = frozenset({"load", "swap", "gpu", "containers", "processes", "users", *_SIZE})


class SummaryFrame:
    """Rows as they are sent, encoded once however many get them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._moment = now()
        self._showing: dict[frozenset[str], SummaryFrame] = {}

    @cached_property
    def text(self) -> str:
        second = to_ms(self._moment) // 1000
        hosts = {host: _since(row, second) for host, row in self.rows.items()}
        told = {"type": "summary", "timestamp": format_time(self._moment), "hosts": hosts}
        return msgspec.json.encode(told).decode()

    def showing(self, more: frozenset[str]) -> SummaryFrame:
        """It without what is in MORE and not in `more`; the same for all who ask for the same."""
        if more not in self._showing:
            hidden = MORE - more
            rows = {
                host: {k: v for k, v in row.items() if k not in hidden} for host, row in self.rows.items()
            }
            self._showing[more] = SummaryFrame({host: row for host, row in rows.items() if row})
        return self._showing[more]

    def followed_by(self, later: SummaryFrame) -> SummaryFrame:
        """One that tells what both tell."""
        changed = {host: self.rows.get(host, {}) | row for host, row in later.rows.items()}
        return SummaryFrame({**self.rows, **changed})


def _since(row: Row, second: int) -> Row:
    """Its `seen` as seconds before the frame: that is in each row, and so is short."""
    if row.get("seen") is None:
        return row
    others = {key: value for key, value in row.items() if key != "seen"}
    return {"ago": second - row["seen"], **others}


class SummaryViewer:
    """One socket's place: what it has not been sent yet is one frame, however slow it is.

    `more` is what it shows of MORE.
    """

    def __init__(self) -> None:
        self.more: frozenset[str] = frozenset()
        self._waiting: SummaryFrame | None = None
        self._some = asyncio.Event()

    def offer(self, frame: SummaryFrame) -> None:
        self._waiting = frame if self._waiting is None else self._waiting.followed_by(frame)
        self._some.set()

    async def frames(self) -> AsyncIterator[SummaryFrame]:
        """The frames as they come, without end."""
        while True:
            await self._some.wait()
            frame, self._waiting = self._waiting, None
            self._some.clear()
            if frame is not None:
                yield frame.showing(self.more)


class Summary:
    """Keeps the rows while somebody watches. Must be used from one event loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._whole = SummaryFrame({})
        self._seen: dict[str, int] = {}
        self._viewers: set[SummaryViewer] = set()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def viewer(self) -> Iterator[SummaryViewer]:
        """A new viewer: all rows are offered to it at once, and each second what changed."""
        viewer = SummaryViewer()
        self._follow()
        viewer.offer(self._whole)
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            if not self._viewers and self._timer is not None:
                self._timer.cancel()

    def show(self, viewer: SummaryViewer, columns: Iterable[str]) -> None:
        """Have that viewer get what it shows of MORE: as it is now, and then what changes."""
        viewer.more = more = MORE.intersection(columns)
        if not more:
            return
        rows = {host: {k: row[k] for k in more & row.keys()} for host, row in self._whole.rows.items()}
        viewer.offer(SummaryFrame({host: row for host, row in rows.items() if row}))

    def _follow(self) -> None:
        """Tell what changed since this was called last, and come back."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(EACH_SECONDS, self._follow)
        if changed := self._changed():
            frame = SummaryFrame(changed)
            self._whole = self._whole.followed_by(frame)
            for viewer in self._viewers:
                viewer.offer(frame)

    def _changed(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for host in self._hub.known():
            if host.changes != self._seen.get(host.name):
                self._seen[host.name] = host.changes
                before = self._whole.rows.get(host.name, {})
                found[host.name] = {
                    key: value for key, value in row_of(host).items() if value != before.get(key)
                }
        return found


def row_of(host: Host) -> Row:
    """All that is told of a host. Its `seen` is the time of its newest tick, in seconds since 1970."""
    info, tick = host.info, host.tick
    return {
        "kind": host.kind,
        "status": host.status,
        "since": host.online_since if host.status == "online" else None,
        "tags": host.tags,
        "seen": None if tick is None else to_ms(tick.timestamp) // 1000,
        **{name: getattr(info, name, None) for name in _ABOUT},
        **{name: getattr(info, field, None) for name, field in _SIZE.items()},
        "boot_time": info and info.boot_time and format_time(info.boot_time),
        **({} if tick is None or host.kind == "device" else figures(host.current, tick.timestamp)),
    }
