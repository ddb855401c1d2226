"""A spool with a clock of the test's own, and what is put into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from bridge.spool import Spool
from perfwatch.history.store import Point

Opener: TypeAlias = Callable[..., Spool]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def numbered(number: int, size: int = 1) -> list[Point]:
    fields = {f"field_{place}": float(number) for place in range(size)}
    return [Point("cpu", "nas", "core", "0", number, fields)]


def taken(spool: Spool) -> list[int]:
    """The numbers of all that waits, in the order in which it is given out; the spool is empty then."""
    found: list[int] = []
    while (chunk := spool.oldest()) is not None:
        found += [point.time for point in chunk.points]
        spool.done()
    return found


def damage(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def files(spool: Spool) -> list[Path]:
    return sorted(spool.folder.glob("*.journal"))
