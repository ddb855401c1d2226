"""One database on an InfluxDB server, with a bucket for each tier: what is written to it and asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from perfwatch.errors import PartialWrite
from perfwatch.history.influx.buckets import ALWAYS, Buckets, Stretch, WriteOnly
from perfwatch.history.influx.http import TIMEOUT_SECONDS, Server, ServerRefused
from perfwatch.history.influx.line_protocol import plain
from perfwatch.history.influx.query import Place, Result
from perfwatch.history.influx.url import Address
from perfwatch.history.influx.version_1 import Databases1
from perfwatch.history.influx.version_2 import Buckets2
from perfwatch.history.influx.version_3 import Databases3

# How our own notes' measurements begin. A metric is a level of a topic, which has no slash.
OURS = "perfwatch/"


class Refusal(NamedTuple):
    """The server will never take the line with that number, for that reason."""

    line: int
    reason: str


class Database:
    """The buckets `<database>/<policy>` of `address`; nothing is sent before it is used.

    May be shared by threads. A bucket is made when a write finds it missing; reads make nothing.
    """

    def __init__(self, address: Address, timeout: float | None = None) -> None:
        self.raw = Place(address.database, "autogen")
        self.minutes = Place(address.database, "1m")
        self.hours = Place(address.database, "1h")
        self.places = (self.raw, self.minutes, self.hours)
        self.url = address.url
        self._server = Server(address, timeout or TIMEOUT_SECONDS)
        self._buckets: Buckets | None = None
        self._made: set[Place] = set()

    def write(self, place: Place, body: bytes) -> None:
        """Write lines with times in ms, durably. Raises ServerRefused when some were not taken."""
        self._ready(place)
        try:
            self.ways().write(place, body)
        except ServerRefused as exc:
            if not exc.missing:
                raise
            # Somebody removed the bucket since it was made.
            self._made.discard(place)
            self._ready(place)
            self.ways().write(place, body)

    def write_most(self, place: Place, lines: Sequence[bytes], first: int = 0) -> list[Refusal]:
        """Write all of the lines but those that the server refuses; returns these, counted from `first`.

        Which they are it says in part, if at all: halving finds out on every version. The same point
        written twice is one point, so nothing is doubled.
        """
        try:
            self.write(place, b"\n".join(lines))
        except ServerRefused as exc:
            if not exc.about_lines:
                raise
            if len(lines) in (1, exc.dropped):
                return [Refusal(first + line, exc.reason) for line in range(len(lines))]
            half = len(lines) // 2
            refused = self.write_most(place, lines[:half], first)
            return refused + self.write_most(place, lines[half:], first + half)
        return []

    def kept_others(self, refused: list[str]) -> PartialWrite:
        """What to raise when everything was written but what these sentences name."""
        others = f" (and {len(refused) - 1} more points)" if len(refused) > 1 else ""
        return PartialWrite(f"InfluxDB at {self.url} refused {refused[0]}{others}", refused)

    def ask(self, statements: Sequence[str]) -> list[Result]:
        """One answer for each statement; an empty one where there is no such bucket yet."""
        if not statements:
            return []
        try:
            return self.ways().ask(statements, self.places)
        except ServerRefused as exc:
            if not exc.missing:
                raise
            if len(statements) == 1:
                self.ways().check_readable(self.raw)
                return [Result()]
            return [self.ask([statement])[0] for statement in statements]

    def metrics(self, place: Place) -> list[str]:
        """The metrics that a bucket has or has had; none where there is no such bucket yet."""
        return sorted(self.columns(place))

    def columns(self, place: Place) -> dict[str, list[str]]:
        """Those metrics, each with the names of its numbers as the server has them."""
        try:
            found = self.ways().measurements(place)
        except ServerRefused as exc:
            if not exc.missing:
                raise
            self.ways().check_readable(self.raw)
            return {}
        return {plain(name): columns for name, columns in found.items() if not name.startswith(OURS)}

    def ways(self) -> Buckets:
        """What this server's version can do. Threads that ask at once each ask the server: none waits."""
        if self._buckets is None:
            buckets = buckets_of(self._server)
            buckets.check()
            self._buckets = buckets
        return self._buckets

    def stretches(self, place: Place, whole: Stretch = ALWAYS) -> list[Stretch]:
        """Pieces of that stretch, in order of time, each of which a question may be about."""
        return self.ways().stretches(place, whole)

    def size(self) -> int | None:
        """Bytes on disk of all tiers; None when the server does not tell.

        It counts what has left the log that is written first: until then that is nothing.
        """
        return sum(self.ways().size(place) or 0 for place in self.places) or None

    def close(self) -> None:
        self._server.close()

    def _ready(self, place: Place) -> None:
        if place in self._made:
            return
        self.ways().ensure(place)
        self._made.add(place)


def buckets_of(server: Server) -> Buckets:
    """The way of that server's version. InfluxDB Cloud, which does not tell one, has organisations."""
    major = server.version().lstrip("v").partition(".")[0]
    if major == "2" or (not major and server.address.org):
        return Buckets2(server)
    if major == "1":
        return Databases1(server)
    return Databases3(server) if major else WriteOnly(server)
