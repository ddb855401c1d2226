"""Logging for every service: one line an event, on standard error."""

from __future__ import annotations

import logging
import time


def set_up(service: str, level: str) -> None:
    """Log this process's events as `2026-11-23T12:00:00Z INFO collector: text`."""
    formatter = logging.Formatter(f"%(asctime)s %(levelname)s {service}: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
