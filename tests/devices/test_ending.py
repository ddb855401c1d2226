"""What is half done when the service is to end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from devices import app
from devices.app import finished
from perfwatch.errors import BrokerError


async def cancelled(seconds: float, fault: Exception | None) -> list[str]:
    """What work did that is cancelled when it has begun, takes so long, and fails then."""
    done, begun = list[str](), asyncio.Event()

    async def work() -> None:
        done.append("begun")
        begun.set()
        await asyncio.sleep(seconds)
        if fault is not None:
            raise fault
        done.append("ended")

    finishing = asyncio.create_task(finished(work()))
    await begun.wait()
    finishing.cancel()
    with suppress(asyncio.CancelledError):
        await finishing
        raise AssertionError("it was cancelled, and does not say so")
    return done


async def test_it_is_done_to_its_end() -> None:
    assert await cancelled(0.05, None) == ["begun", "ended"]


async def test_what_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "END_SECONDS", 0.02)
    assert await cancelled(3600, None) == ["begun"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_broker_that_is_lost_meanwhile_is_nothing_to_raise() -> None:
    assert await cancelled(0.05, BrokerError("away")) == ["begun"]


async def test_what_nobody_foresaw_is_raised() -> None:
    with pytest.raises(KeyError):
        await cancelled(0.05, KeyError("x"))
