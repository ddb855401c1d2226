"""The History page: any number of any host over any stretch of time. Every choice is in its address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import streamlit as st

from dashboard.views import chart, labels, lines, link, ranges
from dashboard.views.labels import Unit
from dashboard.views.lines import Line, Summary
from dashboard.views.ranges import Range
from dashboard.views.store import history
from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore, Series
from perfwatch.readings import format_time, to_ms

MOST_LINES = 12
PARTS_AT_FIRST = 4


class Choices(dict[str, str | list[str]]):
    """What was chosen so far, by its name in the address."""


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
    choices = Choices()
    shown = _choose_range(choices)
    chosen = _choose_series(choices, known)
    link.remember(choices)
    if shown and chosen:
        _show_lines(store, chosen, shown)


def _choose_range(choices: Choices) -> Range | None:
    now = datetime.now(UTC)
    left, right = st.columns([6, 1], vertical_alignment="bottom")
    names = list(ranges.RANGES)
    name = left.segmented_control(
        "Range",
        names,
        default=names[link.index("range", names, ranges.DEFAULT)],
        required=True,
        format_func=ranges.RANGES.__getitem__,
        key="history-range",
    )
    right.button("Refresh", icon=":material/refresh:", width="stretch")
    choices["range"] = name or ranges.DEFAULT
    if name == ranges.CUSTOM:
        return _choose_times(choices, now)
    return ranges.recent(name or ranges.DEFAULT, now)


def _choose_times(choices: Choices, now: datetime) -> Range | None:
    start, stop = st.columns(2)
    with start:
        first = _choose_time(choices, "from", now - timedelta(hours=1))
    with stop:
        last = _choose_time(choices, "to", now)
    shown = ranges.between(first, last)
    if shown is None:
        st.warning("“From” must be before “To”.", icon=":material/event_busy:")
    return shown


def _choose_time(choices: Choices, name: str, otherwise: datetime) -> datetime:
    """A moment, asked for in the browser's zone and kept in UTC."""
    place = ranges.zone(st.context.timezone)
    moment = ranges.read_time(st.query_params.get(name)) or otherwise
    chosen = st.datetime_input(
        f"{name.capitalize()} ({place.key})",
        value=moment.astimezone(place).replace(tzinfo=None, microsecond=0),
        key=f"history-{name}",
        step=timedelta(minutes=1),
        format="YYYY-MM-DD",
        required=True,
    )
    moment = chosen.replace(tzinfo=place)
    choices[name] = format_time(moment)
    return moment


def _choose_series(choices: Choices, known: Sequence[Series]) -> list[Series]:
    """The series to draw, which all have one unit; empty when something is left to be chosen."""
    one, two, three, four = st.columns([2, 2, 4, 3])
    with one:
        metric = _choose(choices, "Metric", "metric", lines.metrics(known), labels.METRICS)
    with two:
        tag = _choose(choices, "Of", "of", lines.tags(known, metric), labels.PARTS)
    with three:
        offered = lines.fields(known, metric, tag)
        fields = _choose_several(choices, "Fields", "field", offered, 1, metric, tag)
    with four:
        hosts = _choose_several(choices, "Hosts", "host", lines.hosts(known, metric), 1)
    together = lines.same_unit(metric, fields)
    if len(together) < len(fields):
        left = ", ".join(labels.field_label(field) for field in fields if field not in together)
        st.caption(f":material/info: Not drawn, for their unit is another one: {left}.")
    parts = _choose_parts(choices, known, metric, tag, together) if tag else [""]
    if not (together and hosts and parts):
        st.info("Choose at least one of each.", icon=":material/checklist:")
    there = set(known)
    wanted = (Series(metric, host, tag, part, f) for host, part, f in product(hosts, parts, together))
    return [series for series in wanted if series in there]


def _choose(choices: Choices, label: str, name: str, options: Sequence[str], words: dict[str, str]) -> str:
    chosen = st.selectbox(
        label,
        options,
        index=link.index(name, options),
        format_func=lambda option: words.get(option) or labels.words(option),
        key=f"history-{name}",
    )
    choices[name] = chosen
    return chosen


def _choose_several(
    choices: Choices, label: str, name: str, options: Sequence[str], at_first: int, *within: str
) -> list[str]:
    """`within` is what the options depend on: another metric starts with its own first field."""
    tag = within[-1] if name == "part" else ""
    word = {"field": labels.field_label, "part": lambda part: labels.part_label(tag, part)}.get(name, str)
    chosen = st.multiselect(
        label,
        options,
        default=link.several(name, options, options[:at_first]),
        format_func=word,
        key="-".join(("history", name, *within)),
    )
    choices[name] = chosen
    return chosen


def _choose_parts(
    choices: Choices, known: Sequence[Series], metric: str, tag: str, fields: Sequence[str]
) -> list[str]:
    label = labels.PARTS.get(tag) or labels.words(tag)
    offered = lines.parts(known, metric, tag, fields)
    return _choose_several(choices, label, "part", offered, PARTS_AT_FIRST, metric, tag)


def _show_lines(store: HistoryStore, chosen: Sequence[Series], shown: Range) -> None:
    drawn = chosen[:MOST_LINES]
    found = store.query(drawn, shown.start, shown.stop, shown.interval)
    there = [series for series in drawn if found.get(series)]
    metric = labels.metric_label(chosen[0].metric)
    if not there:
        _show_nothing(store, metric)
        return
    unit = labels.unit_of(chosen[0].metric, chosen[0].field)
    named = [Line(lines.name(series, drawn), found[series]) for series in there]
    st.caption(_describe(metric, len(chosen), shown))
    names = ", ".join(line.name for line in named)
    st.echarts_chart(
        chart.option(named, unit, shown), height=420, key="history-chart", alt=f"{metric}: {names}"
    )
    newest = [_newest(store, series, found[series][-1].time, shown) for series in there]
    sums = [lines.summary(line.buckets, last) for line, last in zip(named, newest, strict=True)]
    _show_summary(named, sums, unit)


def _describe(metric: str, count: int, shown: Range) -> str:
    band = ", in a band from minimum to maximum" if min(count, MOST_LINES) <= chart.MOST_BANDS else ""
    text = f"{metric}: means over {ranges.words(shown.interval)}{band}"
    return text if count <= MOST_LINES else f"{text}. The first {MOST_LINES} of {count} lines are drawn"


def _newest(store: HistoryStore, series: Series, last_bucket: int, shown: Range) -> float:
    """The last reading itself: a mean over hours would be a poor "newest"."""
    buckets = store.query([series], last_bucket, shown.stop, 1000).get(series)
    if not buckets:
        raise StoreError(f"the newest reading of {series.metric} on {series.host} has gone meanwhile")
    return buckets[-1].mean


def _show_summary(named: Sequence[Line], sums: Sequence[Summary], unit: Unit) -> None:
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
        f"No {metric} readings in this range. {said}"
        "Choose a range that reaches it, or check that the collector and the bridge are running.",
        icon=":material/search_off:",
    )
