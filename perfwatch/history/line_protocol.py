"""Points as InfluxDB's line protocol, and names out of it again. No input or output.

Line protocol cannot carry every name: a line ends at a newline whatever precedes it, a backslash at
the end of a name takes the next separator with it, and `time` and a leading underscore are reserved.
Those few are written as %XX, as in a URL, and read back by `plain`; all other names stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from perfwatch.history.store import Point

# Names come from the network: what is remembered of them has an end.
MAX_REMEMBERED = 100_000

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})|^[_#]|^t(?=ime$)")
_SAFE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NAME = str.maketrans({",": r"\,", " ": r"\ "})
_KEY = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})


class Encoder:
    """Writes points as lines. What a line begins with is made once for each series, then remembered."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str, str, str], str] = {}
        self._keys: dict[str, str] = {}

    def lines(self, points: Iterable[Point]) -> Iterator[str]:
        """One line for each point that has fields, times in milliseconds, every number a float."""
        heads, keys = self._heads, self._keys
        for point in points:
            head = heads.get(point[:4]) or self._head(point)
            pairs = [
                f"{keys.get(name) or self._key(name)}={float(value)!r}"
                for name, value in point.fields.items()
            ]
            if pairs:
                yield f"{head} {','.join(pairs)} {point.time}"

    def _head(self, point: Point) -> str:
        if len(self._heads) >= MAX_REMEMBERED:
            self._heads.clear()
        head = self._heads[point[:4]] = head_of(point)
        return head

    def _key(self, name: str) -> str:
        if len(self._keys) >= MAX_REMEMBERED:
            self._keys.clear()
        key = self._keys[name] = stored(name).translate(_KEY)
        return key


def head_of(point: Point) -> str:
    """Measurement and tags as a line begins with, the tags sorted as InfluxDB likes them."""
    tags = {"host": point.host} | ({point.tag: point.part} if point.tag else {})
    pairs = sorted((stored(key), stored(value)) for key, value in tags.items())
    joined = "".join(f",{key.translate(_KEY)}={value.translate(_KEY)}" for key, value in pairs)
    return stored(point.metric).translate(_NAME) + joined


def escaped_key(name: str) -> str:
    """A field's name as a line has it; `name` is one under which InfluxDB has it."""
    return name.translate(_KEY)


def stored(name: str) -> str:
    """The name under which InfluxDB has it: what line protocol cannot carry is %XX."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def plain(name: str) -> str:
    """The inverse of `stored`."""
    return _SAFE.sub(lambda found: unquote(found[0], errors="replace"), name)
