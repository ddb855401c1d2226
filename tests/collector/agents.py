"""An agent's parts that a test steers: sources, and who takes what is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.agent import Agent, Gathered
from collector.host import describe
from collector.sources.source import Tick
from collector.stop import Stop
from perfwatch.readings import codec, core


class Kept:
    """Takes what the agent publishes."""

    def __init__(self) -> None:
        self.readings: list[tuple[str, str]] = []
        self.sources: list[dict[str, str | None]] = []

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        for metric, gathered in readings.items():
            assert gathered.payload == codec.encode(gathered.reading)
            self.readings.append((metric, codec.format_time(gathered.reading.timestamp)))

    def describe(self, facts: core.HostInfo) -> None:
        self.sources.append(dict(facts.sources))

    @property
    def metrics(self) -> list[str]:
        return [metric for metric, _ in self.readings]


class Works:
    def __init__(self, name: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.ticks: list[Tick] = []
        self._meanwhile = meanwhile

    def gather(self, tick: Tick) -> core.Memory:
        self.ticks.append(tick)
        self._meanwhile()
        return core.Memory(timestamp=tick.timestamp)


class Unavailable:
    """Publishes a reading that says why there is nothing, for as long as it has a reason."""

    name = "perf_events"

    def __init__(self, reason: str | None) -> None:
        self.reason = reason

    def gather(self, tick: Tick) -> core.PerfEvents:
        return core.PerfEvents(timestamp=tick.timestamp, reason=self.reason)


class Fails:
    """Fails for as long as it has an error to raise."""

    name = "broken"

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def gather(self, tick: Tick) -> core.Disk:
        if self.error is not None:
            raise self.error
        return core.Disk(timestamp=tick.timestamp)


def hostinfo(sources: Mapping[str, str | None]) -> core.HostInfo:
    return describe(1.0, sources)


def agent(kept: Kept, *sources: Works | Fails | Unavailable) -> Agent:
    return Agent(sources, kept, hostinfo, 1.0, Stop())
