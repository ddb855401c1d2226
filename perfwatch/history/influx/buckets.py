"""What must be on an InfluxDB server before points can be: what differs between its versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from perfwatch.errors import Unsupported
from perfwatch.history.influx.http import Server
from perfwatch.history.influx.line_protocol import stored
from perfwatch.history.influx.query import (
    EARLIEST,
    HOURS,
    LATEST,
    MINUTES,
    RAW,
    Place,
    Result,
    Thing,
    measurement,
    name,
    numbers,
    text,
    things,
)


class Stretch(NamedTuple):
    """Start ≤ time < stop, in ms."""

    start: int
    stop: int


ALWAYS = Stretch(EARLIEST, LATEST)

# How long a shard of rollups is. A server looks into each that a question is about, and makes one a week
# unless told otherwise: a year of an hour's rollups takes it five times as long then.
SHARD_DAYS = {MINUTES: 28, HOURS: 364}


class Buckets(Protocol):
    """What differs between the versions: making a bucket, its size, deleting in it."""

    @property
    def answers(self) -> bool:
        """Whether what is written can be asked for again."""

    @property
    def bounded(self) -> bool:
        """Whether a question may be about some days only."""

    @property
    def absent_is_empty(self) -> bool:
        """Whether a tag that no point has compares as an empty one."""

    def check(self) -> None:
        """Raises StoreError when what we write is not what we would read."""

    def check_readable(self, place: Place) -> None:
        """Raises Forbidden when the bucket is there, and only looks as if it were not."""

    def stretches(self, place: Place, whole: Stretch = ALWAYS) -> list[Stretch]:
        """Pieces of that stretch, in order of time, each of which the server answers a question about."""

    def write(self, place: Place, body: bytes) -> None:
        """Write lines with times in ms, durably. Raises ServerRefused when some were not taken."""

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        """The answers to statements, each about one of those places."""

    def measurements(self, place: Place) -> dict[str, list[str]]:
        """The names of what that bucket has, or has had, and of the numbers in each."""

    def index(self, place: Place, metrics: Iterable[str], host: str | None) -> list[Thing] | None:
        """What that bucket has or has had, of those metrics, of that host (None: of all).

        None where the server keeps no index that it could tell from.
        """

    def ensure(self, place: Place) -> None:
        """Make what is missing of that bucket, so that it can be written and read."""

    def allow_deletion(self, place: Place) -> None:
        """Raises Unsupported when readings there cannot be removed."""

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        """Remove start ≤ time < stop (ms) from the raw tier alone, or from both others."""

    def size(self, place: Place) -> int | None:
        """Bytes on disk; None when the server does not tell, or not us."""


class Qualified:
    """Statements name the bucket that they are about, and may be about all of time."""

    answers = True
    bounded = False
    absent_is_empty = True

    def __init__(self, server: Server) -> None:
        self._server = server

    def check(self) -> None:
        return

    def check_readable(self, place: Place) -> None:
        return

    def stretches(self, place: Place, whole: Stretch = ALWAYS) -> list[Stretch]:
        return [whole]

    def write(self, place: Place, body: bytes) -> None:
        given = {"org": self._server.address.org, "bucket": place.bucket, "precision": "ms"}
        self._server.write(place.bucket, body, "/api/v2/write", given)

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        return self._server.query(list(statements), *places[0])

    def measurements(self, place: Place) -> dict[str, list[str]]:
        # Not SHOW MEASUREMENTS: InfluxDB 2 answers it for a database's default policy only.
        shown = f"SHOW FIELD KEYS ON {name(place.database)} FROM {name(place.name)}./.*/"
        return numbers(self.ask([shown], [place])[0])

    def index(self, place: Place, metrics: Iterable[str], host: str | None) -> list[Thing] | None:
        where = "" if host is None else f" WHERE {name('host')} = {text(stored(host))}"
        # By name: a pattern takes five times as long.
        shown = [f"SHOW SERIES FROM {measurement(place, metric)}{where}" for metric in metrics]
        results = self._server.query(shown, *place)
        return [thing for result in results for thing in things(result, of_rollups=place.name != RAW)]


class WriteOnly(Qualified):
    """VictoriaMetrics: what is written appears, and nothing can be deleted over HTTP."""

    answers = False

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        results = super().ask(statements, places)
        # Whatever it is asked, it names its databases.
        if any(rows.columns == ["name"] for result in results for rows in result.series):
            raise Unsupported(
                f"The server at {self._server.address.url} takes writes, but does not answer InfluxQL: read"
                " it with its own tools (docs/influxdb.md)"
            )
        return results

    def ensure(self, place: Place) -> None:
        return

    def delete(self, places: Sequence[Place], start: int, stop: int) -> None:
        self.allow_deletion(places[0])

    def allow_deletion(self, place: Place) -> None:
        raise Unsupported(
            f"The server at {self._server.address.url} cannot delete readings over HTTP: give it a retention"
            " period of its own (docs/influxdb.md)"
        )

    def size(self, place: Place) -> int | None:
        return None
