"""Uvicorn's server, which sleeps while nobody asks anything."""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """Ends at a signal or by `end`, at once.

    Uvicorn's own wakes up ten times a second, to look whether it is to end and what time it is. Here whoever
    ends it says so, and each answer is given its time when it is made (browsers.py).
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # A signal may come while the loop sleeps, which no event of its own ends.
        asyncio.get_running_loop().call_soon_threadsafe(self._told.set)
