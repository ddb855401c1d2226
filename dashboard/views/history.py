"""The History page: any number of any host over any stretch of time. Every choice is in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import streamlit as st

from dashboard.views import chart, labels, lines, ranges
from dashboard.views.lines import Line, Summary
from dashboard.views.ranges import Range
from dashboard.views.store import history
from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore, Series
from perfwatch.readings import format_time, to_ms

MOST_LINES = 12


class Choice(NamedTuple):
    """What to draw. All of `series` have the unit of the first."""

    metric: str
    series: list[Series]


def show() -> None:
    try:
        _show(history())
    except StoreError as exc:
        st.error(f"History cannot be read: {exc}", icon=":material/database_off:")


def _show(store: HistoryStore) -> None:
    known = store.series()
    if not known:
        st.info(
            "There is no history yet. It begins with the first reading that the bridge writes: "
            "check that the collector and the bridge are running.",
            icon=":material/hourglass_empty:",
        )
        return
    shown = _choose_range()
    choice = _choose_series(known)
    if shown and choice:
        _show_lines(store, choice, shown)


def _choose_range() -> Range | None:
    now = datetime.now(UTC)
    left, right = st.columns([6, 1], vertical_alignment="bottom")
    name = left.segmented_control(
        "Range",
        list(ranges.RANGES),
        default=ranges.DEFAULT,
        required=True,
        format_func=ranges.RANGES.__getitem__,
        key="range",
        bind="query-params",
    )
    right.button("Refresh", icon=":material/refresh:", width="stretch")
    if name == ranges.CUSTOM:
        return _choose_times(now)
    for key in ("from", "to"):
        st.query_params.pop(key, None)
    return ranges.recent(name or ranges.DEFAULT, now)


def _choose_times(now: datetime) -> Range | None:
    place = ranges.zone(st.context.timezone)
    columns = st.columns(2)
    moments = []
    for column, key, otherwise in zip(columns, ("from", "to"), (now - timedelta(hours=1), now), strict=True):
        begin = ranges.read_time(st.query_params.get(key)) or otherwise
        chosen = column.datetime_input(
            f"{key.capitalize()} ({place.key})",
            value=begin.astimezone(place).replace(tzinfo=None, microsecond=0),
            key=f"{key}-input",
            step=timedelta(minutes=1),
            format="YYYY-MM-DD",
            required=True,
        )
        moments.append(chosen.replace(tzinfo=place).astimezone(UTC))
        st.query_params[key] = format_time(moments[-1])
    shown = ranges.between(*moments)
    if shown is None:
        st.warning("“From” must be before “To”.", icon=":material/event_busy:")
    return shown


def _choose_series(known: Sequence[Series]) -> Choice | None:
    one, two, three, four = st.columns([2, 2, 4, 3])
    metric = one.selectbox(
        "Metric",
        lines.metrics(known),
        format_func=labels.metric_label,
        key="metric",
        bind="query-params",
    )
    tag = two.selectbox(
        "Of",
        lines.tags(known, metric),
        format_func=lambda tag: labels.PARTS.get(tag, tag),
        key="of",
        bind="query-params",
    )
    offered = lines.fields(known, metric, tag)
    chosen = three.multiselect(
        "Fields",
        offered,
        default=offered[:1],
        format_func=labels.field_label,
        key="field",
        bind="query-params",
    )
    hosts = sorted({series.host for series in known})
    on = four.multiselect("Hosts", hosts, default=hosts[:1], key="host", bind="query-params")
    if not chosen or not on:
        st.info("Choose at least one field and one host.", icon=":material/checklist:")
        return None
    return _choice(known, metric, tag, chosen, on)


def _choice(
    known: Sequence[Series], metric: str, tag: str, chosen: Sequence[str], hosts: Sequence[str]
) -> Choice | None:
    together = lines.same_unit(metric, chosen)
    if len(together) < len(chosen):
        left = ", ".join(labels.field_label(field) for field in chosen if field not in together)
        st.caption(f":material/info: Not drawn, because their unit is another one: {left}.")
    parts = _choose_parts(known, metric, tag, together[0]) if tag else [""]
    wanted = (Series(metric, host, tag, part, field) for host, part, field in product(hosts, parts, together))
    there = set(known)
    return Choice(metric, [series for series in wanted if series in there])


def _choose_parts(known: Sequence[Series], metric: str, tag: str, field: str) -> list[str]:
    offered = lines.parts(known, metric, tag, field)
    return st.multiselect(
        labels.PARTS.get(tag, tag),
        offered,
        default=offered[:4],
        format_func=lambda part: labels.part_label(tag, part),
        key="part",
        bind="query-params",
    )


def _show_lines(store: HistoryStore, choice: Choice, shown: Range) -> None:
    drawn = choice.series[:MOST_LINES]
    if len(choice.series) > MOST_LINES:
        st.caption(f":material/info: The first {MOST_LINES} of {len(choice.series)} lines are drawn.")
    found = store.query(drawn, shown.start, shown.stop, shown.interval)
    there = [series for series in drawn if found.get(series)]
    if not there:
        _show_nothing(store, choice.metric)
        return
    unit = labels.unit_of(choice.metric, there[0].field)
    named = [Line(lines.name(series, drawn), found[series]) for series in there]
    st.echarts_chart(
        chart.option(named, unit, shown),
        height=420,
        key="history-chart",
        alt=f"{labels.metric_label(choice.metric)}: {', '.join(line.name for line in named)}",
    )
    newest = {series: _newest(store, series, found[series][-1].time, shown) for series in there}
    _show_summary(named, [lines.summary(found[series], newest[series]) for series in there], unit)


def _newest(store: HistoryStore, series: Series, last_bucket: int, shown: Range) -> float:
    """The last reading itself: a mean over hours would be a poor "newest"."""
    buckets = store.query([series], last_bucket, shown.stop, 1000)[series]
    return buckets[-1].mean


def _show_summary(named: Sequence[Line], sums: Sequence[Summary], unit: labels.Unit) -> None:
    headings = ("Average", "Minimum", "Maximum", "Newest")
    if len(named) == 1:
        for column, heading, number in zip(st.columns(4), headings, sums[0], strict=True):
            column.metric(heading, labels.written(unit, number), border=True)
        return
    rows = [
        {"Line": line.name, **{h: labels.written(unit, n) for h, n in zip(headings, numbers, strict=True)}}
        for line, numbers in zip(named, sums, strict=True)
    ]
    st.dataframe(rows, hide_index=True)


def _show_nothing(store: HistoryStore, metric: str) -> None:
    newest = store.span().newest
    place = ranges.zone(st.context.timezone)
    said = (
        f"The newest reading in history is from {ranges.said(to_ms(newest), place)}. "
        if newest
        else "History holds no readings at all. "
    )
    st.info(
        f"No {labels.metric_label(metric)} readings in this range. {said}"
        "Choose a range that reaches it, or check that the collector and the bridge are running.",
        icon=":material/search_off:",
    )
