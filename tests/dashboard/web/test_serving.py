"""The server sleeps while nobody asks anything, and ends at once all the same."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import pytest
import uvicorn

from dashboard.web.serving import Server


@pytest.mark.parametrize(
    "end", [lambda server: server.end(), lambda server: server.handle_exit(signal.SIGTERM, None)]
)
async def test_it_looks_at_nothing_until_it_is_told_to_end(
    end: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looks_again(_seconds: float) -> None:
        raise AssertionError

    server, turn = Server(uvicorn.Config("dashboard")), asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", looks_again)
    serving = asyncio.ensure_future(server.main_loop())
    for _ in range(3):
        await turn(0)
    assert not serving.done()
    end(server)
    async with asyncio.timeout(60):
        await serving
    assert server.should_exit
