"""Units are declared once: History, the pages' scripts and Home Assistant tell the same of each field."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from collector.home_assistant.entities import ENTITIES, Found, sensor
from dashboard.history.catalogue import catalogue
from dashboard.web import declared
from dashboard.web.assets import COMPONENTS
from perfwatch.history.store import Series
from perfwatch.readings.core import READINGS
from perfwatch.units import ENDINGS, UNITS, unit_of
from tests.dashboard.modules import ask, served


def test_the_scripts_copy_is_what_was_declared() -> None:
    common = COMPONENTS / "common"
    assert (common / "declared.js").read_text() == declared.script(), "run `make declared`"
    assert (common / "readings.d.ts").read_text() == declared.types(), "run `make declared`"


def _numbers(kind: inspect.Type, name: str = "") -> Iterator[str]:
    """The names of all numbers in a reading, as the history keeps them."""
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from _numbers(field.type, field.name)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _numbers(each, name)
    elif isinstance(kind, inspect.DictType):
        yield from _numbers(kind.value_type, name)
    elif isinstance(kind, inspect.ListType):
        yield from _numbers(kind.item_type, name)
    elif isinstance(kind, inspect.IntType | inspect.FloatType):
        yield name


DECLARED = sorted(
    {(metric, name) for metric in READINGS for name in _numbers(inspect.type_info(READINGS[metric]))}
)
DEVICES = [("greenhouse", f"supply_{ending}") for ending in ENDINGS] + [("greenhouse", "visitors")]


def test_history_tells_the_declared_unit_of_every_field() -> None:
    told = catalogue(Series(metric, "nas", "", "", field) for metric, field in (*DECLARED, *DEVICES))
    kinds = {
        (metric["name"], field["name"]): field["unit"]
        for metric in told["metrics"]
        for field in metric["of"][0]["fields"]
    }
    assert kinds == {(metric, field): unit_of(metric, field).kind for metric, field in (*DECLARED, *DEVICES)}
    assert told["units"] == {kind: msgspec.to_builtins(UNITS[kind].written()) for kind in told["units"]}


def test_home_assistant_is_told_the_declared_unit_of_every_entity() -> None:
    for metric, entities in ENTITIES.items():
        for entity in entities:
            assert (metric, entity.field) in DECLARED
            unit = unit_of(metric, entity.field)
            told = sensor(Found("x", entity, unit, ("x",), "X"), "topic", "id", 15)
            assert told.get("unit_of_meas", "") in unit.names
            assert told["sug_dsp_prc"] == unit.digits


@pytest.mark.browser
def test_the_pages_write_every_field_in_its_declared_unit() -> None:
    asked = [*DECLARED, *DEVICES]
    with served() as page:
        kinds = ask(page, "common/units.js", "given.map((one) => m.unitOf(...one).kind)", asked)
        names = ask(page, "common/units.js", "given.map((one) => m.figure(...one, 1).unit)", asked)
    units = [unit_of(*one) for one in asked]
    assert kinds == [unit.kind for unit in units]
    assert names == [unit.names[0] for unit in units]
