"""Objects of any shape as flat fields. No input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from devices.names import Name, Names, Path
from devices.values import MAX_TEXT, TIMES, Value, finite, is_absent, is_word, moment, number

MAX_DEPTH = 6
MAX_FIELDS = 300
MAX_ITEMS = 32


def flatten(content: Mapping[str, Any], names: Names) -> dict[str, Value]:
    """{"a": {"b": [1]}} is a_b_0. What is deeper, longer or more than we keep is left out."""
    fields: dict[str, Value] = {}
    _add_all(fields, names, (), content.items(), 1)
    return fields


def told_time(content: Mapping[str, Any], zone: tzinfo | None) -> tuple[datetime | None, dict[str, Any]]:
    """The time that an object itself tells, and the rest of it."""
    found: datetime | None = None
    rest = {}
    for name, value in content.items():
        if found is None and name.lower() in TIMES and (told := moment(value, zone)) is not None:
            found = told
        else:
            rest[name] = value
    return found, rest


def keep(fields: dict[str, Value], name: Name, value: object) -> None:
    """Add one value: a number under its name with unit, a word as 1 or 0 beside the word itself."""
    if len(fields) >= MAX_FIELDS or not name.bare:
        return
    if isinstance(value, bool):
        fields[name.bare] = int(value)
    elif isinstance(value, int | float):
        found = finite(value)
        fields[name.full] = None if found is None else name.scaled(found)
    elif isinstance(value, str):
        _keep_text(fields, name, value)
    elif value is None:
        fields[name.full] = None


def _keep_text(fields: dict[str, Value], name: Name, text: str) -> None:
    found = number(text)
    if is_absent(text):
        fields[name.full] = None
    elif is_word(text):
        fields[name.bare] = found
        fields[f"{name.bare}_text"] = text.strip()
    elif found is not None:
        fields[name.full] = name.scaled(found)
    else:
        fields[f"{name.bare}_text"] = text[:MAX_TEXT]


def has_number(fields: Mapping[str, Value]) -> bool:
    return any(isinstance(value, int | float) for value in fields.values())


def _add_all(
    fields: dict[str, Value],
    names: Names,
    path: Path,
    items: Iterable[tuple[str | int, Any]],
    depth: int,
) -> None:
    for key, value in items:
        place = (*path, key)
        if not isinstance(value, dict | list):
            keep(fields, names.of(place), value)
        elif depth < MAX_DEPTH:
            inner = value.items() if isinstance(value, dict) else _numbered(value)
            _add_all(fields, names, place, inner, depth + 1)


def _numbered(items: list[Any]) -> Iterable[tuple[int, Any]]:
    return enumerate(items[:MAX_ITEMS])
