"""How large what a template makes may be, and how long it may go on. No input or output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from devices.values import Unusable

MAX_STEPS = 1000
MAX_SIZE = 64 * 1024
MAX_READ = 16 * MAX_SIZE
_MAX_BITS = 512

_FORMAT = re.compile(r"%[-+ 0#]*\d{0,2}(\.\d{0,2})?[sdifFgGeExXo%]")


def check_operands(sign: str, left: Any, right: Any) -> None:
    if sign == "%" and isinstance(left, str):
        check_format(left)
    elif sign in ("*", "**") and not (_is_small(left) and _is_small(right)):
        raise Unusable(f"its template multiplies what is no number, or a large one ({sign})")
    if sign == "**" and abs(right) > _MAX_BITS:
        raise Unusable("its template has a power that is too large")


def _is_small(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= _MAX_BITS)


def check_format(text: str) -> None:
    if "%" in _FORMAT.sub("", text):
        raise Unusable(f"its template has the format {text[:40]!r}, which is not allowed")


def sized(value: Any) -> Any:
    """`value`, when it is of a size that any further step may handle."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise Unusable("its template makes a number that is too large")
    if _weight(value, MAX_SIZE) > MAX_SIZE:
        raise Unusable(f"its template makes more than {MAX_SIZE:,} characters")
    return value


def _weight(value: Any, most: int) -> int:
    """How large its text will be, about; no further than past `most`: parts may be shared a million times."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, dict | list | tuple):
        return 8
    weight = 2
    for item in (*value.keys(), *value.values()) if isinstance(value, dict) else value:
        weight += 2 + _weight(item, most - weight)
        if weight > most:
            break
    return weight


class Budget:
    """What one rendering may do: steps of all its loops together, characters read by filters, and written."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._characters = MAX_SIZE
        self._read = MAX_READ

    def iterate(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self._steps -= 1
            if self._steps < 0:
                raise Unusable(f"its template takes more than {MAX_STEPS:,} steps")
            yield item

    def read(self, value: Any) -> Any:
        self._read -= _weight(value, min(self._read, MAX_SIZE))
        if self._read < 0:
            raise Unusable(f"its template reads more than {MAX_READ:,} characters")
        return sized(value)

    def write(self, value: Any) -> Any:
        self._characters -= _weight(sized(value), self._characters)
        if self._characters < 0:
            raise Unusable(f"its template makes more than {MAX_SIZE:,} characters")
        return value
