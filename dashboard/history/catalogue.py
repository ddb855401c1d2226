"""What the history holds, as a page offers it: metrics, the kinds of part in each, their fields and hosts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dashboard.history import labels
from perfwatch.history.store import Series
from perfwatch.units import UNITS, unit_of


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key under which core 10 comes after core 9."""
    return [
        (int(piece or -1), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", text)
    ]


def catalogue(known: Iterable[Series]) -> dict[str, Any]:
    """`{metrics: [{name, label, hosts, of: [{tag, label, fields, parts}]}], units: {kind: …}}`.

    A part names its hosts by their place in the metric's `hosts`; a field names the kind of its unit.
    """
    grouped: dict[str, dict[str, list[Series]]] = {}
    for series in known:
        grouped.setdefault(series.metric, {}).setdefault(series.tag, []).append(series)
    metrics = [_metric(name, grouped[name]) for name in _ordered(grouped, labels.METRICS)]
    kinds = {field["unit"] for metric in metrics for of in metric["of"] for field in of["fields"]}
    units = {kind: UNITS[kind].written() for kind in sorted(kinds)}
    return {"metrics": metrics, "units": units}


def _metric(name: str, tags: dict[str, list[Series]]) -> dict[str, Any]:
    hosts = sorted({series.host for found in tags.values() for series in found}, key=natural)
    places = {host: place for place, host in enumerate(hosts)}
    of = [_of(name, tag, tags[tag], places) for tag in _ordered(tags, labels.PARTS)]
    return {"name": name, "label": labels.metric_label(name), "hosts": hosts, "of": of}


def _of(metric: str, tag: str, found: Sequence[Series], places: dict[str, int]) -> dict[str, Any]:
    fields = _ordered({series.field for series in found}, labels.FIELDS)
    parts: dict[str, set[int]] = {}
    for series in found if tag else ():
        parts.setdefault(series.part, set()).add(places[series.host])
    return {
        "tag": tag,
        "label": labels.PARTS.get(tag) or labels.words(tag),
        "fields": [_field(metric, field) for field in fields],
        "parts": [
            {"name": part, "label": labels.part_label(tag, part), "hosts": sorted(parts[part])}
            for part in sorted(parts, key=natural)
        ],
    }


def _field(metric: str, field: str) -> dict[str, str]:
    return {
        "name": field,
        "label": labels.field_label(field),
        "unit": unit_of(metric, field).kind,
    }


def _ordered(found: Collection[str], order: Iterable[str]) -> list[str]:
    """Those that `order` names first, in its order; the others by their names."""
    named = [name for name in order if name in found]
    return named + sorted(set(found) - set(named))
