"""The history on an InfluxDB server: 1.8, 2 or 3, by what all of them speak.

Writes are line protocol, reads InfluxQL on /query. VictoriaMetrics takes the writes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from perfwatch.errors import Unsupported
from perfwatch.history.influx import query, query_buckets
from perfwatch.history.influx.buckets import Stretch
from perfwatch.history.influx.database import Database
from perfwatch.history.influx.http import ServerRefused, Unrepresentable
from perfwatch.history.influx.line_protocol import Encoder, plain
from perfwatch.history.influx.listing import Listing, Source
from perfwatch.history.influx.notes import Notes
from perfwatch.history.influx.query import Place
from perfwatch.history.influx.query_buckets import SCALE, Cut
from perfwatch.history.influx.rollups import COUNTS, Rollups
from perfwatch.history.influx.url import Address
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, MINUTE, NAMES, NEVER, RAW, Partial, Slice, combine, plan, total
from perfwatch.history.store import Bucket, Numbers, Point, Series, Span, Tier, Work, count, each_point
from perfwatch.readings.codec import from_ms

# Points or readings of one request: more of them cost a server no less each.
AT_ONCE = 5000


class InfluxStore:
    """A TieredStore in the buckets `<database>/autogen`, `/1m` and `/1h` of `address`.

    May be shared by threads. Nothing is sent before it is used; a bucket is made when a write finds it
    missing; reads make nothing.
    """

    # Nobody waits for a step of upkeep here: without any rest others are answered as soon (bench_rollups).
    rest = 0.25
    # The server takes one while we make the lines of the next; a third would wait like the second.
    writes_at_once = 2

    def __init__(self, address: Address, timeout: float | None = None) -> None:
        self._database = Database(address, timeout)
        self._notes = Notes(self._database)
        self._rollups = Rollups(self._database, self._notes)
        self._encoder = Encoder()
        self._places = {
            RAW: self._database.raw,
            MINUTE: self._database.minutes,
            HOUR: self._database.hours,
        }

    def check(self) -> None:
        """Raises Elsewhere when what is written would not be what is read."""
        self._database.ways()

    def write(self, points: Iterable[Point | Numbers]) -> int:
        kept = [one for one in points if (one.values if isinstance(one, Numbers) else one.fields)]
        refused: list[str] = []
        for first in range(0, len(kept), AT_ONCE):
            some = kept[first : first + AT_ONCE]
            refused += self._send(some, list(self._encoder.lines(some)))
        # Noted after the readings are there: should that fail, the batch comes again.
        self._notes.mark_late(kept)
        if refused:
            raise self._database.kept_others(refused)
        return count(kept)

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        if metric == "" or host == "":
            return []  # in InfluxQL an empty host would be any point without one
        listing = Listing(self._database.ask)
        # Where questions are bounded, the readings of a day or two, and what rollups have of those before.
        self._look(listing, self._database.raw, self._recent(self._database.raw), "", metric, host)
        if self._database.ways().bounded or self._notes.reach().raw_from > NEVER:
            hours = self._database.hours
            self._look(listing, hours, self._database.stretches(hours), "count_", metric, host)
        return sorted(listing.series())

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        if interval < 1:
            raise ValueError(f"interval is {interval} ms, but must be 1 or more")
        if not series or start >= stop:
            return {one: [] for one in series}
        reach = self._notes.reach()
        parts = [
            Slice(part.tier, *stretch)
            for part in plan(start, stop, interval, reach.rolled_to, reach.raw_from)
            for stretch in self._database.stretches(self._places[part.tier], Stretch(part.start, part.stop))
        ]
        cut = Cut(interval, len(parts) == 1, self._database.ways().absent_is_empty)
        try:
            return self._query(series, parts, cut)
        except Unrepresentable:
            return self._query(series, parts, cut._replace(scale=SCALE))

    def roll_up(self, until: int) -> Iterator[Work]:
        return self._rollups.roll_up(until)

    def thin(self, before: int) -> Iterator[Work]:
        return self._rollups.thin(before)

    def forget(self, before: int) -> Iterator[Work]:
        return self._rollups.forget(before)

    def delete_before(self, time: int) -> int:
        done = total(self.forget(time))
        return done.raw + done.rollups

    def policy(self) -> Policy:
        """Never enabled where the server cannot delete."""
        policy = self._notes.policy() or Policy()
        if policy.enabled:
            try:
                self._database.ways().allow_deletion(self._database.raw)
            except Unsupported:
                return replace(policy, enabled=False)
        return policy

    def set_policy(self, policy: Policy) -> None:
        """Raises Unsupported for one that is enabled where the server cannot delete."""
        if policy.enabled:
            self._database.ways().allow_deletion(self._database.raw)
        self._notes.set_policy(policy)

    def span(self) -> Span:
        # Before raw readings are removed the rollups reach no further than they do.
        tiers = [RAW, MINUTE] if self._notes.reach().raw_from > NEVER else [RAW]
        ends = [self._ends(self._places[tier]) for tier in tiers]
        oldest = min((first for first, _ in ends if first is not None), default=None)
        newest = max((last for _, last in ends if last is not None), default=None)
        if oldest is None or newest is None:
            return Span(0, None, None)
        return Span(self._database.size(), from_ms(oldest), from_ms(newest))

    def tiers(self) -> list[Tier]:
        return [
            Tier(NAMES[tier], self._rollups.count(place, "*" if tier == RAW else COUNTS), *self._ends(place))
            for tier, place in self._places.items()
        ]

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, points: Sequence[Point | Numbers], lines: list[bytes]) -> list[str]:
        """Write the readings; returns a sentence for each point that the server refuses."""
        body = b"\n".join(lines)
        try:
            self._database.write(self._database.raw, body)
        except ServerRefused as exc:
            if not exc.about_lines:
                raise
            singly = list(each_point(points))
            refused = self._database.write_most(self._database.raw, body.split(b"\n"))
            return [f"{singly[line].label}: {reason}" for line, reason in refused]
        return []

    def _query(
        self, series: Sequence[Series], parts: Sequence[Slice], cut: Cut
    ) -> dict[Series, list[Bucket]]:
        groups = query.grouped(series)
        asked = [(group, part) for part in parts for group in groups]
        statements = [
            query_buckets.statement(
                self._places[part.tier], group, [one.part for one in groups[group]], part, cut
            )
            for group, part in asked
        ]
        stretches: dict[Series, list[list[Partial]]] = {one: [] for one in series}
        for (group, part), result in zip(asked, self._database.ask(statements), strict=True):
            for one, pieces in query_buckets.read(group, result, part, cut).items():
                if one in stretches:
                    stretches[one].append(pieces)
        return {one: _buckets(found, cut.scale) for one, found in stretches.items()}

    def _look(
        self,
        listing: Listing,
        place: Place,
        stretches: Sequence[Stretch],
        prefix: str,
        metric: str | None,
        host: str | None,
    ) -> None:
        """Find the series of the columns that begin with `prefix`, in those stretches of a tier."""
        sources = [
            Source(place, one, host, stretch, columns)
            for one, all_columns in self._database.columns(place).items()
            if metric in (None, one)
            for stretch in stretches
            if (columns := {c: plain(c.removeprefix(prefix)) for c in all_columns if c.startswith(prefix)})
        ]
        if sources:
            metrics = {source.metric for source in sources}
            index = self._database.ways().index(place, metrics, host)
            listing.look(sources, index, time.time_ns() // 1_000_000)

    def _ends(self, place: Place) -> tuple[int | None, int | None]:
        """The times (ms) of the first and last row.

        A server looks at every series of each week that it is asked about: so first at the one where
        they are in all likelihood.
        """
        whole, bound = self._database.stretches(place), self._notes.oldest()
        recent = Stretch(time.time_ns() // 1_000_000 - HOUR, whole[-1].stop)
        likely = [] if bound is None else [Stretch(bound, bound + DAY_MS)]
        lasts = self._times(place, "DESC", [recent, *reversed(whole)])
        # As long as nothing is rolled up, all of it is recent.
        firsts = self._times(place, "ASC", [*likely, *self._recent(place)])
        return min(firsts, default=None), max(lasts, default=None)

    def _recent(self, place: Place) -> list[Stretch]:
        """Where questions are bounded, those about the last day: a stretch may begin within it."""
        since = time.time_ns() // 1_000_000 - DAY_MS
        return [one for one in self._database.stretches(place) if one.stop > since]

    def _times(self, place: Place, order: str, stretches: Sequence[Stretch]) -> list[int]:
        """The first or last time of each metric, in the first stretch that has any."""
        metrics = self._database.metrics(place)
        for stretch in stretches:
            asked = [query.end(place, metric, order, *stretch) for metric in metrics]
            if found := query.read_times(self._database.ask(asked)):
                return found
        return []


def _buckets(stretches: list[list[Partial]], scale: float) -> list[Bucket]:
    found = combine(stretches)
    if scale == 1:
        return found
    return [Bucket(time, *(value * scale for value in values)) for time, *values in found]
