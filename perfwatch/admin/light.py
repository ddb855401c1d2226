"""The light services: in one process while all is well, each in its own once that process has ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from perfwatch.admin.brokers import Say
from perfwatch.admin.child import Child
from perfwatch.beat import beat

# -P: a folder named like a service in the current directory must not be run in its place.
PYTHON = (sys.executable, "-P", "-m")

_LOOK_SECONDS = 2.0
# One that is switched off still answers who did it.
_LAST_WORDS_SECONDS = 1.0


class Light:
    """Services that cost a machine a Python more than their work: two in one process have one Python.

    What ends one of them ends the other. That loses nothing, as their state is on disk. From then on each
    has a process of its own, so that one that fails again and again takes no other with it.
    """

    def __init__(
        self, environs: Mapping[str, Mapping[str, str]], logs: Path, wanted: Callable[[], list[str]]
    ) -> None:
        """`environs` are those that the services have alone; `wanted` says which of them are to run now."""
        self._wanted = wanted
        self._alone = {name: Child(name, [*PYTHON, name], {**one}, logs) for name, one in environs.items()}
        command = [*PYTHON, "perfwatch.together", *environs]
        self._together = Child("+".join(environs), command, together(environs), logs)
        self._apart = False
        self._on: list[str] = []
        self._running: list[Child] = []
        self.children = [*self._alone.values(), self._together]

    async def start(self) -> list[str]:
        """Start what is wanted; returns the names."""
        await self._change(lambda _line: None)
        return self._on

    async def keep(self, keep_one: Callable[[Child], Coroutine[Any, Any, None]], say: Say) -> None:
        """Keep what is wanted running until cancelled: by `keep_one`, where a service has its own process."""
        while True:
            keeping = [
                self._part_ways(say) if child is self._together else keep_one(child)
                for child in self._running
            ]
            await first_of(self._until_switched(), *keeping)
            await self._change(say)

    async def _part_ways(self, say: Say) -> None:
        child = self._together
        _, reason = await child.wait()
        self._apart = True
        say(f"  {child.name:<10} {reason}. From now on each has its own process (log: {child.log})")

    async def _until_switched(self) -> None:
        while True:
            if self._wanted() != self._on:
                return
            await beat(_LOOK_SECONDS)

    def _due(self, wanted: list[str]) -> list[Child]:
        alone = [self._alone[name] for name in wanted]
        return alone if self._apart or len(alone) < 2 else [self._together]

    async def _change(self, say: Say) -> None:
        """Run what is due, once nothing runs that is not: no service may run twice."""
        on, self._on = self._on, self._wanted()
        if ended := [name for name in on if name not in self._on]:
            await asyncio.sleep(_LAST_WORDS_SECONDS)
        running, self._running = self._running, self._due(self._on)
        await asyncio.gather(*(child.stop() for child in running if child not in self._running))
        for child in self._running:
            if child not in running:
                await child.start()
        for name in ended:
            say(f"  {name:<10} ended: nothing is switched on")
        for name in self._on:
            if name not in on:
                say(f"  {name:<10} started: something is switched on")


async def first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Do all of them until one is done or fails, which is raised; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.wait(tasks)


def together(environs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """One environment of several services: what is not the same for all has the name of each before it."""
    common = dict(set.intersection(*(set(one.items()) for one in environs.values())))
    own = {
        f"{name}.{key}": value
        for name, one in environs.items()
        for key, value in one.items() - common.items()
    }
    return common | own
