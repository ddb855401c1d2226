"""The history on an InfluxDB server: 1.8, 2 or 3, by what all of them speak.

Writes are line protocol to /api/v2/write, reads InfluxQL on /query. VictoriaMetrics takes the writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from types import TracebackType
from typing import Self

from perfwatch.errors import PartialWrite, StoreError
from perfwatch.history import influxql
from perfwatch.history.influx_buckets import Buckets, buckets_of
from perfwatch.history.influx_http import Refused, Server, Unrepresentable
from perfwatch.history.influx_url import Address
from perfwatch.history.influxql import SCALE, Group, Place, Result
from perfwatch.history.line_protocol import Encoder, plain
from perfwatch.history.store import Bucket, Numbers, Point, Series, Span, count, each_point
from perfwatch.readings import from_ms

# Points or readings of one request: more of them cost a server no less each.
AT_ONCE = 5000

RAW = "autogen"


class InfluxStore:
    """A HistoryStore in the bucket `<database>/<policy>` of `address`; nothing is sent before it is used.

    May be shared by threads. The bucket is made when a write finds it missing; reads make nothing.
    """

    def __init__(self, address: Address, policy: str = RAW) -> None:
        self.place = Place(address.database, policy)
        self._server = Server(address)
        self._encoder = Encoder()
        self._making = Lock()
        self._buckets: Buckets | None = None
        self._made = False

    def write(self, points: Iterable[Point | Numbers]) -> int:
        kept = [one for one in points if count((one,))]
        refused: list[str] = []
        for first in range(0, len(kept), AT_ONCE):
            refused += self._write(kept[first : first + AT_ONCE])
        if refused:
            others = f" (and {len(refused) - 1} more points)" if len(refused) > 1 else ""
            raise PartialWrite(
                f"InfluxDB at {self._server.address.url} refused {refused[0]}{others}", refused
            )
        return count(kept)

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        if metric == "" or host == "":
            return []  # in InfluxQL an empty host would be any point without one
        # Asked for together, each series would be looked up with the fields of every metric.
        metrics = self._metrics() if metric is None else [metric]
        results = self._ask([influxql.newest(self.place, one, host) for one in metrics])
        return sorted(one for result in results for one in influxql.read_series(result))

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        if interval < 1:
            raise ValueError(f"interval is {interval} ms, but must be 1 or more")
        found: dict[Series, list[Bucket]] = {one: [] for one in series}
        groups = influxql.grouped(series)
        if groups and start < stop:
            try:
                self._fill(found, groups, start, stop, interval)
            except Unrepresentable:
                self._fill(found, groups, start, stop, interval, SCALE)
        return found

    def delete_before(self, time: int) -> int:
        """InfluxDB 1.x deletes whole shards only when the database has further retention policies."""
        older = self._count_before(time)
        if older:
            self._ways().delete_before(self.place, time)
            older -= self._count_before(time)
        return older

    def retain(self, seconds: int) -> None:
        """Let the server itself drop what is older, at its own pace; 0 keeps everything.

        The way for a tier of InfluxDB 1.x, whose DELETE reaches every tier of a database. The least
        is an hour. InfluxDB 3 Core takes a retention period only with a new database.
        """
        self._ready()
        self._ways().retain(self.place, seconds)

    def span(self) -> Span:
        results = self._ask([influxql.end(self.place, order) for order in ("ASC", "DESC")])
        if not any(result.series for result in results):
            return Span(0, None, None)
        times = influxql.read_times(results)
        return Span(self._ways().size(self.place), from_ms(min(times)), from_ms(max(times)))

    def close(self) -> None:
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, points: Sequence[Point | Numbers]) -> list[str]:
        """Write points; a sentence for each that was refused."""
        lines = list(self._encoder.lines(points))
        self._ready()
        try:
            return self._send(points, lines)
        except Refused as exc:
            if not exc.missing:
                raise
            # Somebody removed the bucket since it was made.
            self._made = False
            self._ready()
            return self._send(points, lines)

    def _send(self, points: Sequence[Point | Numbers], lines: list[str]) -> list[str]:
        """Which lines a server refuses it says in part, if at all: halving finds out on every version.

        The same point written twice is one point, so nothing is doubled.
        """
        try:
            self._server.write(self.place.bucket, lines)
        except Refused as exc:
            if not exc.about_lines:
                raise
            singly, lines = list(each_point(points)), "\n".join(lines).split("\n")
            if len(lines) == 1:
                return [f"{_name(singly[0])}: {exc.reason}"]
            half = len(lines) // 2
            return self._send(singly[:half], lines[:half]) + self._send(singly[half:], lines[half:])
        return []

    def _fill(
        self,
        found: dict[Series, list[Bucket]],
        groups: dict[Group, list[Series]],
        start: int,
        stop: int,
        interval: int,
        scale: float = 1,
    ) -> None:
        statements = [
            influxql.buckets(self.place, group, [one.part for one in inside], start, stop, interval, scale)
            for group, inside in groups.items()
        ]
        for group, result in zip(groups, self._ask(statements), strict=False):
            for one, buckets in influxql.read_buckets(group, result, interval, scale):
                if one in found:
                    found[one] = buckets

    def _metrics(self) -> list[str]:
        # Not SHOW MEASUREMENTS: InfluxDB 2 answers it for a database's default policy only.
        results = self._ask([influxql.end(self.place, "DESC")])
        return sorted({plain(rows.name) for result in results for rows in result.series})

    def _count_before(self, time: int) -> int:
        return sum(map(influxql.read_counts, self._ask([influxql.count_before(self.place, time)])))

    def _ask(self, statements: list[str]) -> list[Result]:
        """The answers; none when there is no such bucket yet, as it is made by the first write."""
        if not statements:
            return []
        try:
            results = self._server.query(statements, *self.place)
        except Refused as exc:
            if exc.missing:
                return []
            raise
        if any(rows.columns[:1] != ["time"] for result in results for rows in result.series):
            raise StoreError(
                f"The server at {self._server.address.url} takes writes, but answers no InfluxQL: read"
                " from it by its own means (docs/influxdb.md)"
            )
        return results

    def _ways(self) -> Buckets:
        with self._making:
            if self._buckets is None:
                self._buckets = buckets_of(self._server)
            return self._buckets

    def _ready(self) -> None:
        if not self._made:
            self._ways().ensure(self.place)
            self._made = True


def _name(point: Point) -> str:
    part = f" {point.tag} {point.part!r}" if point.tag else ""
    return f"{point.metric} of {point.host}{part} at {point.time}"
