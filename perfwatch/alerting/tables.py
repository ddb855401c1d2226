"""Changes in the text of a TOML file that people write too: one table at a time, and all else as it was.

Does no input or output.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

_HEAD = re.compile(r"\s*\[(?!\[)(.*)\]\s*(?:#.*)?")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def put(text: str, path: tuple[str, ...], table: Mapping[str, Any]) -> str:
    """`text` with that table in place of the one at `path`; an empty table takes it away.

    Comments and all other tables stay as they are. Where the file is written in a way that does not allow
    that, it is written anew, without comments. Raises TOMLDecodeError.
    """
    wanted = tomllib.loads(text)
    _set(wanted, path, table)
    lines = text.split("\n")
    start, stop = _place(lines, path)
    made = "\n".join([*lines[:start], *_section(path, table), *lines[stop:]]).strip("\n") + "\n"
    try:
        as_wanted = tomllib.loads(made) == wanted
    except tomllib.TOMLDecodeError:
        as_wanted = False
    return made.lstrip("\n") if as_wanted else _dump(wanted)


def _set(tree: dict[str, Any], path: tuple[str, ...], table: Mapping[str, Any]) -> None:
    *above, last = path
    for name in above:
        tree = tree.setdefault(name, {})
    tree.pop(last, None)
    if table:
        tree[last] = dict(table)


def _place(lines: list[str], path: tuple[str, ...]) -> tuple[int, int]:
    """From and to which line the table reaches, without comments of the next; the end if there is none."""
    heads = [place for place, line in enumerate(lines) if _HEAD.fullmatch(line)]
    for place, following in pairwise([*heads, len(lines)]):
        if _path(lines[place]) == path:
            stop = following
            while stop > place + 1 and (not lines[stop - 1].strip() or lines[stop - 1].lstrip()[0] == "#"):
                stop -= 1
            return place, stop
    return len(lines), len(lines)


def _path(head: str) -> tuple[str, ...]:
    try:
        at: Any = tomllib.loads(head)
    except tomllib.TOMLDecodeError:
        return ()
    found = []
    while at:
        ((name, at),) = at.items()
        found.append(name)
    return tuple(found)


def _section(path: tuple[str, ...], table: Mapping[str, Any]) -> list[str]:
    if not table:
        return []
    head = ".".join(map(_key, path))
    return ["", f"[{head}]", *(line_of(name, value) for name, value in table.items())]


def line_of(name: str, value: Any) -> str:
    """A key with its value, as TOML."""
    return f"{_key(name)} = {_value(value)}"


def _dump(tree: Mapping[str, Any]) -> str:
    sections = [_section(("rules", name), one) for name, one in tree.get("rules", {}).items()]
    sections.append(_section(("maintenance",), tree.get("maintenance", {})))
    return "\n".join(line for section in sections for line in section).strip("\n") + "\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _text(value: str) -> str:
    # JSON's escapes are TOML's too, but it leaves this one as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
