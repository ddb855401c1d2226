"""Metrics of Sparkplug B as numbers and words. No input or output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devices.sparkplug.births import Declared
from devices.values import moment
from perfwatch.readings.codec import format_time

MAX_DEPTH = 4

# An edge node's switches, and the number of its session: nothing that it measured.
_CONTROLS = ("Node Control/", "Device Control/")
SESSION = "bdSeq"

# Ignition's word for the unit among a metric's properties, which others took over.
_UNIT = "engUnit"

# Data types whose value says more than the field that it comes in: signed numbers (their bits), and a time.
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_DATETIME = 13


def declared(metric: Any, name: str) -> Declared:
    """What a metric says of itself."""
    told = metric.properties
    units = [value.string_value for key, value in zip(told.keys, told.values, strict=False) if key == _UNIT]
    alias = metric.alias if metric.HasField("alias") else None
    return Declared(name, alias, metric.datatype, units[0] if units else "")


def is_measured(name: str) -> bool:
    return name != SESSION and not name.startswith(_CONTROLS)


def flat(metric: Any, name: str, depth: int = 1) -> Iterator[tuple[str, Any]]:
    """The metric itself, or those of the template that is its value, under joined names."""
    if not metric.HasField("template_value"):
        yield name, metric
    elif depth < MAX_DEPTH and not metric.template_value.is_definition:
        for inner in metric.template_value.metrics:
            yield from flat(inner, f"{name}/{inner.name}", depth + 1)


def holder(metric: Any) -> str | None:
    """The field that holds its value; None when it is null, or of a type that is no number or word."""
    held: str | None = None if metric.is_null else metric.WhichOneof("value")
    return held


def value_of(metric: Any, datatype: int) -> object:
    """The metric's value as JSON would have it."""
    held = holder(metric)
    if held is None:
        return None
    value: Any = getattr(metric, held)
    if held == "float_value":
        return float(f"{value:.7g}")  # what 32 bits tell: 21.4, not 21.399999618530273
    if held not in ("int_value", "long_value"):
        return value
    if datatype == _DATETIME:
        told = moment(value, None)
        return told and format_time(told)
    if bits := _SIGNED.get(datatype):
        value %= 1 << bits
        return value - (value >> bits - 1 << bits)
    return value
