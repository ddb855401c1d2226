"""The scripts' copy of the units, components/common/declared.js: `make declared` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from perfwatch.units import ENDINGS, EXCEPTIONS, UNITS

_HEAD = "// Made from perfwatch/units.py by `make declared`: change it there.\n"


def script() -> str:
    """A module that exports UNITS, ENDINGS and EXCEPTIONS, each unit named by its kind."""
    tables: dict[str, Mapping[str, Any]] = {
        "UNITS": {kind: {"kind": kind, **unit.written()} for kind, unit in UNITS.items()},
        "ENDINGS": {ending: unit.kind for ending, unit in ENDINGS.items()},
        "EXCEPTIONS": {pattern: unit.kind for pattern, unit in EXCEPTIONS.items()},
    }
    return _HEAD + "".join(_table(name, rows) for name, rows in tables.items())


def _table(name: str, rows: Mapping[str, Any]) -> str:
    lines = [f"  {json.dumps(key)}: {json.dumps(row, ensure_ascii=False)},\n" for key, row in rows.items()]
    return f"\nexport const {name} = {{\n{''.join(lines)}}};\n"
