"""Flattening by declared types gives what looking at every value gives."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfwatch.errors import PayloadError
from perfwatch.history.declared import declared
from perfwatch.history.flatten import Flattener
from perfwatch.history.shapes import MAX_PARTS, SHAPES
from perfwatch.history.store import Layout, Point
from perfwatch.readings import codec, core
from perfwatch.readings.base import Reading
from perfwatch.readings.core import READINGS, Cpu, Network

TIME = "2026-11-23T12:00:00.250Z"


def taken(metric: str, payload: bytes) -> list[Point]:
    return list(Flattener(f"perfwatch/nas/{metric}", "nas", metric).flatten(payload).points())


def both_ways(metric: str, payload: bytes) -> tuple[list[Point], list[Point]]:
    quick = taken(metric, payload)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perfwatch.history.flatten._DECLARED", {})
        return quick, taken(metric, payload)


def by_key(found: list[Point]) -> dict[tuple[Any, ...], Any]:
    return {point[:5]: point.fields for point in found}


@pytest.mark.parametrize("metric", READINGS)
def test_a_declared_reading_gives_the_points_of_the_same_fields_undeclared(metric: str) -> None:
    kind = READINGS[metric]

    @settings(deadline=None)
    @given(st.data())
    def check(chosen: st.DataObject) -> None:
        content = chosen.draw(contents(msgspec.json.schema(kind)))
        payload = json.dumps({**content, "timestamp": TIME}).encode()
        try:
            declared, plain = both_ways(metric, payload)
        except PayloadError:
            assume(False)
        assert by_key(declared) == by_key(plain)

    check()


def contents(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that fit a type's JSON schema, with numbers of every size."""
    return of(schema, schema["$defs"])


def of(schema: dict[str, Any], types: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return of(types[schema["$ref"].rpartition("/")[2]], types)
    if "anyOf" in schema:
        return st.one_of([of(one, types) for one in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        fields = {name: of(one, types) for name, one in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=fields)
    if kind == "object":
        return st.dictionaries(st.text(max_size=3), of(schema["additionalProperties"], types), max_size=3)
    if kind == "array":
        return st.lists(of(schema["items"], types), max_size=4)
    return {
        "null": st.none(),
        "string": st.text(max_size=3),
        "boolean": st.booleans(),
        "integer": st.integers(-(2**63), 2**64 - 1),
        "number": st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
    }[str(kind)]


@pytest.mark.parametrize("metric", READINGS)
def test_every_declared_metric_goes_the_quick_way(metric: str) -> None:
    assert declared(READINGS[metric], SHAPES.get(metric, {})) is not None


def test_numbers_nested_where_no_shape_says_how_are_left_to_be_looked_at() -> None:
    class Odd(Reading, kw_only=True):
        extra: dict[str, float] = msgspec.field(default_factory=dict)

    assert declared(Odd, {}) is None


def test_no_more_parts_are_taken_than_a_reading_may_have() -> None:
    moment = codec.now()
    wide = Cpu(timestamp=moment, per_core=[1.0] * (MAX_PARTS + 5))
    assert len(taken("cpu", codec.encode(wide))) == MAX_PARTS
    many = {str(number): core.Interface(bytes_sent=1) for number in range(MAX_PARTS + 5)}
    assert len(taken("network", codec.encode(Network(timestamp=moment, interfaces=many)))) == MAX_PARTS


@pytest.mark.parametrize("metric", ["cpu", "ups"])
def test_a_host_whose_next_reading_has_the_same_parts_keeps_its_layout(metric: str) -> None:
    flattener = Flattener(f"perfwatch/nas/{metric}", "nas", metric)

    def layout(**content: Any) -> Layout:
        payload = json.dumps({"timestamp": TIME, **content}).encode()
        return flattener.flatten(payload).layout

    first = layout(user=1, idle=2)
    assert layout(user=3, idle=4) is first
    assert [part.fields for part in first.parts] == [("user", "idle")]
    assert [part.fields for part in layout(user=5, idle=None).parts] == [("user",)]
    assert [part.fields for part in layout(user=None, idle=6).parts] == [("idle",)]
    assert [part.fields for part in layout(user=7, idle=8).parts] == [("user", "idle")]
