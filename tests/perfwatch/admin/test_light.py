"""Light services share a process while all is well, and have one each after it has ended."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from perfwatch.admin.child import Child
from perfwatch.admin.light import Light
from tests.servers import wait_until
from tests.stack import environment

MAIN = """
import asyncio, sys
from {name}.app import serve
asyncio.run(serve(None))
"""
APP = """
import asyncio, os, pathlib

async def serve(settings):
    with open("{started}", "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    await asyncio.Event().wait()
"""


class Services:
    """`one` and `two` as programs of their own; each notes the process that it is started in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.wanted = ["one", "two"]
        self.said: list[str] = []
        for name in self.wanted:
            (folder / name).mkdir()
            (folder / name / "__main__.py").write_text(MAIN.format(name=name))
            (folder / name / "app.py").write_text(APP.format(started=folder / f"{name}.started"))
        environ = environment()
        environ["PYTHONPATH"] = os.pathsep.join((str(folder), environ["PYTHONPATH"]))
        environs = {name: {**environ, "PERFWATCH_HOST": name} for name in self.wanted}
        self.light = Light(environs, folder / "logs", lambda: self.wanted)

    def processes(self, name: str) -> list[int]:
        """All that it was started in so far."""
        noted = self._folder / f"{name}.started"
        return list(map(int, noted.read_text().split())) if noted.exists() else []

    def started(self) -> int:
        return len(self.processes("one") + self.processes("two"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.light.start()
        keeping = asyncio.create_task(self.light.keep(self._keep_one, self.said.append))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])
            for child in self.light.children:
                await child.stop()

    async def _keep_one(self, child: Child) -> None:
        await child.wait()
        self.said.append(f"{child.name} ended")
        await asyncio.Event().wait()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr("perfwatch.admin.light._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("perfwatch.admin.light._LAST_WORDS_SECONDS", 0.01)
    return Services(tmp_path)


async def until(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what)


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def test_a_shared_process_that_ends_is_followed_by_one_for_each(services: Services) -> None:
    async with services.running():
        await until(lambda: services.started() == 2, "both are started")
        (shared,) = services.processes("one")
        assert services.processes("two") == [shared]
        os.kill(shared, signal.SIGKILL)
        await until(lambda: services.started() == 4, "both are started again")
        assert services.said[0].startswith("  one+two    ended by SIGKILL. From now on each has its own")
        one, two = services.processes("one")[1], services.processes("two")[1]
        os.kill(two, signal.SIGKILL)
        await until(lambda: "two ended" in services.said, "one of them has ended")
        assert one != two
        assert alive(one)
    assert not alive(one)


async def test_one_that_is_switched_on_or_off_joins_the_other_or_leaves_it(services: Services) -> None:
    services.wanted = ["one"]
    async with services.running():
        await until(lambda: services.started() == 1, "it is started")
        services.wanted = ["one", "two"]
        await until(lambda: services.started() == 3, "both are started")
        alone, shared = services.processes("one")
        assert services.processes("two") == [shared]
        assert not alive(alone)
        services.wanted = ["one"]
        await until(lambda: services.started() == 4, "it is started again")
        assert not alive(shared)
        await until(lambda: len(services.said) == 2, "both is told")
    assert services.said == [
        "  two        started: something is switched on",
        "  two        ended: nothing is switched on",
    ]
