"""The seam between readings and whatever keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from perfwatch.history.policy import Policy

# Names come from the network: what is remembered of them has an end.
MAX_REMEMBERED = 100_000

# How much of a name or a line is shown in a message.
SHOWN = 100


class Point(NamedTuple):
    """The numbers of one thing at one time, as a store keeps them.

    `tag` says what kind of part the numbers belong to (core, interface, device, mountpoint, event,
    connection) and `part` which one; both are empty for the host as a whole. `time` is in
    milliseconds since 1970 UTC.
    """

    metric: str
    host: str
    tag: str
    part: str
    time: int
    fields: Mapping[str, float]

    @property
    def label(self) -> str:
        """Which point it is, for a message; long names are cut."""
        metric, host, name = map(_shown, (self.metric, self.host, self.part))
        part = f" {self.tag} {name!r}" if self.tag else ""
        return f"{metric} of {host}{part} at {self.time}"


def _shown(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"


class Part(NamedTuple):
    """What some numbers of one part are called; `tag` and `name` are those of the point."""

    tag: str
    name: str
    fields: tuple[str, ...]


class Layout:
    """What all numbers of a reading are called, in their order.

    Each is equal only to itself: whoever made it keeps it for the host's next reading, so that a store
    sees at once that it knows all of these series.
    """

    __slots__ = ("parts", "whose")

    def __init__(self, metric: str, host: str, parts: tuple[Part, ...]) -> None:
        self.whose = (metric, host)
        self.parts = parts


class Numbers(Struct, gc=False):
    """All numbers of one reading side by side: what takes the least time to make and to store."""

    layout: Layout
    time: int
    values: Sequence[float]

    def points(self) -> Iterator[Point]:
        """The same as points."""
        values = iter(self.values)
        for tag, name, fields in self.layout.parts:
            numbers = dict(zip(fields, islice(values, len(fields)), strict=True))
            yield Point(*self.layout.whose, tag, name, self.time, numbers)


def each_point(taken: Iterable[Point | Numbers]) -> Iterator[Point]:
    for one in taken:
        if isinstance(one, Numbers):
            yield from one.points()
        else:
            yield one


def host_of(one: Point | Numbers) -> str:
    return one.layout.whose[1] if isinstance(one, Numbers) else one.host


def count(taken: Iterable[Point | Numbers]) -> int:
    """How many numbers they hold."""
    return sum([len(one.values if isinstance(one, Numbers) else one.fields) for one in taken])


class Series(NamedTuple):
    """One number's history: what `query` is asked for."""

    metric: str
    host: str
    tag: str
    part: str
    field: str


class Bucket(NamedTuple):
    """The readings of one interval. `time` is its start, in milliseconds since 1970 UTC."""

    time: int
    mean: float
    min: float
    max: float


class Span(NamedTuple):
    """How much a store holds: bytes on disk, and its oldest and newest reading (None when empty).

    `bytes` is None when the store does not tell.
    """

    bytes: int | None
    oldest: datetime | None
    newest: datetime | None


class Tier(NamedTuple):
    """How many rows one tier (`raw`, `1m`, `1h`) holds, and the times in ms of its first and last."""

    name: str
    rows: int
    oldest: int | None
    newest: int | None


class Work(NamedTuple):
    """What a step of upkeep did: raw numbers rolled up, raw numbers and rollup rows removed."""

    rolled_up: int = 0
    raw: int = 0
    rollups: int = 0


class HistoryStore(Protocol):
    """Keeps points, whose values are finite. May be shared by threads.

    Every method may block, and raises StoreError when the store cannot answer. `writes_at_once` is how many
    writes side by side store more in the same time than one after another.
    """

    writes_at_once: int

    def write(self, points: Iterable[Point | Numbers]) -> int:
        """Keep `points`, durably, before returning how many numbers they held.

        The same point written twice is one point; the last value wins. Raises PartialWrite when only
        some of them could be kept, and no other attempt would change that.
        """

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        """Every series that has points, sorted; only those of `metric` and `host` when given."""

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        """Buckets of `interval` ms over start ≤ time < stop (ms); empty ones are left out.

        Buckets are aligned to multiples of `interval` since 1970, so that two queries agree. Where
        raw readings were thinned out, the finest that it gives is minutes.
        """

    def delete_before(self, time: int) -> int:
        """Remove every number older than `time` (ms); returns how many."""

    def span(self) -> Span: ...

    def close(self) -> None: ...


@runtime_checkable
class TieredStore(HistoryStore, Protocol):
    """A store whose rollups and retention are PerfWatch's to look after, by a policy kept in it.

    Raises Unsupported, which is a StoreError, for what its server can never do. After a step of upkeep
    whoever does it waits for `rest` times as long as it took.
    """

    rest: float

    def roll_up(self, until: int) -> Iterator[Work]:
        """Make the rollups of whole hours that end by `until` (ms), and of hours that got late readings.

        This and the next two work in small steps, one an item: writers are let in between two.
        """

    def thin(self, before: int) -> Iterator[Work]:
        """Remove raw numbers older than `before` (ms) that rollups stand for."""

    def forget(self, before: int) -> Iterator[Work]:
        """Remove raw numbers and rollups older than `before` (ms), and series that are empty then."""

    def policy(self) -> Policy:
        """The policy kept in the store; the default one when none was set."""

    def set_policy(self, policy: Policy) -> None: ...

    def tiers(self) -> list[Tier]:
        """What each tier holds, counted row by row: seconds for a large store."""
