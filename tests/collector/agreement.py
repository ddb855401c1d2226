"""A source's reading beside another program's of the same machine, where it has that program."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from collector.sources.source import Absent, Source, Tick
from perfwatch.readings import codec
from tests.servers import wait_until

T = TypeVar("T")
MIB = 2**20
CLOSE = 64 * MIB
"""What the machine may take or give back between two readings of it."""


def run(*command: str) -> str:
    """What that program prints; the test is skipped where it is missing or has nothing to say."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    ended = subprocess.run(
        command, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=False, timeout=60
    )
    if ended.returncode:
        pytest.skip(f"{' '.join(command)} says: {ended.stderr.strip()}")
    return ended.stdout


def now() -> Tick:
    return Tick(codec.now(), time.monotonic())


def gather(source: Source) -> Any:
    """Its first reading; the test is skipped where the machine has no such thing."""
    found: list[object] = []

    def there() -> bool:
        found.extend(filter(None, [source.gather(now())]))
        return bool(found)

    try:
        wait_until(there, f"a reading of {source.name}")
    except Absent as exc:
        pytest.skip(f"{source.name}: {exc}")
    return found[0]


def between(ours: Any, before: Any, after: Any, slack: float) -> bool:
    """Whether each number is one of theirs from just before to just after, give or take `slack`."""
    if isinstance(ours, dict):
        named = ours.keys() == before.keys() == after.keys()
        return named and all(between(ours[key], before[key], after[key], slack) for key in ours)
    if isinstance(ours, list):
        return all(between(*three, slack) for three in zip(ours, before, after, strict=True))
    return bool(min(before, after) - slack <= ours <= max(before, after) + slack)


def agree(ours: Callable[[], T], theirs: Callable[[], T], slack: float = 0) -> None:
    """What we read of a moving thing lies, sooner or later, between two of their readings around it."""
    seen: list[tuple[T, T, T]] = []

    def met() -> bool:
        before, mine, after = theirs(), ours(), theirs()
        seen.append((mine, before, after))
        return between(mine, before, after, slack)

    try:
        wait_until(met, "both agree")
    except AssertionError:
        pytest.fail(f"ours {seen[-1][0]}, theirs {seen[-1][1]} and then {seen[-1][2]}")
