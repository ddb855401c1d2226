"""Questions to another service over the broker: each waits for the answer with its id."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import msgspec


class _Identified(Protocol):
    id: str


A = TypeVar("A", bound=_Identified)


class Questions(Generic[A]):
    """Must be used from one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[A]] = {}

    async def ask(
        self, question: _Identified, publish: Callable[[bytes], Awaitable[None]], seconds: float
    ) -> A:
        """Put a question and wait for its answer. Raises TimeoutError when there is none."""
        question.id = secrets.token_hex(8)
        answer = self._waiting[question.id] = asyncio.get_running_loop().create_future()
        try:
            await publish(msgspec.json.encode(question))
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self._waiting[question.id]

    def answered(self, answer: A) -> None:
        waiting = self._waiting.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
