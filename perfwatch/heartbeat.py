"""A sign of life for whoever can look at a file and nothing else, as a container's health check."""

from __future__ import annotations

import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)


class Heartbeat:
    """A file whose time is when the next sign of life must have come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = False

    def beat(self, until: float) -> None:
        """`until` is in seconds since 1970."""
        try:
            self._path.touch()
            os.utime(self._path, (until, until))
        except OSError as exc:
            if not self._failed:
                _log.warning("The heartbeat file %s cannot be written: %s", self._path, exc.strerror)
            self._failed = True
