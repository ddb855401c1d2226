"""Points as InfluxDB's line protocol, and names out of it again. No input or output.

Line protocol cannot carry every name: a line ends at a newline whatever precedes it, a backslash at
the end of a name takes the next separator with it, and `time` and a leading underscore are reserved.
Those few are written as %XX, as in a URL, and read back by `plain`; all other names stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import msgspec

from perfwatch.history.store import MAX_REMEMBERED, Layout, Numbers, Point

_numbers = msgspec.json.Encoder()

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})|^[_#]|^t(?=ime$)")
_SAFE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NAME = str.maketrans({",": r"\,", " ": r"\ "})
_KEY = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})


class Encoder:
    """Writes points as lines. What a line begins with is made once for each series, then remembered.

    Of a reading as `Numbers` everything but its numbers is remembered, and msgspec writes these: 60 ns
    each, `repr` takes 200.
    """

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str, str, str], str] = {}
        self._keys: dict[str, str] = {}
        self._forms: dict[tuple[str, str], tuple[Layout, str]] = {}

    def lines(self, points: Iterable[Point | Numbers]) -> Iterator[str]:
        """A line for each point, lines for each reading, nothing for what has no numbers.

        Times are in milliseconds, and every number is a float.
        """
        for one in points:
            if not isinstance(one, Numbers):
                if one.fields:
                    yield self._line(one)
            elif one.values:
                texts = _numbers.encode(one.values)[1:-1].decode().split(",")
                end = f" {one.time}"
                text = self._form(one.layout) % tuple(texts)
                yield text.replace("\n", f"{end}\n") + end

    def _line(self, point: Point) -> str:
        pairs = [f"{self._key(name)}={float(value)!r}" for name, value in point.fields.items()]
        return f"{self._head(point[:4])} {','.join(pairs)} {point.time}"

    def _form(self, layout: Layout) -> str:
        """The lines of a reading of that layout, with %s for each number and without times."""
        known = self._forms.get(layout.whose)
        if known is None or known[0] is not layout:
            if len(self._forms) >= MAX_REMEMBERED:
                self._forms.clear()
            known = self._forms[layout.whose] = (layout, "\n".join(self._forms_of(layout)))
        return known[1]

    def _forms_of(self, layout: Layout) -> Iterator[str]:
        for part in layout.parts:
            head = head_of((*layout.whose, part.tag, part.name)).replace("%", "%%")
            pairs = [f"{self._key(name).replace('%', '%%')}=%s" for name in part.fields]
            yield f"{head} {','.join(pairs)}"

    def _head(self, key: tuple[str, str, str, str]) -> str:
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= MAX_REMEMBERED:
                self._heads.clear()
            head = self._heads[key] = head_of(key)
        return head

    def _key(self, name: str) -> str:
        key = self._keys.get(name)
        if key is None:
            if len(self._keys) >= MAX_REMEMBERED:
                self._keys.clear()
            key = self._keys[name] = stored(name).translate(_KEY)
        return key


def head_of(point: tuple[str, str, str, str]) -> str:
    """Measurement and tags (metric, host, tag, part) as a line begins, sorted as InfluxDB likes them."""
    metric, host, tag, part = point
    tags = {"host": host} | ({tag: part} if tag else {})
    pairs = sorted((stored(key), stored(value)) for key, value in tags.items())
    joined = "".join(f",{key.translate(_KEY)}={value.translate(_KEY)}" for key, value in pairs)
    return stored(metric).translate(_NAME) + joined


def escaped_key(name: str) -> str:
    """A field's name as a line has it; `name` is one under which InfluxDB has it."""
    return name.translate(_KEY)


def stored(name: str) -> str:
    """The name under which InfluxDB has it: what line protocol cannot carry is %XX."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def plain(name: str) -> str:
    """The inverse of `stored`."""
    return _SAFE.sub(lambda found: unquote(found[0], errors="replace"), name)
