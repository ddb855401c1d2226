"""The devices service as far as the dashboard knows it: whether it is there, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from dashboard.live.questions import Questions
from perfwatch.devices.protocol import Answer, Question
from perfwatch.readings.codec import UNREADABLE

_answer = msgspec.json.Decoder(Answer)


class DevicesService:
    """Must be used from one event loop."""

    def __init__(self) -> None:
        self.online = False
        self._questions: Questions[Answer] = Questions()

    def receive(self, word: str, payload: bytes) -> None:
        """Take what came on one of the service's own topics."""
        if word == "status":
            self.online = payload == b"online"
        elif word == "answer":
            try:
                self._questions.answered(_answer.decode(payload))
            except UNREADABLE:
                return

    async def ask(
        self, question: Question, publish: Callable[[bytes], Awaitable[None]], seconds: float
    ) -> Answer:
        """Put a question and wait for its answer. Raises TimeoutError when there is none."""
        return await self._questions.ask(question, publish, seconds)
