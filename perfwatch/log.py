"""Logging for every service: one line an event, on standard error."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar

# Within a minute the same trouble is told so often, and then only how often it came. A start has some twenty
# sources to tell of in the same words.
TOLD, FOLD_SECONDS = 50, 60.0
# So many different troubles are told apart.
_REMEMBERED = 1000

# The service whose work this is, in a process that runs several.
speaking: ContextVar[str] = ContextVar("speaking")


class Fold(logging.Filter):
    """Lets the first `TOLD` events of one kind through in a minute; the first of the next tells of the rest.

    Events are of one kind when they come from the same place with the same words, whatever they name.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind, now = (record.pathname, record.lineno, str(record.msg)), self._clock()
        began, count = self._seen.get(kind, (now, 0))
        if now - began >= FOLD_SECONDS:
            if count > TOLD:
                record.msg = f"{record.msg} (and {count - TOLD} more like it in the minute before)"
            began, count = now, 0
        if kind not in self._seen and len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[kind] = (began, count + 1)
        return count < TOLD


class Named(logging.Filter):
    """Notes which service an event is of: the one that is `speaking`, else `service`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = speaking.get(self._service)
        return True


def set_up(service: str, level: str) -> None:
    """Log this process's events as `2026-11-23T12:00:00Z INFO collector: text`."""
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(service)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(Fold())
    handler.addFilter(Named(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
