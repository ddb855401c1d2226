"""A history, or a stretch of it, as CSV, Parquet or InfluxDB's line protocol."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import BinaryIO, NamedTuple, Protocol

from perfwatch import distribution
from perfwatch.errors import StartError
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, floor
from perfwatch.history.store import HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

COLUMNS = ("time", "metric", "host", "tag", "part", "field", "value")

# Numbers read at once, about: what an export holds in memory, however long it is.
AT_ONCE = 20_000
# Rows in a row group of Parquet: fewer compress badly.
GROUP = 100_000

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})")
_NAME = str.maketrans({",": r"\,", " ": r"\ "})
_KEY = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})


class ExportedNumber(NamedTuple):
    """One number; where raw readings were thinned out, the mean of a minute. `time` is in ms."""

    time: int
    series: Series
    value: float


class Writer(Protocol):
    """Writes rows in order of time; `close` ends the file and leaves the stream open."""

    def write(self, rows: Sequence[ExportedNumber]) -> None: ...

    def close(self) -> None: ...


def rows(
    store: HistoryStore, series: Sequence[Series], start: int, stop: int
) -> Iterator[tuple[int, list[ExportedNumber]]]:
    """Every number of `series` in start ≤ time < stop (ms) in order of time, window by window.

    Each item is the window's end and its rows. Days without readings are passed over.
    """
    width = MINUTE
    for day in _days(store, series, start, stop):
        time, end = max(day, start), min(day + DAY_MS, stop)
        while time < end:
            until = min(time + width, end)
            window = _window(store, series, time, until)
            yield until, window
            # No more than double, and an hour: a quiet stretch may be followed by a dense one.
            width = min(width * 2, HOUR) if len(window) < AT_ONCE else max(width // 2, 1000)
            time = until


def _days(store: HistoryStore, series: Sequence[Series], start: int, stop: int) -> list[int]:
    days: set[int] = set()
    for one in series:
        days.update(floor(bucket.time, DAY_MS) for bucket in store.query([one], start, stop, DAY_MS)[one])
    return sorted(days)


def _window(store: HistoryStore, series: Sequence[Series], start: int, stop: int) -> list[ExportedNumber]:
    found = store.query(series, start, stop, 1)
    return sorted(
        ExportedNumber(bucket.time, one, bucket.mean) for one, buckets in found.items() for bucket in buckets
    )


class CsvWriter:
    """One line a number, under a head of COLUMNS; times as RFC 3339 in UTC."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
        self._lines = csv.writer(self._text, lineterminator="\n")
        self._lines.writerow(COLUMNS)

    def write(self, rows: Sequence[ExportedNumber]) -> None:
        for time, group in groupby(rows, key=lambda row: row.time):
            written = format_time(from_ms(time))
            self._lines.writerows((written, *row.series, row.value) for row in group)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class LineWriter:
    """One line for all fields of one thing at one time, with times in nanoseconds."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, rows: Sequence[ExportedNumber]) -> None:
        lines = [
            f"{_head(*key)} {','.join(_field(row) for row in group)} {time * 1_000_000}\n"
            for (time, *key), group in groupby(rows, key=lambda row: (row.time, *row.series[:4]))
        ]
        self._stream.write("".join(lines).encode())

    def close(self) -> None:
        self._stream.flush()


def _head(metric: str, host: str, tag: str, part: str) -> str:
    tags = [("host", host), *([(tag, part)] if tag else [])]
    pairs = (f",{_plain(key).translate(_KEY)}={_plain(value).translate(_KEY)}" for key, value in tags)
    return _plain(metric).translate(_NAME) + "".join(pairs)


def _field(row: ExportedNumber) -> str:
    return f"{_plain(row.series.field).translate(_KEY)}={row.value!r}"


def _plain(name: str) -> str:
    """A name without what a line cannot carry: that is written as %XX, and read back by an import."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


class ParquetWriter:
    """The columns of CSV, `time` as milliseconds in UTC; in row groups of about GROUP rows."""

    def __init__(self, stream: BinaryIO) -> None:
        try:
            import pyarrow  # type: ignore[import-untyped]
            from pyarrow import parquet
        except ImportError as exc:
            needed = distribution.install_line("parquet")
            raise StartError(f"Parquet needs one more package: {needed}") from exc
        name = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        kinds = (pyarrow.timestamp("ms", tz="UTC"), *[name] * 5, pyarrow.float64())
        self._schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)))
        self._table = pyarrow.table
        self._file = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._rows: list[ExportedNumber] = []

    def write(self, rows: Sequence[ExportedNumber]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= GROUP:
            self._write_group()

    def close(self) -> None:
        if self._rows:
            self._write_group()
        self._file.close()

    def _write_group(self) -> None:
        columns = zip(*((row.time, *row.series, row.value) for row in self._rows), strict=True)
        named = dict(zip(COLUMNS, map(list, columns), strict=True))
        self._file.write_table(self._table(named, schema=self._schema))
        self._rows.clear()


FORMATS: dict[str, Callable[[BinaryIO], Writer]] = {
    "csv": CsvWriter,
    "parquet": ParquetWriter,
    "line": LineWriter,
}
SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".lp": "line", ".line": "line"}
