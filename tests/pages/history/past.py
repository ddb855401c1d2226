"""A history to look at: two hosts over eight days, with a gap, and a day on which the clocks change."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from perfwatch.history.open import open_store
from perfwatch.history.store import Point

ZONE = "Europe/Berlin"
CORES = 36
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
GAP = (6 * HOUR, 3 * HOUR)
"""Readings are missing from so long ago until so long ago."""


def fill(folder: Path, now: int) -> None:
    """Write it into the folder's history, as it would be at `now` (ms)."""
    store = open_store(f"sqlite:///{folder}/history.db")
    store.write(points(now))
    store.write(around(clock_change(now)))
    store.close()


def points(now: int) -> Iterator[Point]:
    """Each 2 minutes, and in the last two hours each 30 s; the last reading is a second old."""
    newest = now - 1000
    recent = range(newest - 2 * HOUR, newest + 1, 30_000)
    older = range(newest - 8 * DAY, newest - 2 * HOUR, 2 * MINUTE)
    chance = random.Random(7)
    for time in (*older, *recent):
        if not now - GAP[0] <= time < now - GAP[1]:
            yield from tick("nas", time, wave(time) + chance.gauss(0, 3))
            yield from tick("pi", time, (wave(time + 5 * HOUR) + chance.gauss(0, 5)) / 2)


def wave(time: int) -> float:
    """A day's rise and fall, with a ripple, higher by a tenth each day: yesterday differs from today."""
    day = math.sin(time / DAY * 2 * math.pi)
    return 45 + 25 * day + 6 * math.sin(time / 700_000) + (time // DAY % 8)


def tick(host: str, time: int, use: float) -> list[Point]:
    whole = {"usage_percent": round(use, 1), "iowait": round(use / 9, 1)}
    load = {"load_average_1": round((100 - use) / 8, 2)}
    cores = CORES if host == "nas" else 4
    return [
        Point("cpu", host, "", "", time, whole | load | {"context_switches": 1e6 + use}),
        *(
            Point(
                "cpu", host, "core", str(core), time, {"usage_percent": round(use * (8 + core / 3) / 20, 1)}
            )
            for core in range(cores)
        ),
        Point("memory", host, "", "", time, {"used_bytes": use * 2**27, "usage_percent": round(use / 2, 1)}),
        Point(
            "network",
            host,
            "",
            "",
            time,
            {"bytes_recv_per_sec": use**3 * 10, "bytes_sent_per_sec": use * 900},
        ),
        Point("sensors", host, "sensor", "package", time, {"celsius": round(35 + use / 4, 1)}),
    ]


def clock_change(now: int) -> int:
    """The last hour before `now` at which ZONE's clocks changed, at least ten days ago (ms)."""
    moment = datetime.fromtimestamp(now // 1000, UTC).replace(minute=0, second=0) - timedelta(days=10)
    place = ZoneInfo(ZONE)
    while moment.astimezone(place).utcoffset() == (moment - timedelta(hours=1)).astimezone(place).utcoffset():
        moment -= timedelta(hours=1)
    return round(moment.timestamp() * 1000)


def around(time: int) -> Iterator[Point]:
    """Three days of readings of a third host around `time`, each 10 minutes."""
    for moment in range(time - 36 * HOUR, time + 36 * HOUR, 10 * MINUTE):
        yield Point("cpu", "zone", "", "", moment, {"usage_percent": 20 + (moment - time) / HOUR / 4})
