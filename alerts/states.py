"""What the alerts say of themselves on the broker: each rule's state, and the sum. Pure."""

from __future__ import annotations

import msgspec

from alerts.engine import Engine
from alerts.telling import RANK
from alerts.texts import text
from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import Severity
from perfwatch.alerting.states import AlertState, Summary
from perfwatch.readings.codec import format_seconds


def state(engine: Engine, host: str, name: str, now: float) -> bytes:
    """A rule's state as JSON; nothing, which takes it back from the broker, when there is none any more."""
    worst = engine.worst(host, name)
    rule = engine.rules.rules.get(name)
    if worst is None or rule is None:
        return b""
    part, track = worst
    said = text(rule, part, track) if track.standing in (Standing.PENDING, Standing.FIRING) else ""
    return msgspec.json.encode(
        AlertState(
            format_seconds(now),
            track.standing,
            format_seconds(track.since),
            track.value,
            track.limit,
            rule.severity,
            said,
        )
    )


def summary(engine: Engine, now: float, online: bool = True) -> bytes:
    """The sum as JSON."""
    counts: dict[str, int] = {}
    worst: Severity | None = None
    for _, name, standing in engine.standings():
        counts[standing.value] = counts.get(standing.value, 0) + 1
        severity = engine.rules.rules[name].severity
        if standing is Standing.FIRING and (worst is None or RANK[severity] > RANK[worst]):
            worst = severity
    return msgspec.json.encode(Summary(format_seconds(now), online, worst=worst, **counts))
