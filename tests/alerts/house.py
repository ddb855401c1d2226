"""An engine with a clock that a test moves, and one host whose readings it makes."""

from __future__ import annotations

from typing import Any

from alerts.engine import Change, Engine
from perfwatch.alerting.rules import Rules, load

START = 1_800_000_000.0
INTERVAL = 5.0
ALONE = "".join(f"[rules.{name}]\nenabled = false\n" for name in load().rules)
"""Switches off every rule that ships."""


def only(rule: str) -> Rules:
    """That rule, called `x`, and no other."""
    return load(f"{ALONE}[rules.x]\ntitle = 'X'\n{rule}")


class House:
    """`now` is what the engine is told, `wrong_clock` how far the host's own clock is from that."""

    def __init__(self, rules: Rules, host: str = "nas") -> None:
        self.engine = Engine(rules)
        self.host = host
        self.now = START
        self.wrong_clock = 0.0
        self.engine.tick(self.now)
        self.engine.status(host, True)

    def reading(self, metric: str, at: float | None = None, **fields: Any) -> None:
        time = self.now + self.wrong_clock if at is None else at
        self.engine.reading(self.host, metric, time, fields, self.now)

    def cpu(self, *values: float | None) -> None:
        """A reading each five seconds, the first of them in five."""
        for value in values:
            self.wait(INTERVAL)
            self.reading("cpu", user=value)

    def wait(self, seconds: float) -> None:
        """Time goes on, without a reading."""
        while seconds > 0:
            step = min(seconds, INTERVAL)
            self.now += step
            seconds -= step
            self.engine.tick(self.now)

    @property
    def standing(self) -> str:
        found = self.engine.worst(self.host, "x")
        return found[1].standing.value if found else "none"

    def changes(self) -> list[Change]:
        found = list(self.engine.changes)
        self.engine.changes.clear()
        return found

    def told(self) -> list[str]:
        """What began to fire or ended since this was asked last: + and -, and the part."""
        return [
            f"{'-' if change.fired is None else '+'}{change.part}"
            for change in self.changes()
            if change.fired_before != change.fired
        ]

    def restart(self, away: float = 0.0) -> None:
        """A new engine with the old one's memory, after some seconds."""
        self.now += away
        self.engine = Engine(self.engine.rules, self.engine.memory)
        self.engine.tick(self.now)
