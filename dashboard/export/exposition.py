"""Readings as text for Prometheus: OpenMetrics 1.0, or the older format 0.0.4. No input or output."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from dashboard.export.families import Family, family
from perfwatch.errors import PayloadError
from perfwatch.history.declared import MAX_FORMS
from perfwatch.history.flatten import Flattener
from perfwatch.history.store import Numbers, Part

# Writes a number in a tenth of the time that Python takes.
_encode = msgspec.json.Encoder().encode
# 2^15 bytes of window, and 16 for the header of gzip.
_GZIP = 15 + 16
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Exposition:
    """One answer as it grows: the samples of a family stand together, whenever they come."""

    def __init__(self) -> None:
        self._samples: dict[str, list[bytes]] = {}
        self._families: dict[str, Family] = {}

    def samples(self, of: Family) -> list[bytes]:
        """Where the lines of that family go."""
        if of.name not in self._samples:
            self._samples[of.name], self._families[of.name] = [], of
        return self._samples[of.name]

    def add(self, of: Family, value: float | None, **labels: str) -> None:
        """One sample; a number that is not known is left out."""
        if value is not None:
            self.samples(of).append(head(of, labels) + _encode(of.converted([float(value)])[0]))

    def text(self, *, openmetrics: bool) -> bytes:
        """All of it."""
        return b"".join(chain.from_iterable(self._families_lines(openmetrics)))[1:]

    def packed(self, *, openmetrics: bool) -> bytes:
        """All of it, for who takes gzip. A family at a time, so that it is still in the processor's cache.

        At level 1: higher ones make it a tenth smaller and take three times as long.
        """
        packing = zlib.compressobj(1, wbits=_GZIP, memLevel=9)
        told = map(b"".join, self._families_lines(openmetrics))
        first = packing.compress(next(told)[1:])
        return b"".join([first, *map(packing.compress, told), packing.flush()])

    def _families_lines(self, openmetrics: bool) -> Iterator[list[bytes]]:
        """The older format names a counter's family as its samples, and knows no units."""
        for name, lines in self._samples.items():
            one = self._families[name]
            called = one.name if openmetrics else one.sample
            unit = f"\n# UNIT {called} {one.base.name}" if openmetrics and one.base.name else ""
            yield [f"\n# HELP {called} {one.help}\n# TYPE {called} {one.kind}{unit}".encode(), *lines]
        yield [b"\n# EOF\n" if openmetrics else b"\n"]


def head(of: Family, labels: Mapping[str, str]) -> bytes:
    """A sample's line up to its number, with the end of the line before it."""
    told = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return (f"\n{of.sample}{{{told}}} " if told else f"\n{of.sample} ").encode()


class Exporter:
    """Puts readings into expositions. Remembers what they are called: use it from one thread at a time."""

    def __init__(self) -> None:
        self._flatteners: dict[tuple[str, str], Flattener] = {}
        self._tables: dict[tuple[str, tuple[Part, ...]], _Table] = {}

    def add(self, readings: Iterable[tuple[str, str, bytes]], to: Exposition) -> None:
        """Add readings, each as host, metric and payload. What cannot be read is the bridge's to reject."""
        alike: dict[tuple[str, int], list[Numbers]] = {}
        for host, metric, payload in readings:
            try:
                numbers = self._flattener(host, metric).flatten(payload)
            except PayloadError:
                continue
            # Hosts that are alike have one tuple of parts between them, which takes long to hash.
            alike.setdefault((metric, id(numbers.layout.parts)), []).append(numbers)
        for (metric, _), rows in alike.items():
            self._table(metric, rows[0].layout.parts).add(rows, to)

    def _flattener(self, host: str, metric: str) -> Flattener:
        if (host, metric) not in self._flatteners:
            self._flatteners[host, metric] = Flattener(metric, host, metric)
        return self._flatteners[host, metric]

    def _table(self, metric: str, parts: tuple[Part, ...]) -> _Table:
        if (metric, parts) not in self._tables:
            if len(self._tables) >= MAX_FORMS:
                self._tables.clear()
            self._tables[metric, parts] = _Table(metric, parts)
        return self._tables[metric, parts]


class _Table:
    """Readings of hosts that are alike: a row is a host, a column one number of each.

    What stands before the numbers is made when hosts change.
    """

    def __init__(self, metric: str, parts: Iterable[Part]) -> None:
        self._columns = [
            (family(metric, part.tag, field), {part.tag: part.name} if part.tag else {})
            for part in parts
            for field in part.fields
        ]
        self._hosts: list[str] = []
        self._heads: list[list[bytes]] = []

    def add(self, rows: Sequence[Numbers], to: Exposition) -> None:
        hosts = [row.layout.whose[1] for row in rows]
        if hosts != self._hosts:
            self._hosts, self._heads = hosts, [self._head(at, hosts) for at in range(len(self._columns))]
        columns = zip(*[row.values for row in rows], strict=True)
        for (of, _), heads, column in zip(self._columns, self._heads, columns, strict=True):
            if heads:
                lines = heads * 2
                lines[::2], lines[1::2] = heads, _encode(of.converted(column))[1:-1].split(b",")
                to.samples(of).extend(lines)

    def _head(self, at: int, hosts: Iterable[str]) -> list[bytes]:
        """What stands before a column's numbers; nothing where another is called the same."""
        of, labels = self._columns[at]
        if any((of.name, labels) == (other.name, theirs) for other, theirs in self._columns[:at]):
            return []
        return [head(of, {"host": host} | labels) for host in hosts]
