"""What came of each rule since the service started. No input or output."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from devices.taker import Taker
from perfwatch.devices.protocol import Refused, RuleFound
from perfwatch.readings.codec import format_time, from_ms

# Reasons that are told of one rule.
_MOST = 20


class _OfRule(Struct):
    """`last` is in ms since 1970, 0 before the first."""

    readings: int = 0
    last: int = 0
    refused: dict[str, Refused] = {}


class Tally:
    """Counts by the rules' names."""

    def __init__(self) -> None:
        self._rules: dict[str, _OfRule] = {}

    def took(self, rule: str, readings: int, now: int) -> None:
        of = self._rules.get(rule) or self._rules.setdefault(rule, _OfRule())
        of.readings += readings
        of.last = now

    def refused(self, rule: str, topic: str, reason: str, now: int) -> None:
        """A message that `rule` wanted and could not take."""
        known = self._rules.setdefault(rule, _OfRule()).refused
        if reason not in known and len(known) >= _MOST:
            reason = "other reasons"
        one = known.setdefault(reason, Refused(reason, 0, "", ""))
        one.count += 1
        one.topic, one.at = topic[:200], format_time(from_ms(now))

    def found(self, taker: Taker) -> list[RuleFound]:
        """Of each rule of `taker`."""
        devices = Counter(taker.devices().values())
        return [self._found(rule.name, devices[rule.name]) for rule in taker.rules]

    def _found(self, name: str, devices: int) -> RuleFound:
        of = self._rules.get(name, _OfRule())
        last = format_time(from_ms(of.last)) if of.last else None
        return RuleFound(name, devices, of.readings, last, list(of.refused.values()))
