"""What is said in the log of a broker: once each, as a trouble with it comes back with each message."""

from __future__ import annotations

import logging

from collector.delivery.inflight import Sent
from perfwatch.broker import Broker

log = logging.getLogger(__name__)


class Remarks:
    """`own` is the topic filter below which this host writes."""

    def __init__(self, broker: Broker, own: str) -> None:
        self._broker = broker
        self._own = own
        self._greeted = False
        self._left_out = 0
        self._large: set[str] = set()
        self._refused: set[str] = set()
        self._unheard: set[str] = set()

    def connected(self, again: bool, waiting: int, dropped: int) -> None:
        if again:
            log.info("Connected to %s again: %d readings waited, %d dropped", self._broker, waiting, dropped)
        elif not self._greeted:
            log.info("Connected to %s", self._broker)
        self._greeted = True
        self._refused.clear()

    def refused(self, reason: str) -> None:
        if reason not in self._refused:
            self._refused.add(reason)
            text = "%s does not take what we publish (%s): its access list must let this user write %s"
            log.warning(text, self._broker, reason, self._own)

    def too_large(self, what: Sent, why: str) -> None:
        self._left_out += 1
        if what.topic not in self._large:
            self._large.add(what.topic)
            text = "%s is left out: it has %d bytes, and %s says that %s"
            log.warning(text, what.topic, what.size, self._broker, why)

    def unheard(self, topic: str, reason: object) -> None:
        if topic not in self._unheard:
            self._unheard.add(topic)
            log.warning("%s does not let this user read %s (%s)", self._broker, topic, reason)

    def full(self) -> None:
        log.warning("Too many readings wait for %s: the oldest are dropped", self._broker)

    def left(self, waiting: int, durable: bool) -> None:
        """What became of all that was not sent."""
        if self._left_out:
            log.warning("%d messages were too large for %s and left out", self._left_out, self._broker)
        if waiting:
            place = "on disk, for the next start" if durable else "in memory only, and are lost"
            log.warning("Stopped with %d readings unsent: they are %s", waiting, place)
