"""Rollups: which tier answers what, and the one job that makes them. No input or output of its own.

Raw readings are rolled up hour by hour once the hour is closed: into minutes, and those into the hour,
each with mean, min, max and count. A reading that comes later marks its hour, which is then done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan
from typing import NamedTuple

from perfwatch.history.policy import Policy
from perfwatch.history.store import Bucket, TieredStore, Work

RAW, MINUTE, SIX_MINUTES, HOUR = 0, 60_000, 360_000, 3_600_000
TIERS = (HOUR, MINUTE)
NAMES = {RAW: "raw", MINUTE: "1m", HOUR: "1h"}

# Before any time that a reading can have; SQLite's integers hold it.
NEVER = -(2**62)

# How long after its end an hour is taken for closed: clocks differ, and a batch takes its time.
GRACE_MS = 5 * MINUTE


class Slice(NamedTuple):
    """A stretch start ≤ time < stop (ms) that one tier answers: RAW, or the length of its buckets."""

    tier: int
    start: int
    stop: int


class Partial(NamedTuple):
    """A part of a bucket: the sum of its readings and how many they are, and the bucket's start."""

    time: int
    total: float
    readings: int
    low: float
    high: float


def floor(time: int, interval: int) -> int:
    return time - time % interval


def closed(now: int) -> int:
    """The end of the last hour that is closed at `now`; both in ms."""
    return floor(now - GRACE_MS, HOUR)


def plan(
    start: int, stop: int, interval: int, rolled_to: int, raw_from: int, tiers: tuple[int, ...] = TIERS
) -> list[Slice]:
    """Which tier answers which stretch of a query, in order of time, each moment once.

    The coarsest that cuts into `interval` takes what it can, finer ones the ends. Rollups reach up to
    `rolled_to`; raw readings begin at `raw_from`, and before it minutes are the finest that is left:
    there a minute belongs to the query when it begins in it.
    """
    dividing = tuple(tier for tier in tiers if interval % tier == 0)
    return list(_cut(start, stop, dividing, rolled_to, raw_from))


def cut(
    start: int, stop: int, interval: int, rolled_to: int, raw_from: int, tiers: tuple[int, ...] = TIERS
) -> Iterator[Slice]:
    """As `plan`, bucket by bucket: inside each the coarsest tier that fits, finer ones at its ends.

    No part is in two buckets, so the interval need not be whole hours for hours to answer.
    """
    fitting = tuple(tier for tier in tiers if tier <= interval)
    for begin in range(floor(start, interval), stop, interval):
        yield from _cut(max(begin, start), min(begin + interval, stop), fitting, rolled_to, raw_from)


def _cut(start: int, stop: int, tiers: tuple[int, ...], rolled_to: int, raw_from: int) -> Iterator[Slice]:
    if not tiers:
        yield from _finest(start, stop, raw_from)
        return
    first = -floor(-start, tiers[0])
    last = floor(min(stop, rolled_to), tiers[0])
    if first >= last:
        yield from _cut(start, stop, tiers[1:], rolled_to, raw_from)
        return
    yield from _cut(start, first, tiers[1:], rolled_to, raw_from)
    yield Slice(tiers[0], first, last)
    yield from _cut(last, stop, tiers[1:], rolled_to, raw_from)


def _finest(start: int, stop: int, raw_from: int) -> Iterator[Slice]:
    if start < min(stop, raw_from):
        yield Slice(MINUTE, start, min(stop, raw_from))
    if max(start, raw_from) < stop:
        yield Slice(RAW, max(start, raw_from), stop)


def combine(stretches: Iterable[Iterable[Partial]]) -> list[Bucket]:
    """Whole buckets of stretches that come in order of time; means are weighted by count.

    Only at the seam of two stretches can a bucket be in two pieces.
    """
    found: list[Partial] = []
    for stretch in stretches:
        pieces = iter(stretch)
        first = next(pieces, None)
        if first is None:
            continue
        if found and found[-1].time == first.time:
            first = join(found.pop(), first)
        found.append(first)
        found.extend(pieces)
    return [
        Bucket(time, mean, low, high)
        if low <= (mean := total / readings) <= high
        else Bucket(time, between(mean, low, high), low, high)
        for time, total, readings, low, high in found
    ]


def join(one: Partial, other: Partial) -> Partial:
    total, readings = one.total + other.total, one.readings + other.readings
    return Partial(one.time, total, readings, min(one.low, other.low), max(one.high, other.high))


def between(mean: float, low: float, high: float) -> float:
    """Rounding, or a sum past the largest float, may put a mean outside what it is the mean of."""
    # Not a number: the sums of huge numbers of both signs, and 0 lies between those.
    return 0.0 if isnan(mean) else min(max(mean, low), high)


def upkeep(store: TieredStore, policy: Policy, now: int) -> Iterator[Work]:
    """Roll up what is closed at `now` (ms) and, when the policy is enabled, remove what is too old.

    Each item is one small step, done when it is asked for: let writers in between two. May be ended
    anywhere and begun again: the same work twice gives the same rollups.
    """
    if policy.enabled:
        yield from cleanup(store, policy, now)
    else:
        yield from store.roll_up(closed(now))


def cleanup(store: TieredStore, policy: Policy, now: int) -> Iterator[Work]:
    """As `upkeep`, on demand: it removes what is too old whether or not the policy is enabled."""
    for steps in stages(store, policy, now).values():
        yield from steps


def stages(store: TieredStore, policy: Policy, now: int) -> dict[str, Iterator[Work]]:
    """A cleanup in its parts, to be done in their order: `forget`, `roll_up` and `thin`."""
    # Whole hours, so that none is left half; and what goes entirely is not rolled up first.
    return {
        "forget": store.forget(floor(policy.all_before(now), HOUR)),
        "roll_up": store.roll_up(closed(now)),
        "thin": store.thin(floor(policy.raw_before(now), HOUR)),
    }


def total(steps: Iterable[Work]) -> Work:
    """What all those steps did together."""
    done = Work()
    for step in steps:
        done = Work(*(one + other for one, other in zip(done, step, strict=True)))
    return done
