"""Points as InfluxDB's line protocol, and names out of it again. No input or output.

Line protocol cannot carry every name: a line ends at a newline whatever precedes it, a backslash at
the end of a name takes the next separator with it, and `time` and a leading underscore are reserved.
Those few are written as %XX, as in a URL, and read back by `plain`; all other names stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from perfwatch.history.shapes import SHAPES, Listed, Named
from perfwatch.history.store import MAX_REMEMBERED, Layout, Numbers, Part, Point

_numbers = msgspec.json.Encoder()

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})|^[_#]|^t(?=ime$)")
_SAFE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NAME = str.maketrans({",": r"\,", " ": r"\ "})
_KEY = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})

_TAGS = {
    metric: frozenset(
        {"host", *(shape.tag for shape in shapes.values() if isinstance(shape, Listed | Named))}
    )
    for metric, shapes in (SHAPES | {"": {}}).items()
}

# What stands in a form for what differs; no name has them once it is `stored`.
_HOST, _TIME = b"\0", b"\1"

MAX_FORMS = 4096


class Encoder:
    """Writes points as lines in UTF-8. What a line begins with is made once a series, then remembered.

    Of a reading as `Numbers` everything but its numbers is remembered, once for all hosts that are alike, and
    msgspec writes these: 60 ns each, `repr` takes 200. May be shared by threads.
    """

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str, str, str], str] = {}
        self._keys: dict[str, str] = {}
        self._known: dict[tuple[str, str], tuple[Layout, bytes, bytes]] = {}
        self._form = lru_cache(MAX_FORMS)(self._form_of)

    def lines(self, points: Iterable[Point | Numbers]) -> Iterator[bytes]:
        """A line for each point, lines for each reading, nothing for what has no numbers.

        Times are in milliseconds, and every number is a float.
        """
        for one in points:
            if not isinstance(one, Numbers):
                if one.fields:
                    yield self._line(one).encode()
            elif one.values:
                form, host = self._remembered(one.layout)
                text = form % tuple(_numbers.encode(one.values)[1:-1].split(b","))
                yield text.replace(_HOST, host).replace(_TIME, b"%d" % one.time)

    def _line(self, point: Point) -> str:
        metric = point.metric
        pairs = [f"{self._key(metric, name)}={float(value)!r}" for name, value in point.fields.items()]
        return f"{self._head(point[:4])} {','.join(pairs)} {point.time}"

    def _remembered(self, layout: Layout) -> tuple[bytes, bytes]:
        """The form of that layout, and its host as a line has it."""
        known = self._known.get(layout.whose)
        if known is None or known[0] is not layout:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            metric, host = layout.whose
            known = (layout, self._form(metric, layout.parts), stored(host).translate(_KEY).encode())
            self._known[layout.whose] = known
        return known[1:]

    def _form_of(self, metric: str, parts: tuple[Part, ...]) -> bytes:
        """The lines of such a reading of any host, with %b for each number."""
        return b"\n".join([self._form_line(metric, part) for part in parts])

    def _form_line(self, metric: str, part: Part) -> bytes:
        head = _head(metric, _HOST.decode(), part.tag, part.name).replace("%", "%%")
        pairs = [f"{self._key(metric, name).replace('%', '%%')}=%b" for name in part.fields]
        return f"{head} {','.join(pairs)} ".encode() + _TIME

    def _head(self, key: tuple[str, str, str, str]) -> str:
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= MAX_REMEMBERED:
                self._heads.clear()
            head = self._heads[key] = head_of(key)
        return head

    def _key(self, metric: str, name: str) -> str:
        if name in tags_of(metric):
            return escaped_key(stored_field(metric, name))
        key = self._keys.get(name)
        if key is None:
            if len(self._keys) >= MAX_REMEMBERED:
                self._keys.clear()
            key = self._keys[name] = stored(name).translate(_KEY)
        return key


def head_of(point: tuple[str, str, str, str]) -> str:
    """Measurement and tags (metric, host, tag, part) as a line begins, sorted as InfluxDB likes them."""
    metric, host, tag, part = point
    return _head(metric, stored(host).translate(_KEY), tag, part)


def _head(metric: str, written_host: str, tag: str, part: str) -> str:
    tags = {"host": written_host} | ({stored(tag): stored(part).translate(_KEY)} if tag else {})
    joined = "".join(f",{key.translate(_KEY)}={value}" for key, value in sorted(tags.items()))
    return stored(metric).translate(_NAME) + joined


def escaped_key(name: str) -> str:
    """A field's name as a line has it; `name` is one under which InfluxDB has it."""
    return name.translate(_KEY)


def stored(name: str) -> str:
    """The name under which InfluxDB has it: what line protocol cannot carry is %XX."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def stored_field(metric: str, name: str) -> str:
    """As `stored`, for a field: InfluxDB 3 refuses one that is called like a tag of its table."""
    return f"%{ord(name[0]):02X}{name[1:]}" if name in tags_of(metric) else stored(name)


def tags_of(metric: str) -> frozenset[str]:
    """What the tags of a metric can be called."""
    return _TAGS.get(metric, _TAGS[""])


def plain(name: str) -> str:
    """The inverse of `stored`."""
    return _SAFE.sub(lambda found: unquote(found[0], errors="replace"), name) if "%" in name else name
