"""What a reading says about a rule: the numbers or words at its field, and whether they are wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

from perfwatch.alerting.machine import Judgement, Track
from perfwatch.alerting.rules import Forecast, Judged, State, Threshold, Unusual
from perfwatch.alerting.window import MOST_ON_A_LINE, Days, Window

EACH = "*"


class Found(NamedTuple):
    """What is at a rule's field in one part of a reading, and the fields beside it."""

    part: str
    value: Any
    beside: dict[str, Any]


def found(rule: Judged, reading: dict[str, Any]) -> list[Found]:
    """Each part that `rule` looks at; one without a name when a list of bad parts is there and empty."""
    steps = rule.field.split(".")
    there = list(_walk(reading, steps, ""))
    if not there and isinstance(rule, State) and EACH in steps and isinstance(reading.get(steps[0]), dict):
        return [Found("", None, {})]
    return there


def _walk(at: Any, steps: list[str], part: str) -> Iterator[Found]:
    first, *rest = steps
    if first == EACH:
        for name, inner in _each(at):
            if rest:
                yield from _walk(inner, rest, name)
            else:
                yield Found(name, inner, {})
    elif isinstance(at, dict) and first in at:
        if rest:
            yield from _walk(at[first], rest, part)
        else:
            yield Found(part, at[first], at)


def _each(at: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(at, dict):
        yield from at.items()
    elif isinstance(at, list):
        yield from ((str(place), inner) for place, inner in enumerate(at))


def judged(
    rule: Judged, one: Found, track: Track, time: float, moment: float, gap: float
) -> Judgement | None:
    """What `one` says, noting value and limit in `track`; None while it says nothing."""
    match rule:
        case State():
            track.value = one.value if isinstance(one.value, str | bool) else None
            return _either(one.value in rule.bad, time, moment)
        case Threshold() if (number := _number(one.value)) is not None:
            return _threshold(rule, number, one.beside, track, Judgement(time, moment, False, False), gap)
        case Forecast() if (number := _number(one.value)) is not None:
            return _forecast(rule, number, track, time, moment)
        case Unusual() if (number := _number(one.value)) is not None:
            return _unusual(rule, number, track, Judgement(time, moment, False, False), gap)
    return None


def _either(wrong: bool, time: float, moment: float) -> Judgement:
    return Judgement(time, moment, wrong, not wrong)


def _threshold(
    rule: Threshold, number: float, beside: dict[str, Any], track: Track, at: Judgement, gap: float
) -> Judgement | None:
    limit: Any = rule.at_most if rule.at_least is None else rule.at_least
    limit = _number(beside.get(limit)) if isinstance(limit, str) else limit
    if rule.window:
        track.window = track.window or Window.empty()
        track.window.add(at.time, number, rule.window, gap)
        if not track.window.full(rule.window):
            return None
        number = track.window.statistic(rule.statistic)
    if limit is None:
        return None
    track.value, track.limit = number, limit
    wrong = rule.sign * (number - limit) >= 0
    right = not wrong if rule.clear is None else rule.sign * (number - rule.clear) < 0
    return Judgement(at.time, at.moment, wrong, right)


def _forecast(rule: Forecast, number: float, track: Track, time: float, moment: float) -> Judgement:
    """The line is drawn with each sample that is kept; in between, what it said goes on to hold."""
    track.window = track.window or Window.empty()
    # A gap does not bend the line, so it does not begin anew.
    if track.window.add(time, number, rule.window, inf, MOST_ON_A_LINE):
        track.value = track.window.seconds_until(rule.reaches, rule.window)
    track.limit = float(rule.within)
    seconds = _number(track.value)
    return _either(seconds is not None and seconds <= rule.within, time, moment)


def _unusual(rule: Unusual, number: float, track: Track, at: Judgement, gap: float) -> Judgement | None:
    """Each reading is measured by what is usual at its own hour: what rises at eight each day is well."""
    track.window, track.days = track.window or Window.empty(), track.days or Days.empty()
    track.days.add(at.moment, number, rule.days, rule.least_days)
    # A number that never moved has no deviation to measure by.
    if track.days.usual is None or not track.days.usual[1]:
        return None
    mean, deviation = track.days.usual
    track.window.add(at.time, (number - mean) / deviation, rule.window, gap)
    if not track.window.full(rule.window):
        return None
    away = track.window.statistic("mean")
    sign = 1 if rule.side == "above" or (rule.side == "both" and away >= 0) else -1
    track.value, track.limit = number, mean + sign * rule.deviations * deviation
    return _either(sign * away >= rule.deviations, at.time, at.moment)


def _number(value: Any) -> float | None:
    return value if isinstance(value, float | int) and not isinstance(value, bool) else None
