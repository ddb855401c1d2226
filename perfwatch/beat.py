"""Waking up together: to wake a processor costs more than what is looked at then."""

from __future__ import annotations

import asyncio
import time


async def beat(seconds: float) -> None:
    """Sleep until the monotonic clock, which all of a machine's processes share, is a multiple of `seconds`."""
    await asyncio.sleep(seconds - time.monotonic() % seconds)
