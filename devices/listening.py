"""The newest message of each topic on the broker, and what it becomes, for as long as somebody asks."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from devices.watch import watched
from perfwatch.devices.protocol import Message
from perfwatch.errors import PerfWatchError
from perfwatch.settings import Settings

MOST_TOPICS = 300
# After the last question.
PATIENCE_SECONDS = 30.0


class Listening:
    """Reads over a connection of its own, with rules of its own: nothing that it takes counts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        ours, discovery = settings.prefixes
        self._own = (f"{ours}/", f"{ours}-", f"{discovery}/device/perfwatch_")
        self._heard: dict[str, Message] = {}
        self._task: asyncio.Task[None] | None = None
        self._until = 0.0

    def messages(self) -> list[Message]:
        """The newest last. From the first question on they come in."""
        self._until = time.monotonic() + PATIENCE_SECONDS
        if self._task is None or self._task.done():
            self._check()
            self._heard.clear()
            self._task = asyncio.create_task(self._listen())
        return list(self._heard.values())

    def restart(self) -> None:
        """Other rules count from now on."""
        if self._task is not None:
            self._task.cancel()

    def _check(self) -> None:
        """Raises what nobody foresaw while it listened last."""
        if self._task is not None and not self._task.cancelled():
            self._task.result()

    async def _listen(self) -> None:
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._watch())
            while time.monotonic() < self._until and not listening.done():
                await asyncio.wait({listening}, timeout=1)
            listening.cancel()

    async def _watch(self) -> None:
        with suppress(PerfWatchError):  # whoever asks again begins anew
            await watched(self._settings, True, self._hear)

    def _hear(self, message: Message) -> None:
        """What is ours already is no news."""
        if message.rule is None and message.topic.startswith(self._own):
            return
        before = self._heard.pop(message.topic, None)
        message.count += before.count if before else 0
        self._heard[message.topic] = message
        if len(self._heard) > MOST_TOPICS:
            del self._heard[next(iter(self._heard))]
