"""What the routes of the alerts answer with, as types."""

from __future__ import annotations

from msgspec import Struct

from perfwatch.alerting.machine import Standing
from perfwatch.alerting.protocol import ChannelSaid, Paused, RuleSaid, Told
from perfwatch.alerting.rules import Severity


class Alert(Struct):
    """Where a rule stands on a host, by the part that is worst. `text` is empty unless something is wrong.

    `metric` and `field` are what the rule looks at, where it looks at readings.
    """

    host: str
    rule: str
    title: str
    state: Standing
    since: str
    value: float | str | bool | None
    limit: float | str | None
    severity: Severity
    text: str
    metric: str | None
    field: str | None
    acknowledged_by: str | None
    snoozed_until: str | None
    paused_until: str | None


class Alerts(Struct):
    """The sums are of all hosts. `unseen` is how many fire and are neither acknowledged, snoozed nor paused,
    and `worst` how bad the worst of them is. `count` is how many there are of those asked for.
    """

    online: bool
    timestamp: str | None
    firing: int
    pending: int
    unknown: int
    ok: int
    unseen: int
    worst: Severity | None
    count: int
    alerts: list[Alert]


class RecentAlerts(Struct):
    """The newest first; what has no `until` still fires."""

    online: bool
    alerts: list[Told]


class AlertRules(Struct):
    online: bool
    rules: list[RuleSaid]
    maintenance: list[Paused]


class Channels(Struct):
    online: bool
    channels: list[ChannelSaid]


class Fired(Struct):
    """When it would have begun to fire, and until when (null: to the end)."""

    host: str
    part: str
    since: str
    until: str | None


class Preview(Struct):
    """How often a rule would have fired from `start_time` on: in all, and the newest of them.

    `complete` is false where time ran out: `hosts` is how many were looked at, of `of_hosts`. `why` says
    why nothing can be told.
    """

    start_time: str
    end_time: str
    interval: str
    times: int
    hosts: int
    of_hosts: int
    complete: bool
    why: str | None
    fired: list[Fired]
