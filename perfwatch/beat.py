"""Waking up together: to wake a processor costs more than what is looked at then."""

from __future__ import annotations

import asyncio
import time


def until_beat(seconds: float) -> float:
    """How long until the monotonic clock, the same in all processes here, is a multiple of `seconds`."""
    return seconds - time.monotonic() % seconds


async def beat(seconds: float) -> None:
    await asyncio.sleep(until_beat(seconds))
