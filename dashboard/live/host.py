"""What is known of one host, and what its viewers get. Does no input or output."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.live.ticks import Assembler, Tick
from dashboard.live.viewer import Frame
from perfwatch.readings.codec import format_time, now
from perfwatch.readings.core import READINGS, DeviceInfo, HostInfo
from perfwatch.tags import Tags, merged

# How old a reading may be that is shown as what is now. A collector reads each hour at least; a device
# may say something twice a day only, and says nothing when it dies.
_FRESH = {"collector": timedelta(hours=2), "device": timedelta(days=1)}

# What comes each second is not to come a second time with the regular tick; for so long it is expected.
_CLOSE_SECONDS = 2.5


class Host:
    """What is known of one host."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.assembler = Assembler(name)
        self.status: str | None = None
        self.online_since: str | None = None
        self.info: HostInfo | None = None
        self.given_tags: Tags = {}
        self.device: DeviceInfo | None = None
        self.begun = 0.0
        self._closer = Assembler(name)
        self._closer_at = -math.inf
        self._closer_metrics: frozenset[str] = frozenset()
        # How often anything that is known of it changed.
        self.changes = 0
        self.tick: Tick | None = None
        self._before: datetime | None = None
        self._newest: dict[str, tuple[datetime, msgspec.Raw]] = {}

    @property
    def timestamp(self) -> str | None:
        """Of its newest tick that was shown."""
        return None if self.tick is None else format_time(self.tick.timestamp)

    def show(self, tick: Tick) -> Frame:
        """Take a tick as its newest."""
        self._before = None if self.tick is None else self.tick.timestamp
        self.tick = tick
        self.changes += 1
        for metric, payload in tick.metrics.items():
            self._newest[metric] = tick.timestamp, payload
        return self._framed(tick)

    def closer(self, metric: str, payload: bytes) -> list[Frame]:
        """Take a reading of a tick in between. Raises PayloadError as Assembler.add does."""
        ticks = self._closer.add(metric, payload, live=True)
        # One that stayed incomplete when nobody looked any more is not for who looks next.
        ticks = [tick for tick in ticks if self.tick is None or tick.timestamp >= self.tick.timestamp]
        for tick in ticks:
            self._closer_at, self._closer_metrics = time.monotonic(), frozenset(tick.metrics)
        return [self._part(tick) for tick in ticks]

    def besides(self, frame: Frame) -> Frame | None:
        """What a regular tick has for those who look closely, and get the rest of it each second."""
        if frame.tick is None or time.monotonic() - self._closer_at > _CLOSE_SECONDS:
            return frame
        others = {m: raw for m, raw in frame.tick.metrics.items() if m not in self._closer_metrics}
        return self._part(msgspec.structs.replace(frame.tick, metrics=others)) if others else None

    def _part(self, tick: Tick) -> Frame:
        return Frame(self.name, "metrics", tick.frame, tick, frozenset(tick.metrics))

    @property
    def may_be_closer(self) -> bool:
        """Whether it is a collector's that reads less often than each second."""
        return self.kind == "collector" and (self.info is None or self.info.interval > 1)

    def frames(self, moment: datetime) -> list[Frame]:
        """What a new viewer gets: the newest tick, and of a device the newest readings of all its metrics.

        Those come each at its own time; the ones that are too old at `moment` are left out.
        """
        if self.tick is None:
            return []
        if self.kind == "collector":
            return [self._framed(self.tick)]
        ticks: dict[datetime, Tick] = {}
        oldest = min(moment - _FRESH["device"], self.tick.timestamp)
        for metric, (when, payload) in self._newest.items():
            if when >= oldest:
                ticks.setdefault(when, Tick(self.name, when, {})).metrics[metric] = payload
        return [self._framed(tick) for _, tick in sorted(ticks.items())]

    @property
    def current(self) -> dict[str, msgspec.Raw]:
        """Its newest tick's readings; a metric that this one lacks is as it was in the one before."""
        last = self._before, self.tick and self.tick.timestamp
        return {metric: payload for metric, (when, payload) in self._newest.items() if when in last}

    def _framed(self, tick: Tick) -> Frame:
        if self.status == "offline":
            tick = msgspec.structs.replace(tick, offline=True)
        if self.kind == "device":
            return Frame(self.name, "device", tick.frame, tick, frozenset(tick.metrics))
        return Frame(self.name, "metrics", tick.frame, tick)

    def newest(self, moment: datetime) -> dict[str, msgspec.Raw]:
        """Its newest reading of each metric, but for those that are too old at `moment` to tell anything.

        Of an offline host there is none. A device may read its metrics at different times.
        """
        if self.status == "offline":
            return {}
        oldest = moment - _FRESH[self.kind]
        return {metric: payload for metric, (when, payload) in self._newest.items() if when >= oldest}

    @property
    def tags(self) -> Tags:
        return merged(self.own_tags, self.given_tags)

    @property
    def own_tags(self) -> Tags:
        told = self.info or self.device
        return told.tags if told else {}

    @property
    def kind(self) -> str:
        """A collector says of itself what it runs on. Any device may have a status there, as its will."""
        if self.info is not None:
            return "collector"
        known = (
            self.device is None and self.status is not None and not READINGS.keys().isdisjoint(self._newest)
        )
        return "collector" if known else "device"

    def described(self) -> dict[str, Any]:
        """Its part of `GET /api/hosts`."""
        online = self.status == "online"
        return {
            "host": self.name,
            "kind": self.kind,
            "status": self.status,
            # Its last reading is as near to a host's end as can be known; its will comes later.
            "since": self.online_since if online else self.timestamp,
            "last_seen": self.timestamp,
            "tags": self.tags,
            "info": msgspec.to_builtins(self.info),
            "device": msgspec.to_builtins(self.device),
            "timestamp": self.timestamp,
        }

    def presence(self) -> Frame:
        """`described` for those who watch which hosts come and go."""
        return Frame(
            self.name, "host", lambda: msgspec.json.encode({"type": "host"} | self.described()).decode()
        )

    def turn(self, status: str | None) -> None:
        """Take its presence. One that was online when we came has been so for nobody knows how long."""
        if status != self.status:
            came = status == "online" and self.status is not None
            self.online_since = format_time(now()) if came else None
        self.status = status
        self.changes += 1
