"""A component's modules as one script: over a slow link fifty of them are nine round trips.

Each module becomes a function that gives what it exports, after those that it imports. They are written so
that this is all it takes: an import is one line, with names in braces or the default alone, and `export`
stands before what it declares.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (\w+|\{ .+ \}) from "(\..*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export \{ (\w+) as default \};$", re.MULTILINE)


def script(entry: Path) -> str:
    """The module `entry` and all that it imports, as one that exports its `mount`."""
    paths = needed(entry)
    names = {path: f"module{place}" for place, path in enumerate(paths)}
    wrapped = [_wrapped(path, names) for path in paths]
    return "\n".join([*wrapped, f"export const {{ mount }} = {names[entry]};\n"])


def needed(entry: Path, found: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """What `entry` is made of, each after what it imports; without what was `found` already."""
    for _, name in _IMPORT.findall(entry.read_text(encoding="utf-8")):
        path = (entry.parent / name).resolve()
        found = found if path in found else needed(path, found)
    return (*found, entry)


def _wrapped(path: Path, names: dict[Path, str]) -> str:
    text = path.read_text(encoding="utf-8")
    if default := _DEFAULT.search(text):
        given, body = f"default: {default[1]}", _DEFAULT.sub("", text)
    else:
        given, body = ", ".join(_EXPORT.findall(text)), _EXPORT.sub("", text)
    body = _IMPORT.sub(lambda found: _taken(found[1], names[(path.parent / found[2]).resolve()]), body)
    return f"const {names[path]} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def _taken(imported: str, module: str) -> str:
    taken = imported.replace(" as ", ": ") if imported.startswith("{") else f"{{ default: {imported} }}"
    return f"const {taken} = {module};"
