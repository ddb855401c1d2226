"""Where readings go: the topics with their JSON, and those with their numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from collector.agent import Gathered, Sink
from collector.delivery.publisher import Publisher
from collector.scalars import LIMIT, scalars
from perfwatch.readings import codec
from perfwatch.readings.core import HostInfo
from perfwatch.topics import Topics

log = logging.getLogger(__name__)


class Sinks:
    """Several sinks as one, in that order."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        for sink in self._sinks:
            sink.publish(readings)

    def describe(self, facts: HostInfo) -> None:
        for sink in self._sinks:
            sink.describe(facts)


class Json:
    """Hands a publisher each reading and the host's facts as JSON."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        self._publisher.publish({metric: gathered.payload for metric, gathered in readings.items()})

    def describe(self, facts: HostInfo) -> None:
        self._publisher.describe(codec.encode_info(facts))


class Scalars:
    """Shows each number of a reading on a topic of its own."""

    def __init__(self, topics: Topics, host: str, show: Callable[[str, bytes], None]) -> None:
        self._topics = topics
        self._host = host
        self._show = show
        self._full: set[str] = set()

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        for metric, gathered in readings.items():
            self._publish(metric, gathered)

    def _publish(self, metric: str, gathered: Gathered) -> None:
        numbers = scalars(gathered.reading)
        for path, text in numbers.items():
            self._show(self._topics.scalar(self._host, metric, path), text.encode())
        if len(numbers) >= LIMIT and metric not in self._full:
            self._full.add(metric)
            log.warning("A reading of %s has more than %d numbers: the rest get no topics", metric, LIMIT)

    def describe(self, facts: HostInfo) -> None:
        """Facts are not numbers that change."""
