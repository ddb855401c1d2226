"""An outbox whose time does not pass by itself, and what fills and empties it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.delivery.outbox import DAY, Outbox


class Time:
    """Both clocks, which pass when a test says so."""

    def __init__(self) -> None:
        self.monotonic = 1000.0
        self.wall = 1_795_000_000.0
        self.boxes: list[Outbox] = []

    def pass_by(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def outbox(folder: Path | None, time: Time, resend: float = 75.0, size: int = 10_000_000) -> Outbox:
    made = Outbox(folder, DAY, size, resend, lambda: time.monotonic, lambda: time.wall)
    time.boxes.append(made)
    made.open()
    return made


def send(outbox: Outbox, acknowledge: bool = True) -> list[bytes]:
    """Take all that waits."""
    sent = []
    while letter := outbox.take():
        sent.append(letter.payload)
        if acknowledge:
            outbox.done(letter.number)
    return sent


def numbers(first: int, last: int, size: int = 1) -> list[bytes]:
    """Payloads of at least `size` bytes."""
    return [b"%*d" % (size, number) for number in range(first, last)]


def fill(outbox: Outbox, first: int, last: int, size: int = 1) -> list[bool]:
    """What the outbox said of each."""
    return [outbox.add("cpu", number) for number in numbers(first, last, size)]


def send_as_they_come(outbox: Outbox, time: Time) -> None:
    """300 readings of 500 bytes, one each 5 s, all acknowledged."""
    for payload in numbers(0, 300, 500):
        outbox.add("cpu", payload)
        send(outbox)
        time.pass_by(5)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def crash(outbox: Outbox) -> None:
    """What a kill leaves: nothing is written any more, and the lock is free."""
    assert outbox._journal is not None
    assert outbox._journal._held is not None
    outbox._journal._held.close()


class FullDisk:
    """A disk on which nothing fits for as long as `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        write: Callable[..., int] = os.pwrite
        monkeypatch.setattr(
            os, "pwrite", lambda file, part, at: write(file, part[:5] if self.full else part, at)
        )
