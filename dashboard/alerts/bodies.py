"""What the routes of alerts take."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from perfwatch.alerting.rules import Severity


class NewRule(Struct, forbid_unknown_fields=True):
    """`rule` is a table as in alerts.toml."""

    id: str
    rule: dict[str, Any]


class RuleBody(Struct, forbid_unknown_fields=True):
    rule: dict[str, Any]


class Which(Struct, forbid_unknown_fields=True):
    host: str
    rule: str


class Snoozing(Struct, forbid_unknown_fields=True):
    """For how long, as 1h; 0s ends it."""

    host: str
    rule: str
    length: str = field(name="for")


class Maintenance(Struct, forbid_unknown_fields=True):
    """`hosts` is a name, a pattern or a tag, as in a rule; `until` a time, null to end it."""

    hosts: str
    until: str | None


class ChannelBody(Struct, forbid_unknown_fields=True):
    url: str
    severities: tuple[Severity, ...] = ("info", "warning", "critical")


class RulesFile(Struct, forbid_unknown_fields=True):
    """The text of an alerts.toml."""

    toml: str
