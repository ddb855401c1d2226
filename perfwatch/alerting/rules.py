"""Rules: what is wrong when, for which hosts, and how it is told. Does no input or output.

A rule is a table of `alerts.toml`; what it does not say, the rule of its name in `defaults.toml` does:

    [rules.disk-full]
    at_least = 95
    except = ["backup-*"]

A table that says its `kind` is the whole rule.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from math import isfinite
from pkgutil import get_data
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from perfwatch.durations import format_ms, parse_ms
from perfwatch.errors import RuleError
from perfwatch.tags import selects

Severity = Literal["info", "warning", "critical"]
Statistic = Literal["last", "mean", "min", "max", "change"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
DAY_MINUTES = 24 * 60
MOST_DAYS = 28


class Seconds(float):
    """A length of time; written 5s, 10m, 1h or 7d, or as a plain number of seconds."""


class Hours(tuple[int, int]):
    """From when to when of each day, in minutes of local time; written 22:00-07:00."""

    def has(self, minute: int) -> bool:
        """Whether that minute of the day is between them; they may go over midnight."""
        start, end = self
        return (minute - start) % DAY_MINUTES < (end - start) % DAY_MINUTES


class Common(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag=str.lower):
    """What all kinds have. A rule holds for hosts that one of `hosts` fits and none of `except`: names,
    or tags as `room=cellar` (`*` and `?` are wildcards).

    It fires when things are wrong for as long as `for`, and is over when they are right for as long as
    `clear_after`. While it lasts, it is told again after each `remind` (0: never). In the hours of
    `quiet` nothing is told unless it is critical.
    """

    title: str
    enabled: bool = True
    hosts: tuple[str, ...] = ("*",)
    exceptions: tuple[str, ...] = field(name="except", default=())
    severity: Severity = "warning"
    hold: Seconds = field(name="for", default=Seconds(0))
    clear_after: Seconds = Seconds(0)
    remind: Seconds = Seconds(0)
    quiet: Hours | None = None

    def concerns(self, host: str, tags: Mapping[str, str] = {}) -> bool:
        return (
            self.enabled
            and any(selects(one, host, tags) for one in self.hosts)
            and not any(selects(one, host, tags) for one in self.exceptions)
        )


class OfReading(Common, frozen=True, kw_only=True):
    """What is judged with each reading: the number or word at `field`, as `partitions.*.usage_percent`.

    `*` stands for every part that there is, and each part is judged by itself.
    """

    metric: str
    field: str


class Threshold(OfReading, frozen=True, kw_only=True):
    """A number at its limit or beyond it. The limit may be the name of a field beside the number's.

    The number is a statistic of the readings in `window`; `change` is the last of them less the first.
    When `clear` is set, things are right only beyond that: below it for `at_least`, above it for `at_most`.
    """

    at_least: float | str | None = None
    at_most: float | str | None = None
    clear: float | None = None
    statistic: Statistic = "last"
    window: Seconds = Seconds(0)

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("needs one of at_least and at_most")
        if (self.statistic == "last") == bool(self.window):
            raise ValueError(f"statistic {self.statistic} and window do not go together")
        limit = self.at_most if self.at_least is None else self.at_least
        if not all(isfinite(one) for one in (limit, self.clear) if isinstance(one, float | int)):
            raise ValueError("a limit must be a finite number")
        if self.clear is not None and isinstance(limit, float | int) and self.sign * (limit - self.clear) < 0:
            raise ValueError("clear must not be beyond the limit")

    @property
    def sign(self) -> int:
        """1 where large numbers are wrong, -1 where small ones are."""
        return -1 if self.at_least is None else 1


class Forecast(OfReading, frozen=True, kw_only=True):
    """A number that reaches `reaches` within the time `within` if it goes on as in `window`."""

    reaches: float
    within: Seconds
    window: Seconds

    def __post_init__(self) -> None:
        if not isfinite(self.reaches) or not self.within or not self.window:
            raise ValueError("reaches must be a finite number, within and window above 0")


class Unusual(OfReading, frozen=True, kw_only=True):
    """A number unlike itself: how far it is from its mean at the same hour of the last `days`.

    It is wrong when that is, on average of `window` and on that `side`, so many standard `deviations` or
    more. With fewer than `least_days` of these hours it is not judged.
    """

    deviations: float = 4.0
    days: int = 7
    least_days: int = 3
    side: Literal["both", "above", "below"] = "both"
    window: Seconds = Seconds(900)

    def __post_init__(self) -> None:
        if not 2 <= self.least_days <= self.days <= MOST_DAYS:
            raise ValueError(f"days and least_days must be from 2 to {MOST_DAYS}, and days the larger")
        if not self.deviations > 0 or not 0 < self.window <= 3600:
            raise ValueError("deviations must be above 0, and window from 1s to 1h")


class State(OfReading, frozen=True, kw_only=True):
    """A word, or true or false, that is one of `bad`. A part that is no longer there is well."""

    bad: tuple[str | bool, ...]


class Silent(Common, frozen=True, kw_only=True):
    """No reading of `metric` for as long as `for`, of a host that is online and has given one."""

    metric: str


class Offline(Common, frozen=True, kw_only=True):
    """The host has been offline for as long as `for`."""


Judged: TypeAlias = Threshold | Forecast | Unusual | State
Timed: TypeAlias = Silent | Offline
Rule: TypeAlias = Judged | Timed


class Rules(Struct, frozen=True):
    """All rules by name, and until when what is told of hosts pauses, by patterns of their names or tags."""

    rules: dict[str, Rule]
    maintenance: dict[str, datetime] = {}

    def of(self, host: str, tags: Mapping[str, str] = {}) -> dict[str, Rule]:
        return {name: rule for name, rule in self.rules.items() if rule.concerns(host, tags)}

    def paused(self, host: str, now: datetime, tags: Mapping[str, str] = {}) -> bool:
        return any(now < until and selects(one, host, tags) for one, until in self.maintenance.items())


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """The tables of the rules that ship, by name."""
    # Not by importlib.resources, which brings tempfile and shutil into each service.
    text = get_data(__package__, "defaults.toml") or b""
    found: dict[str, dict[str, Any]] = tomllib.loads(text.decode())
    return found["rules"]


def load(text: str = "") -> Rules:
    """The rules that ship, with those of `alerts.toml` put over them. Raises RuleError."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise RuleError(f"is not TOML: {exc}") from exc
    if unknown := given.keys() - {"rules", "maintenance"}:
        raise RuleError(f"has {unknown.pop()!r}, but knows only [rules.NAME] and [maintenance]")
    own = _tables(given.get("rules", {}))
    merged = {name: _merged(name, own.get(name, {})) for name in {**shipped(), **own}}
    return Rules(
        {name: parse(name, table) for name, table in merged.items()},
        _maintenance(given.get("maintenance", {})),
    )


def _merged(name: str, own: dict[str, Any]) -> dict[str, Any]:
    return own if "kind" in own else {**shipped().get(name, {}), **own}


def table(rule: Rule) -> dict[str, Any]:
    """The rule as a table says it: in full, but for what is as it is by default."""
    return {"kind": type(rule).__name__.lower()} | {
        one.encode_name: _written(getattr(rule, one.name))
        for one in msgspec.structs.fields(rule)
        if one.required or getattr(rule, one.name) != one.default
    }


def own_table(name: str, rule: Rule) -> dict[str, Any]:
    """What a table has to say so that the rule of that name becomes this one; nothing when it ships so."""
    wanted = table(rule)
    if name not in shipped():
        return wanted
    before = parse(name, shipped()[name])
    if type(before) is not type(rule):
        return wanted
    changed = {
        one.encode_name: getattr(rule, one.name)
        for one in msgspec.structs.fields(rule)
        if getattr(rule, one.name) != getattr(before, one.name)
    }
    # TOML has no word for None.
    return wanted if None in changed.values() else {key: _written(value) for key, value in changed.items()}


def _written(value: Any) -> Any:
    match value:
        case Seconds():
            return format_ms(round(1000 * value))
        case Hours():
            return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in value)
        case tuple():
            return list(value)
    return value


def _tables(found: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        raise RuleError("has rules that are not tables: write [rules.NAME]")
    return found


def parse(name: str, table: Mapping[str, Any]) -> Rule:
    """The rule that a whole table says. Raises RuleError."""
    if not _NAME.fullmatch(name):
        raise RuleError(f"rule {name!r}: a name has 1 to 64 lowercase letters, digits, _ and -")
    try:
        rule: Rule = msgspec.convert(dict(table), Rule, dec_hook=_own_types)
    except (msgspec.ValidationError, ValueError) as exc:
        raise RuleError(f"rule {name}: {str(exc)[:1].lower()}{str(exc)[1:]}") from exc
    return rule


def _maintenance(found: Any) -> dict[str, datetime]:
    try:
        until = msgspec.convert(found, dict[str, datetime])
    except msgspec.ValidationError as exc:
        raise RuleError(f"maintenance: {exc}") from exc
    if naive := [host for host, moment in until.items() if moment.tzinfo is None]:
        raise RuleError(f"maintenance of {naive[0]}: a time needs its zone, like 2026-12-24T18:00:00Z")
    return until


def _own_types(kind: type, value: Any) -> Any:
    if kind is Seconds:
        seconds = parse_ms(str(value)) / 1000
        if not 0 <= seconds <= 365 * 86400:
            raise ValueError(f"{value!r} is not a length of time from 0s to 365d")
        return Seconds(seconds)
    found = _HOURS.fullmatch(str(value))
    if kind is not Hours or not found:
        raise ValueError(f"{value!r} are not hours of the day, like 22:00-07:00")
    numbers = [int(digits) for digits in found.groups()]
    return Hours((60 * numbers[0] + numbers[1], 60 * numbers[2] + numbers[3]))
