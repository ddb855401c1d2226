from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from perfwatch.errors import BrokerError
from perfwatch.mqtt.reconnect import STEADY_SECONDS, stay_connected
from tests.clock import Clock


class Enough(Exception):
    """There are no more attempts."""


class Connections:
    """Attempts to connect, each of which lasts as many seconds as it is told; the waits after each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lasts: float) -> None:
        self.clock = Clock()
        self.waits: list[float] = []
        self.lost: list[str] = []
        self._lasts = iter(lasts)
        monkeypatch.setattr(asyncio, "sleep", self._wait)

    async def follow(self) -> None:
        with suppress(Enough):
            await stay_connected(self._connect, self._serve, self._lose, self.clock)

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[float]:
        seconds = next(self._lasts, None)
        if seconds is None:
            raise Enough
        if not seconds:
            raise BrokerError("nobody there")
        yield seconds

    async def _serve(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._end(seconds))

    async def _end(self, seconds: float) -> None:
        self.clock.now += seconds
        raise BrokerError("it went")

    def _lose(self, reason: BrokerError) -> None:
        self.lost.append(str(reason))

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)


async def test_waits_grow_while_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(monkeypatch, *[0.0] * 10)
    await connections.follow()
    assert connections.lost == ["nobody there"] * 10
    assert connections.waits[0] <= 0.5
    assert 15 <= connections.waits[-1] <= 30


async def test_a_connection_that_lasted_makes_the_next_wait_the_shortest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections = Connections(monkeypatch, *[0.0] * 5, STEADY_SECONDS + 1)
    await connections.follow()
    assert connections.waits[4] >= 4
    assert connections.waits[5] <= 0.5
    assert connections.lost[5] == "it went"


async def test_a_broker_that_drops_us_at_once_is_not_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(monkeypatch, *[0.01] * 8)
    await connections.follow()
    assert connections.waits[-1] >= 15


async def test_an_unforeseen_exception_goes_on_to_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(_seconds: float) -> None:
        raise ZeroDivisionError

    connections = Connections(monkeypatch, 1.0)
    with pytest.raises(ZeroDivisionError):
        await stay_connected(connections._connect, serve, connections._lose)
    assert not connections.lost
    assert not connections.waits
