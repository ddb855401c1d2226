"""What was sent to the broker and still has to be answered by it."""

from __future__ import annotations

import asyncio
import time
from typing import TypeAlias

import mqtt5

Ack: TypeAlias = mqtt5.PubAckPacket | mqtt5.SubAckPacket | mqtt5.UnsubAckPacket

_LAST_PACKET_ID = 65535
# An answer comes behind messages. Whoever is further behind had better begin anew, without them.
_MOST_SECONDS = 60.0


class Pending:
    """The packets that wait for their answer, by packet id."""

    def __init__(self) -> None:
        self._futures: dict[int, asyncio.Future[Ack]] = {}
        self._packet_id = 0
        self._put_off = 0.0

    def __len__(self) -> int:
        return len(self._futures)

    def next_id(self) -> int:
        """A packet id that none of them has."""
        while True:
            self._packet_id = self._packet_id % _LAST_PACKET_ID + 1
            if self._packet_id not in self._futures:
                return self._packet_id

    async def answer(self, number: int, seconds: float) -> Ack:
        """The answer to that packet. Raises what `fail` was given, and TimeoutError when it does not come
        within so many seconds in which it was not put off.
        """
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._futures[number] = future
        asked = time.monotonic()
        try:
            while not future.done():
                until = min(max(asked, self._put_off) + seconds, asked + _MOST_SECONDS)
                if until <= time.monotonic():
                    raise TimeoutError
                await asyncio.wait((future,), timeout=until - time.monotonic())
            return future.result()
        finally:
            del self._futures[number]

    def put_off(self) -> None:
        """Something else came before it."""
        self._put_off = time.monotonic()

    def receive(self, packet: Ack) -> None:
        future = self._futures.get(packet.packet_id)
        if future is not None and not future.done():
            future.set_result(packet)

    def fail(self, error: BaseException) -> None:
        """Let all that wait raise `error`."""
        for future in self._futures.values():
            if not future.done():
                future.set_exception(error)
