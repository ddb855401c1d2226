"""One tick for a person or a script to look at, without a broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from collector.agent import Agent, Availability, Gathered
from collector.sources.source import Source, Tick
from collector.stop import Stop
from perfwatch.readings import codec
from perfwatch.readings.base import Reading
from perfwatch.readings.core import HostInfo

BETWEEN_SECONDS = 1.0
PERF_INTERVAL = 0.2
"""Short, so that several of perf's intervals end between the two readings."""


class Collected:
    """Keeps the newest reading of each metric, as a sink of the agent."""

    def __init__(self) -> None:
        self.readings: dict[str, Reading] = {}

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        self.readings |= {metric: gathered.reading for metric, gathered in readings.items()}

    def describe(self, facts: HostInfo) -> None:
        """The host's facts are not a part of a tick."""


def one_tick(
    sources: Iterable[Source],
    host: str,
    describe: Callable[[Availability], HostInfo],
    stop: Stop,
    between: float = BETWEEN_SECONDS,
) -> bytes | None:
    """`{"host": …, "timestamp": …, "cpu": {…}, …}`, from two readings that many seconds apart.

    The first one is for the rates. None when `stop` is set meanwhile.
    """
    collected = Collected()
    agent = Agent(sources, collected, describe, between, stop)
    agent.tick(Tick(codec.now(), time.monotonic()))
    if stop.wait(between):
        return None
    collected.readings.clear()
    moment = codec.now()
    agent.tick(Tick(moment, time.monotonic()))
    tick: dict[str, object] = {"host": host, "timestamp": codec.format_time(moment)}
    for metric, reading in collected.readings.items():
        fields = msgspec.structs.asdict(reading)
        tick[metric] = {name: value for name, value in fields.items() if name != "timestamp"}
    return msgspec.json.encode(tick)
