"""What the server does when a part of it fails."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType

import pytest

from dashboard.server import _end_with


async def _failing() -> None:
    raise ZeroDivisionError


async def test_it_ends_when_nothing_follows_the_broker_any_more(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        following = asyncio.create_task(_failing())
        await asyncio.wait({following})
        _end_with(following)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == [signal.SIGTERM]
    assert "ZeroDivisionError" in caplog.text


async def test_being_stopped_is_no_failure() -> None:
    following = asyncio.create_task(asyncio.sleep(3600))
    following.cancel()
    await asyncio.wait({following})
    _end_with(following)
