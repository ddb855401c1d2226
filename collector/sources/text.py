"""Text from outside, made valid as it enters. The system's names are bytes, in no encoding at all.

Python stands a surrogate in for each byte that is not UTF-8. JSON, MQTT and the history can carry none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import TypeVar

T = TypeVar("T")

_LONGEST_REASON = 300
_SURROGATE = re.compile("[\ud800-\udfff]")


def valid(text: str) -> str:
    """`text` with U+FFFD for each byte that is not UTF-8."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def named(things: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Things by their valid names. Of two that look the same then, the later one is numbered."""
    found: dict[str, T] = {}
    for name, thing in things:
        found[free(valid(name), found)] = thing
    return found


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, with the lowest number from 2 that makes it unlike those that are taken."""
    if name not in taken:
        return name
    return next(numbered for n in count(2) if (numbered := f"{name} ({n})") not in taken)


def told(error: BaseException) -> str:
    """An error as a reason to publish: its message may quote a name or a line of the system."""
    return valid(f"{type(error).__name__}: {error}")[:_LONGEST_REASON]
