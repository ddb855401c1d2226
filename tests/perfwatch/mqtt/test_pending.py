"""How long the client waits for what the broker answers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import mqtt5
import pytest

from perfwatch.mqtt import pending
from perfwatch.mqtt.pending import Pending


async def test_an_answer_is_put_off_by_messages_but_not_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(pending, "time", clock)
    asked = Pending()
    first = asyncio.ensure_future(asked.answer(1, seconds=0.01))
    await asyncio.sleep(0)
    clock.now += 50
    asked.put_off()
    await asyncio.wait((first,), timeout=0.05)
    asked.receive(mqtt5.PubAckPacket(1))
    assert (await first).packet_id == 1

    second = asyncio.ensure_future(asked.answer(2, seconds=0.01))
    await asyncio.sleep(0)
    clock.now += 60
    asked.put_off()
    with pytest.raises(TimeoutError):
        await second
