"""Listening for who asks: it ends with them, and what nobody foresaw in it is raised in the next who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from devices import listening
from devices.listening import Listening
from perfwatch.devices.protocol import Message
from perfwatch.errors import BrokerError
from perfwatch.settings import Settings


class Watched:
    """In place of a connection to a broker: `fault` ends it, and `under_way` counts those that go on."""

    def __init__(self) -> None:
        self.under_way = 0
        self.begun = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self, _settings: Settings, _everything: bool, say: Callable[[Message], None]) -> None:
        self.under_way += 1
        self.begun.set()
        try:
            if self.fault is not None:
                raise self.fault
            await asyncio.sleep(3600)
        finally:
            self.under_way -= 1


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(listening, "watched", one := Watched())
    return one


async def ended(listener: Listening) -> None:
    assert listener._task is not None
    await asyncio.wait({listener._task}, timeout=60)


async def test_what_listens_by_other_rules_ends_at_a_restart(watched: Watched) -> None:
    listener = Listening(Settings())
    assert listener.messages() == []
    await watched.begun.wait()
    listener.restart()
    await ended(listener)
    assert watched.under_way == 0


async def test_it_ends_when_nobody_asks_any_more(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PATIENCE_SECONDS", 0.0)
    listener = Listening(Settings())
    listener.messages()
    await ended(listener)
    assert watched.under_way == 0


@pytest.mark.parametrize(("fault", "raised"), [(BrokerError("away"), None), (KeyError("x"), ExceptionGroup)])
async def test_only_what_nobody_foresaw_is_raised_in_the_next_who_asks(
    watched: Watched, fault: Exception, raised: type[Exception] | None
) -> None:
    listener, watched.fault = Listening(Settings()), fault
    listener.messages()
    await ended(listener)
    if raised is None:
        assert listener.messages() == []
        listener.restart()
    else:
        with pytest.raises(raised):
            listener.messages()
