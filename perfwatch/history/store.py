"""The seam between readings and whatever keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


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


class HistoryStore(Protocol):
    """Keeps points, whose values are finite. May be shared by threads.

    Every method may block, and raises StoreError when the store cannot answer.
    """

    def write(self, points: Iterable[Point]) -> int:
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

        Buckets are aligned to multiples of `interval` since 1970, so that two queries agree.
        """

    def delete_before(self, time: int) -> int:
        """Remove every number older than `time` (ms); returns how many."""

    def span(self) -> Span: ...

    def close(self) -> None: ...
