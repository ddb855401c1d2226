"""What others ask of the alerts service over the broker, and what it says of its own settings.

`<prefix>-alerts/settings` (retained) has the AlertSettings. A question goes to `<prefix>-alerts/ask`; its
Answer comes on `<prefix>-alerts/answer` under the same id. A channel's address goes one way only.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from perfwatch import asking
from perfwatch.alerting.rules import Severity

Origin = Literal["shipped", "changed", "own"]


class RuleSaid(Struct):
    """A rule as a table of `alerts.toml` says it, without what is as it is by default."""

    id: str
    origin: Origin
    rule: dict[str, Any]


class Paused(Struct):
    """Until when nothing is told of hosts that the pattern fits."""

    hosts: str
    until: str


class Snoozed(Struct):
    host: str
    rule: str
    until: str


class Acknowledged(Struct):
    """Somebody knows that it fires: it is not told again while it lasts."""

    host: str
    rule: str
    by: str
    at: str


class ChannelSaid(Struct):
    """A channel without its address, of which only the kind is told (`https`, `ntfys`, …)."""

    name: str
    kind: str
    severities: tuple[Severity, ...]


class AlertSettings(Struct):
    rules: list[RuleSaid] = []
    maintenance: list[Paused] = []
    snoozed: list[Snoozed] = []
    acknowledged: list[Acknowledged] = []
    channels: list[ChannelSaid] = []


class Told(Struct):
    """Something that fires, or did until `until`."""

    host: str
    rule: str
    part: str
    severity: Severity
    text: str
    since: str
    until: str | None = None


class _Question(Struct, tag=str.lower, tag_field="do", kw_only=True):
    id: str = ""


class PutRule(_Question):
    """Make a rule, or give it another table; `new` when there must be none of that name."""

    name: str
    rule: dict[str, Any]
    new: bool = False


class DropRule(_Question):
    """Take a rule away; one that ships becomes again what it was."""

    name: str


class Export(_Question):
    """Answers with the text of `alerts.toml`."""


class Import(_Question):
    """Put this text in place of `alerts.toml`."""

    text: str


class Acknowledge(_Question):
    host: str
    rule: str
    by: str


class Snooze(_Question):
    """Tell nothing of it for so many seconds; 0 ends that."""

    host: str
    rule: str
    seconds: float


class Pause(_Question):
    """Tell nothing of these hosts until then (seconds since 1970); None ends that."""

    hosts: str
    until: float | None


class PutChannel(_Question):
    name: str
    url: str
    severities: tuple[Severity, ...]


class DropChannel(_Question):
    name: str


class TryChannel(_Question):
    name: str


class Recent(_Question):
    """Answers with what fired in that time (seconds since 1970), the newest first: a list of Told."""

    since: float
    until: float
    host: str | None = None


Question: TypeAlias = (
    PutRule
    | DropRule
    | Export
    | Import
    | Acknowledge
    | Snooze
    | Pause
    | PutChannel
    | DropChannel
    | TryChannel
    | Recent
)


class Answer(asking.Answer):
    """What only some questions ask for stands beside what every answer has."""

    recent: list[Told] = field(default_factory=list)
