"""What asks a service to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


async def until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Do `work`; SIGTERM, SIGINT and SIGHUP cancel it, and it may end in order."""
    doing = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, doing.cancel)
    with suppress(asyncio.CancelledError):
        await doing
