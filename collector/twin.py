"""Another machine that publishes as this host: their readings would be mixed, and nobody would know."""

from __future__ import annotations

import logging

import msgspec

from perfwatch.readings.codec import UNREADABLE
from perfwatch.readings.core import HostInfo
from perfwatch.settings import variable

log = logging.getLogger(__name__)

# Our own facts may come back to us, over a bridge between two brokers: the start of a machine that a clock
# has corrected since is still the same one.
_SAME_START_SECONDS = 120.0
_LONGEST_NAME = 100


class Twin:
    """`hear` what is published on this host's own `info` topic; what we publish does not come back to us.

    The other machine is told of from then on, until we are started again.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._own: HostInfo | None = None
        self._found: str | None = None

    def beside(self, own: HostInfo) -> str | None:
        """The other machine, when there is one; `own` is what is published of us."""
        self._own = own
        return self._found

    def hear(self, payload: bytes) -> None:
        """In the network's thread."""
        try:
            other = msgspec.json.decode(payload, type=HostInfo)
        except UNREADABLE:
            return
        if self._found is None and self._own and not _are_one(self._own, other):
            name = other.hostname[:_LONGEST_NAME]
            self._found = f"{name}, {other.os[:_LONGEST_NAME]}"
            log.warning(
                "Another machine, %r, publishes as host %s too, and their readings are mixed: give each"
                " a name of its own in %s",
                name,
                self._host,
                variable("host"),
            )


def _are_one(own: HostInfo, other: HostInfo) -> bool:
    if own.hostname != other.hostname:
        return False
    if own.boot_time is None or other.boot_time is None:
        return True
    return abs((own.boot_time - other.boot_time).total_seconds()) < _SAME_START_SECONDS
