"""What `perfwatch up` says while its children run: their errors, and a disk that takes nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from perfwatch.admin.brokers import Say
from perfwatch.admin.child import Child, no_room
from perfwatch.beat import beat

_LOOK_SECONDS = 2.0
_ROOM_SECONDS = 2.0
_ROTATE_SECONDS = 10.0

# Of one child in one look: the log has the rest.
_LINES = 3
_ERROR = re.compile(rb"^(?:\S+ (?:ERROR|CRITICAL) ([\w+]+): |\d+: (?=Error: ))(.*)$", re.MULTILINE)


async def tell_errors(children: Sequence[Child], say: Say) -> None:
    """Repeat here what children log as errors; what one says again and again, once."""
    last: dict[str, list[tuple[str, str]]] = {}
    while True:
        for child in children:
            with suppress(OSError):
                if (found := errors(child.written())[:_LINES]) and found != last.get(child.name):
                    last[child.name] = found
                    for name, line in found:
                        say(f"  {name or child.name:<10} {line}")
        await beat(_LOOK_SECONDS)


def errors(log: bytes) -> list[tuple[str, str]]:
    """The errors in these lines of a log, and which service's each is; Mosquitto does not say that."""
    found = ((match[1] or b"", match[2]) for match in _ERROR.finditer(log))
    return list(dict.fromkeys((name.decode(), line.decode(errors="replace")) for name, line in found))


async def tell_of_room(folder: Path, say: Say) -> None:
    """Say when the disk is full, and when there is room again. Children cannot log it then."""
    full = False
    while True:
        problem = no_room(folder)
        if bool(problem) != full:
            full = bool(problem)
            say(f"  {problem or f'There is room again on the disk of {folder}: readings are stored'}")
        await beat(_ROOM_SECONDS)


async def rotate_logs(children: Sequence[Child]) -> None:
    """Keep each log short, however long a child runs."""
    while True:
        for child in children:
            with suppress(OSError):  # a full disk, most likely: it is tried again
                child.rotate()
        await beat(_ROTATE_SECONDS)
