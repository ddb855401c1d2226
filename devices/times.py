"""When a reading was: by the device where it tells, else when it came. No input or output."""

from __future__ import annotations

from datetime import datetime

from perfwatch.readings.codec import to_ms

_DAY_MS = 86_400_000
_MAX_REMEMBERED = 100_000


class Times:
    """Gives each reading of a topic a time of its own: a store keeps one point at a time and no more.

    A device that tells whole seconds may send twice in one; and what waited in the broker comes at once.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

    def of(self, topic: str, told: datetime | None, now: int) -> int:
        """Milliseconds since 1970. A device's clock that is a day ahead is wrong, and not believed."""
        own = now if told is None else to_ms(told)
        if own > now + _DAY_MS:
            told, own = None, now
        if len(self._last) >= _MAX_REMEMBERED:
            self._last.clear()
        before, given = self._last.get(topic, (-1, -1))
        time = given + 1 if own == before or (told is None and own <= given) else own
        self._last[topic] = own, time
        return time
