"""Settings of hosts: what each reports of its own, and commands that wait for its answer."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from dashboard.live.untrusted import told
from perfwatch.topics import Kind, Topic

# A collector obeys at once, between two ticks; the rest is for the way there and back.
ANSWER_SECONDS = 5.0


class Reply(NamedTuple):
    """What a host said to a command: the settings in force, or, when not `obeyed`, its error."""

    obeyed: bool
    said: dict[str, Any]


class Commands:
    """Must be used from one event loop."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {}
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        # An answer does not say what it answers, so each host is asked one thing at a time.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def receive(self, topic: Topic, payload: bytes) -> None:
        """Take what came on a host's `config` or `config/error`."""
        said = told(payload)
        if said is None:
            return
        if topic.kind is Kind.CONFIG:
            self.states[topic.host] = said
        waiting = self._waiting.get(topic.host)
        if waiting is not None and not waiting.done():
            waiting.set_result(Reply(topic.kind is Kind.CONFIG, said))

    async def send(self, host: str, publish: Callable[[], Awaitable[None]]) -> Reply:
        """Publish a command and wait for the host's answer. Raises TimeoutError when there is none."""
        async with self._turns[host]:
            answer = self._waiting[host] = asyncio.get_running_loop().create_future()
            try:
                await publish()
                return await asyncio.wait_for(answer, ANSWER_SECONDS)
            finally:
                del self._waiting[host]
