"""What the routes answer with, as types: the document is made of them, and tests hold the answers to them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from perfwatch.alerting.machine import Standing
from perfwatch.alerting.protocol import ChannelSaid, Paused, RuleSaid, Told
from perfwatch.alerting.rules import Severity
from perfwatch.readings.core import HostInfo
from perfwatch.users import Role

Presence = Literal["online", "offline"]


class JoinLine(Struct):
    """To be pasted on that machine within so many minutes."""

    line: str
    minutes: int


class Detail(Struct):
    """A sentence: what was done, or what is wrong, with which value, and what was expected."""

    detail: str


class LoggedIn(Struct):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int


class Me(Struct):
    username: str
    role: Role
    expires_at: str | None
    second_factor: bool
    recovery_codes: int


class OwnSession(Struct):
    """`current` is the one that asks. It was used last at `address`, by what called itself `client`."""

    id: str
    current: bool
    began_at: str
    used_at: str
    expires_at: str
    address: str
    client: str


class OwnSessions(Struct):
    sessions: list[OwnSession]


class SecondFactorSecret(Struct):
    """For an app: `picture` is the QR code of `uri`, as an address that a browser shows as an image."""

    secret: str
    uri: str
    picture: str


class RecoveryCodes(Struct):
    """Each lets in once in the place of a code of the app. They are shown this once only."""

    recovery_codes: list[str]


class User(Struct):
    username: str
    role: Role


class Users(Struct):
    users: list[User]


class Token(Struct):
    name: str
    role: Role
    created_at: str
    expires_at: str | None
    last_used: str | None


class NewToken(Token):
    """`token` is shown this once only."""

    token: str


class Tokens(Struct):
    tokens: list[Token]


class Host(Struct):
    host: str
    kind: Literal["collector", "device"]
    status: str | None
    since: str | None
    last_seen: str | None
    info: HostInfo | None
    timestamp: str | None


class Hosts(Struct):
    hosts: list[Host]


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


class Line(Struct):
    host: str
    part: str
    field: str
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]
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


class HostLine(Struct):
    metric: str
    tag: str
    part: str
    field: str
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]


class HostChart(Struct):
    host: str
    start_time: str
    end_time: str
    interval: str
    interval_ms: int
    times: list[int]
    series: list[HostLine]
    newest_time: str | None


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


class Collector(Struct):
    host: str
    status: str | None
    since: str | None
    config: dict[str, Any] | None
    sources: dict[str, str | None]


class Config(Struct):
    hosts: list[Collector]


class Credential(Struct):
    name: str
    role: str
    created_at: str


class NewCredential(Credential):
    """`url` has the password, and is shown this once only."""

    url: str
    example: str


class Credentials(Struct):
    credentials: list[Credential]


class Dashboard(Struct):
    uptime_seconds: int
    memory_bytes: int | None
    viewers: int


class Denied(Struct):
    account: str
    topic: str
    at: str
    advice: str


class Broker(Struct):
    address: str
    connected: bool
    since: str | None
    version: str | None
    denied: list[Denied]


class Store(Struct):
    kind: str
    place: str
    bytes: int | None
    oldest: str | None
    newest: str | None
    problem: str | None


class Bridge(Struct):
    bridge: str
    status: str | None
    last_heard: str | None
    stats: dict[str, Any] | None


class SystemCollector(Struct):
    host: str
    status: str | None
    version: str
    interval: float
    sources: dict[str, str | None]


class System(Struct):
    version: str
    python: str
    platform: str
    dashboard: Dashboard
    broker: Broker
    store: Store
    bridges: list[Bridge]
    collectors: list[SystemCollector]


class Tier(Struct):
    name: str
    rows: int
    oldest: str | None
    newest: str | None


class Tiers(Struct):
    tiers: list[Tier]


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


class Health(Struct):
    status: Literal["ok", "unavailable"]
    broker: str
    store: str
    detail: str = ""
