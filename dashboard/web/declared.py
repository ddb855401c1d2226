"""What the scripts of the pages take from Python: units, and the types of what comes over the socket.

`make declared` writes `script` to components/common/declared.js, and `types` to readings.d.ts beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import inspect

from perfwatch.history.shapes import SHAPES, Listed, Named, Shape
from perfwatch.readings.core import READINGS, DeviceInfo, HostInfo
from perfwatch.units import ENDINGS, EXCEPTIONS, UNITS

_HEAD = "// Made from {} by `make declared`: change it there.\n"
_PLAIN: dict[type[inspect.Type], str] = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.DateTimeType: "string",
}


def script() -> str:
    """A module that exports UNITS, ENDINGS and EXCEPTIONS, each unit named by its kind; PARTS and LISTS.

    The last two say by metric what the history's parts are called in a reading.
    """
    tables: dict[str, Mapping[str, Any]] = {
        "UNITS": {kind: {"kind": kind, **unit.written()} for kind, unit in UNITS.items()},
        "ENDINGS": {ending: unit.kind for ending, unit in ENDINGS.items()},
        "EXCEPTIONS": {pattern: unit.kind for pattern, unit in EXCEPTIONS.items()},
        "PARTS": {metric: found for metric, shapes in SHAPES.items() if (found := _named(shapes))},
        "LISTS": {metric: found for metric, shapes in SHAPES.items() if (found := _listed(shapes))},
    }
    head = _HEAD.format("perfwatch/units.py and perfwatch/history/shapes.py")
    return head + "".join(_table(name, rows) for name, rows in tables.items())


def _named(shapes: Mapping[str, Shape]) -> dict[str, str]:
    return {shape.tag: name for name, shape in shapes.items() if isinstance(shape, Named)}


def _listed(shapes: Mapping[str, Shape]) -> dict[str, str]:
    return {f"{shape.tag}.{shape.field}": name for name, shape in shapes.items() if isinstance(shape, Listed)}


def _table(name: str, rows: Mapping[str, Any]) -> str:
    lines = [f"  {json.dumps(key)}: {json.dumps(row, ensure_ascii=False)},\n" for key, row in rows.items()]
    return f"\nexport const {name} = {{\n{''.join(lines)}}};\n"


def types() -> str:
    """TypeScript's declarations of all readings, by metric, and of a host's info.

    Any field may be absent: a machine may not have it, and the history keeps numbers only.
    """
    made: dict[str, str] = {}
    metrics = {name: _type(inspect.type_info(kind), made) for name, kind in READINGS.items()}
    for info in (HostInfo, DeviceInfo):
        _type(inspect.type_info(info), made)
    return _HEAD.format("perfwatch/readings/") + "".join(made.values()) + _interface("Readings", metrics)


def _type(kind: inspect.Type, made: dict[str, str]) -> str:
    """The name of a type; what it is made of is added to `made`."""
    if isinstance(kind, inspect.StructType):
        name = kind.cls.__name__
        made[name] = _interface(name, {field.name: _type(field.type, made) for field in kind.fields})
        return name
    if isinstance(kind, inspect.UnionType):
        return " | ".join(_type(each, made) for each in kind.types)
    if isinstance(kind, inspect.ListType):
        return f"({_type(kind.item_type, made)})[]"
    if isinstance(kind, inspect.DictType):
        return f"Record<string, {_type(kind.value_type, made)}>"
    return _PLAIN[type(kind)]


def _interface(name: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {field}?: {kind};\n" for field, kind in fields.items()]
    return f"\nexport interface {name} {{\n{''.join(lines)}}}\n"
