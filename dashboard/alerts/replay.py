"""A rule over past readings, as the history has them: minutes or longer with mean, minimum and maximum."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from perfwatch.alerting.judging import EACH, Found, judged
from perfwatch.alerting.machine import Track
from perfwatch.alerting.rules import Forecast, Judged, Offline, OfReading, Rule, Silent, State, Threshold
from perfwatch.history.shapes import SHAPES, Listed, Named
from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.tags import Tags

MOST_FIRED = 200
_MINUTE, _HOUR = 60_000, 3_600_000
# As many lines are read by the minute, and so many more by five minutes.
_FEW, _SOME = 20, 100
_SAMPLES = 20
# A host gives one of them with each tick.
_ANY_METRIC = ("cpu", "memory")


class Line(NamedTuple):
    """A number of one part of a host; beside it, the series of its limit where that is one."""

    host: str
    part: str
    series: Series
    limit: Series | None = None


class Firing(NamedTuple):
    """In seconds since 1970; `until` is None when it lasts."""

    host: str
    part: str
    since: float
    until: float | None


def lines_of(
    rule: Rule, known: Sequence[Series], tags: Callable[[str], Tags]
) -> tuple[list[Line], str | None]:
    """What the history has that the rule looks at; and why it cannot tell, when it cannot."""
    rule = msgspec.structs.replace(rule, enabled=True)
    if isinstance(rule, State):
        return [], "The history keeps numbers, and this rule looks at a word"
    concerned = {host for host in {one.host for one in known} if rule.concerns(host, tags(host))}
    if isinstance(rule, Silent | Offline):
        metrics = [rule.metric] if isinstance(rule, Silent) else _ANY_METRIC
        firsts = {one.host: one for one in reversed(known) if one.metric in metrics}
        return [Line(host, "", one) for host, one in firsts.items() if host in concerned], None
    there = [one for one in known if one.metric == rule.metric and one.host in concerned]
    lines = [Line(one.host, part, one) for one, part in _at(rule, rule.field, there)]
    limit = (rule.at_least or rule.at_most) if isinstance(rule, Threshold) else None
    if isinstance(limit, str):
        beside = {(one.host, one.part): one for one in there if one.field == limit}
        lines = [line._replace(limit=beside.get((line.host, line.series.part))) for line in lines]
        lines = [line for line in lines if line.limit]
    return lines, None if lines else f"The history has no {rule.metric}.{rule.field} of these hosts"


class Replay:
    """Goes through `lines`, one host a step. `fired` is what came of it; `interval` is in ms."""

    def __init__(self, store: HistoryStore, rule: Rule, lines: Iterable[Line], start: int, stop: int) -> None:
        self._store, self._rule = store, rule
        self._start, self._stop = start, stop
        self._hosts: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            self._hosts[line.host].append(line)
        count = sum(map(len, self._hosts.values()))
        self.interval = _MINUTE if count <= _FEW else 5 * _MINUTE if count <= _SOME else _HOUR
        if isinstance(rule, Forecast):
            # Drawing a line is what takes time, and a few samples make one.
            whole = max(1, round(rule.window / _SAMPLES / 60))
            self.interval = max(self.interval, min(whole * _MINUTE, _HOUR))
        self.fired: list[Firing] = []
        self.hosts = 0

    @property
    def left(self) -> bool:
        return bool(self._hosts)

    def step(self) -> None:
        """Read and judge the next host."""
        lines = self._hosts.pop(next(iter(self._hosts)))
        self.hosts += 1
        wanted = [one for line in lines for one in (line.series, line.limit) if one is not None]
        found = self._store.query(wanted, self._start, self._stop, self.interval)
        for line in lines:
            limits = {one.time: one.mean for one in found.get(line.limit, ())} if line.limit else None
            self.fired += self._judge(line, found.get(line.series, []), limits)

    def _judge(
        self, line: Line, buckets: Sequence[Bucket], limits: dict[int, float] | None
    ) -> Iterator[Firing]:
        if isinstance(self._rule, Silent | Offline):
            return _gaps(self._rule, line, [one.time for one in buckets], self._stop, self.interval)
        return _firings(self._rule, line, buckets, limits, self.interval)


def _firings(
    rule: Judged,
    line: Line,
    buckets: Sequence[Bucket],
    limits: dict[int, float] | None,
    interval: int,
) -> Iterator[Firing]:
    track, gap, name = Track(), 3 * interval / 1000, ""
    if isinstance(rule, Threshold):
        name = str(rule.at_least or rule.at_most)
    for bucket in buckets:
        moment = bucket.time / 1000
        beside = {} if limits is None else {name: limits.get(bucket.time)}
        one = Found(line.part, _number(rule, bucket, interval), beside)
        judgement = judged(rule, one, track, moment, moment, gap)
        before = track.fired
        if judgement is not None:
            track.judge(judgement, rule.hold, rule.clear_after, gap)
        if before is not None and track.fired is None:
            yield Firing(line.host, line.part, before, moment)
    if track.fired is not None:
        yield Firing(line.host, line.part, track.fired, None)


def _number(rule: Judged, bucket: Bucket, interval: int) -> float:
    """Of an interval, what the rule would have judged last: a short one fires by the worst reading alone."""
    if not isinstance(rule, Threshold) or rule.statistic in ("mean", "change"):
        return bucket.mean
    if rule.statistic != "last":
        return bucket.min if rule.statistic == "min" else bucket.max
    is_short = rule.hold < interval / 1000
    return bucket.max if is_short is (rule.sign > 0) else bucket.min


def _gaps(
    rule: Silent | Offline, line: Line, times: Sequence[int], stop: int, interval: int
) -> Iterator[Firing]:
    """Where nothing came for so long, between two readings or after the last."""
    longest = max(1000 * rule.hold, interval)
    for before, after in zip(times, [*times[1:], stop], strict=True):
        if after - before - interval >= longest:
            ended = None if after == stop else after / 1000
            yield Firing(line.host, "", (before + interval + 1000 * rule.hold) / 1000, ended)


def _at(rule: OfReading, path: str, there: Sequence[Series]) -> Iterator[tuple[Series, str]]:
    """Each series that is at a rule's field, with the name of its part."""
    first, *rest = path.split(".")
    match SHAPES.get(rule.metric, {}).get(first):
        case Named(tag) if len(rest) == 2:
            part, field = rest
            fits = (one for one in there if (one.tag, one.field) == (tag, field))
            yield from ((one, one.part) for one in fits if part in (EACH, one.part))
        case Listed(tag, field) if len(rest) == 1:
            fits = (one for one in there if (one.tag, one.field) == (tag, field))
            yield from ((one, one.part) for one in fits if rest[0] in (EACH, one.part))
        case _:
            # Nested numbers are kept under joined names.
            pattern = re.compile(
                "_".join("(.+)" if step == EACH else re.escape(step) for step in [first, *rest])
            )
            for one in there:
                if not one.tag and (found := pattern.fullmatch(one.field)):
                    yield one, found[1] if found.groups() else ""
