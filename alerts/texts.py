"""What is said of a rule, in words for people. Pure."""

from __future__ import annotations

from alerts.engine import Change
from perfwatch.alerting.machine import Track
from perfwatch.alerting.rules import Forecast, OfReading, Rule
from perfwatch.units import Unit, unit_of


def text(rule: Rule, part: str, at: Track | Change) -> str:
    """`Partition almost full: / at 93 % (limit 90 %)`."""
    said = f"{rule.title}: {part}" if part else rule.title
    value = at.value
    if isinstance(value, str | bool) or value is None or not isinstance(rule, OfReading):
        return said
    if isinstance(rule, Forecast):
        return f"{said} in {duration(value)}"
    unit = unit_of(rule.metric, rule.field.rsplit(".", 1)[-1])
    limit = f" (limit {number(unit, at.limit)})" if isinstance(at.limit, float | int) else ""
    return f"{said} at {number(unit, value)}{limit}"


def number(unit: Unit, value: float) -> str:
    """`value` as its unit is written: 1536 bytes are 1.5 KiB."""
    step = 0
    while abs(value) >= unit.base and step < len(unit.names) - 1:
        value, step = value / unit.base, step + 1
    shown = f"{value:.{unit.digits}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{shown} {unit.names[step]}".rstrip()


def duration(seconds: float) -> str:
    """The two largest parts of a length of time: `3 d 4 h`, `5 min`."""
    left, parts = round(seconds), []
    for name, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
