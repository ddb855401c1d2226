"""A broker that is away: one line in the log, and a message when it lasts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from alerts.watch import Watch
from perfwatch.broker import Broker
from perfwatch.errors import BrokerError

# A broker that is away for less is not worth a message.
LOST_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Absence:
    """From `begin` to `end`. `clock` is in s since 1970."""

    def __init__(self, broker: Broker, watch: Watch, clock: Callable[[], float]) -> None:
        self._broker, self._watch, self._clock = broker, watch, clock
        self._since: float | None = None
        self._told = False

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def begin(self, error: BrokerError) -> None:
        if self._since is None:
            self._since, self._told = self._clock(), False
            _log.warning("lost the broker, and keeps trying: %s", error)

    def tell(self) -> None:
        """Say it once: of all hosts nothing is known meanwhile."""
        now = self._clock()
        if self._since is not None and not self._told and now - self._since > LOST_SECONDS:
            self._told = True
            told = f"{self._broker} is away: nothing is known of any host until it is back"
            self._watch.teller.notice(told, self._since, now)
            self._watch.keep_told()

    def end(self) -> None:
        if self._since is not None and self._told:
            self._watch.teller.notice("The broker is back", self._since, self._clock())
        self._since = None
