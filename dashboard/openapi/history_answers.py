"""What the routes of the history answer with, as types."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class DataPoint(Struct):
    timestamp: str
    host: str
    data: dict[str, Any]


class Readings(Struct):
    metric_type: str
    start_time: str
    end_time: str
    interval: str
    count: int
    data_points: list[DataPoint]


class Parts(Struct):
    names: list[str]
    fields: list[str]


class MetricType(Struct):
    metric_type: str
    hosts: list[str]
    fields: list[str]
    parts: dict[str, Parts]


class MetricTypes(Struct):
    """`next_offset` is where the next page begins; null when this one is the last."""

    metric_types: list[MetricType]
    series_count: int
    next_offset: int | None


class Range(Struct):
    start_time: str
    end_time: str


class Summary(Struct):
    current_avg: float | None
    comparison_avg: float | None
    change_percent: float | None


class Pair(Struct):
    timestamp: str
    comparison_timestamp: str
    current: float | None
    comparison: float | None


class Comparison(Struct):
    metric_type: str
    field: str
    host: str | None
    interval: str
    current: Range
    comparison: Range
    summary: Summary
    data_points: list[Pair]


class ChartField(Struct):
    name: str
    label: str
    unit: str


class ChartPart(Struct):
    name: str
    label: str
    hosts: list[int]


class ChartParts(Struct):
    tag: str
    label: str
    fields: list[ChartField]
    parts: list[ChartPart]


class ChartMetric(Struct):
    name: str
    label: str
    hosts: list[str]
    of: list[ChartParts]


class ChartUnit(Struct):
    names: list[str]
    base: int
    digits: int
    from_zero: bool


class Catalogue(Struct):
    metrics: list[ChartMetric]
    units: dict[str, ChartUnit]


class Newest(Struct):
    time: int
    value: float


class Means(Struct):
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]


class Line(Means):
    host: str
    part: str
    field: str
    newest: Newest | None


class Chart(Struct):
    metric_type: str
    tag: str
    start_time: str
    end_time: str
    interval: str
    interval_ms: int
    count: int
    times: list[int]
    series: list[Line]
    newest_time: str | None


class HostLine(Means):
    metric: str
    tag: str
    part: str
    field: str


class HostChart(Struct):
    host: str
    start_time: str
    end_time: str
    interval: str
    interval_ms: int
    times: list[int]
    series: list[HostLine]
    newest_time: str | None


class Recent(Struct):
    """`times` in ms; of each host its figures at these, null where there is none."""

    times: list[int]
    hosts: dict[str, dict[str, list[float | None]]]


class Removed(Struct):
    raw: int
    rollups: int


class Cleanup(Struct):
    """While none runs only `stage` is there, and null."""

    stage: str | None
    rolled_up: int = 0
    removed: Removed | None = None
    seconds: float = 0


class CleanedUp(Struct):
    rolled_up: int
    removed: Removed
    seconds: float
    policy: dict[str, Any]


class Tier(Struct):
    name: str
    rows: int
    oldest: str | None
    newest: str | None


class Tiers(Struct):
    tiers: list[Tier]
