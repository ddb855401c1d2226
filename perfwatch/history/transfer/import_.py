"""Line protocol into a history: what is good is kept, what is not is named by its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from perfwatch.history.store import HistoryStore, Point
from perfwatch.history.transfer.line_parser import LineError, parse_line

# Points written together, and the longest line that is looked at.
AT_ONCE = 2000
LONGEST_LINE = 1024 * 1024


class Imported(NamedTuple):
    """Lines read and refused, numbers kept, and the time (ms) of the oldest point, None without any."""

    lines: int = 0
    refused: int = 0
    numbers: int = 0
    oldest: int | None = None


def import_lines(
    store: HistoryStore,
    stream: BinaryIO,
    refuse: Callable[[int, str], None],
    precision: str = "ns",
    now: int | None = None,
) -> Iterator[Imported]:
    """Keep the points in `stream`, telling how far it is after each batch.

    `refuse` is told the number of each line that cannot be taken, and why. The same lines imported
    twice are there once. Raises StoreError as `write` does; what was told of by then is kept.
    """
    done, points = Imported(), list[Point]()
    for number, line in enumerate(_lines(stream), 1):
        done = done._replace(lines=number)
        try:
            point = parse_line(_text(line), precision, now)
        except LineError as exc:
            refuse(number, str(exc))
            done = done._replace(refused=done.refused + 1)
            continue
        if point:
            points.append(point)
        if len(points) >= AT_ONCE:
            done = _keep(store, points, done)
            points.clear()
            yield done
    yield _keep(store, points, done) if points else done


def _keep(store: HistoryStore, points: list[Point], done: Imported) -> Imported:
    oldest = min(point.time for point in points)
    return done._replace(
        numbers=done.numbers + store.write(points),
        oldest=oldest if done.oldest is None else min(done.oldest, oldest),
    )


def _text(line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        raise LineError(f"it is longer than {LONGEST_LINE} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError as exc:
        raise LineError(f"it is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, each cut off after what is longer than any that we take."""
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
        yield line
