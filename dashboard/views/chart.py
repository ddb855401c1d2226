"""A history chart as an ECharts option: for each line its mean, over a band from minimum to maximum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme
from dashboard.views import labels
from dashboard.views.labels import Unit
from dashboard.views.lines import Line, with_gaps
from dashboard.views.ranges import Range
from perfwatch.history.store import Bucket

MOST_BANDS = 3  # more of them over one another are mud

DIMENSIONS = ["Time", "Mean", "Minimum", "Maximum", "Width"]


def option(lines: Sequence[Line], unit: Unit, shown: Range) -> dict[str, Any]:
    """The option for `st.echarts_chart`. Times stay in ms since 1970: the browser knows its own zone."""
    largest = max((abs(bucket.max) for line in lines for bucket in line.buckets), default=0.0)
    divisor, unit_name = labels.scale(unit, largest)
    number = f"%.{_digits(unit, largest / divisor)}f {unit_name.replace('%', '%%')}".rstrip()
    return {
        "animation": False,
        "color": [theme.DARK[f"series-{n}"] for n in range(1, 7)],
        "backgroundColor": "transparent",
        "dataset": [_dataset(line, shown.interval, divisor) for line in lines],
        "grid": {
            "left": 8,
            "right": 16,
            "top": 44 if len(lines) > 1 else 12,
            "bottom": 64,
            "containLabel": True,
        },
        "legend": _legend(lines),
        "tooltip": _tooltip(number),
        "xAxis": _time_axis(shown),
        "yAxis": _value_axis(unit, unit_name),
        "dataZoom": _zoom(),
        "series": [
            series
            for index, line in enumerate(lines)
            for series in _series(index, line, number, len(lines) <= MOST_BANDS)
        ],
    }


def _dataset(line: Line, interval: int, divisor: float) -> dict[str, Any]:
    rows = [_row(bucket, divisor) for bucket in with_gaps(line.buckets, interval)]
    return {"dimensions": DIMENSIONS, "source": rows}


def _row(bucket: Bucket | int, divisor: float) -> list[float | None]:
    if isinstance(bucket, int):
        return [bucket, None, None, None, None]
    width = bucket.max - bucket.min
    return [bucket.time, *(number / divisor for number in (bucket.mean, bucket.min, bucket.max, width))]


def _series(index: int, line: Line, number: str, with_band: bool) -> list[dict[str, Any]]:
    color = theme.DARK[f"series-{1 + index % 6}"]
    common = {"type": "line", "datasetIndex": index, "name": line.name, "color": color}
    mean = {
        **common,
        "showSymbol": len(line.buckets) < 3,
        "encode": {"x": 0, "y": 1, "tooltip": [1, 2, 3] if with_band else [1]},
        "lineStyle": {"width": 1.75},
        "tooltip": {"valueFormatter": number},
    }
    return [*_band(index, common), mean] if with_band else [mean]


def _band(index: int, common: dict[str, Any]) -> list[dict[str, Any]]:
    """ECharts has no band: an unseen line at the minimum carries an area as high as the difference."""
    unseen = {
        **common,
        "stack": f"band {index}",
        "stackStrategy": "all",
        "silent": True,
        "symbol": "none",
        "lineStyle": {"opacity": 0},
        "tooltip": {"show": False},
    }
    lower = {**unseen, "encode": {"x": 0, "y": 2}}
    return [lower, {**unseen, "encode": {"x": 0, "y": 4}, "areaStyle": {"opacity": 0.18}}]


def _legend(lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "show": len(lines) > 1,
        "type": "scroll",
        "top": 4,
        "left": 8,
        "icon": "roundRect",
        "itemWidth": 12,
        "itemHeight": 4,
        "textStyle": {"color": theme.DARK["muted"]},
        "pageTextStyle": {"color": theme.DARK["muted"]},
    }


def _tooltip(number: str) -> dict[str, Any]:
    return {
        "trigger": "axis",
        "confine": True,
        "valueFormatter": number,
        "backgroundColor": theme.DARK["raised"],
        "borderColor": theme.DARK["border"],
        "textStyle": {"color": theme.DARK["text"], "fontSize": 13},
        "axisPointer": {"lineStyle": {"color": theme.DARK["faint"]}},
    }


def _time_axis(shown: Range) -> dict[str, Any]:
    return {
        "type": "time",
        "min": shown.start,
        "max": shown.stop,
        "axisLine": {"lineStyle": {"color": theme.DARK["border"]}},
        "axisLabel": {"color": theme.DARK["faint"], "hideOverlap": True},
        "splitLine": {"show": False},
    }


def _value_axis(unit: Unit, unit_name: str) -> dict[str, Any]:
    return {
        "type": "value",
        "min": 0 if unit is not labels.CELSIUS else None,
        "axisLabel": {"color": theme.DARK["faint"], "formatter": f"{{value}} {unit_name}".rstrip()},
        "splitLine": {"lineStyle": {"color": theme.DARK["border"]}},
    }


def _zoom() -> list[dict[str, Any]]:
    slider = {
        "type": "slider",
        "height": 24,
        "bottom": 12,
        "borderColor": theme.DARK["border"],
        "fillerColor": theme.DARK["accent"] + "22",
        "handleStyle": {"color": theme.DARK["raised"], "borderColor": theme.DARK["faint"]},
        "moveHandleStyle": {"color": theme.DARK["border"]},
        "dataBackground": {"lineStyle": {"opacity": 0}, "areaStyle": {"opacity": 0}},
        "selectedDataBackground": {"lineStyle": {"opacity": 0}, "areaStyle": {"opacity": 0}},
        "textStyle": {"color": theme.DARK["faint"]},
        "brushSelect": False,
    }
    # The wheel alone belongs to the page: it zooms with Ctrl held.
    inside = {"type": "inside", "zoomOnMouseWheel": "ctrl", "moveOnMouseWheel": False}
    return [{**inside, "filterMode": "none"}, {**slider, "filterMode": "none"}]


def _digits(unit: Unit, largest: float) -> int:
    return max(unit.digits, 0 if largest >= 100 else 1) if len(unit.names) > 1 else unit.digits
