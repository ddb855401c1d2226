"""Changes of the files in some folders: told by Linux (inotify), looked for on other systems."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from perfwatch.beat import until_beat

# Linux's IN_MODIFY, and IN_CLOSE_WRITE, IN_MOVED_TO and IN_DELETE.
_EACH_WRITE, _WHOLE = 0x2, 0x8 | 0x80 | 0x200
_EVENTS_BYTES = 65_536

_LOOK_SECONDS = 0.5
# Linux tells nothing of what another machine changes in a folder that both have mounted.
_RARELY_SECONDS = 10.0


class Changes:
    """Follows the files that are replaced in `folders`, and those that grow in `logs`, while `with` lasts."""

    def __init__(self, folders: Iterable[Path], logs: Iterable[Path] = ()) -> None:
        self._kinds = dict.fromkeys(folders, _WHOLE) | dict.fromkeys(logs, _WHOLE | _EACH_WRITE)
        self._inotify: int | None = None
        self._count = 0
        self._changed = asyncio.Event()

    def __enter__(self) -> Self:
        self._inotify = _inotify(self._kinds)
        if self._inotify is not None:
            asyncio.get_running_loop().add_reader(self._inotify, self._told)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._inotify is not None:
            asyncio.get_running_loop().remove_reader(self._inotify)
            os.close(self._inotify)

    async def looks(self) -> AsyncIterator[None]:
        """When to look: at once, after each change, and now and then."""
        seen = -1
        while True:
            if seen == self._count:
                every = _LOOK_SECONDS if self._inotify is None else _RARELY_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(until_beat(every)):
                        await self._changed.wait()
            seen = self._count
            yield

    def _told(self) -> None:
        assert self._inotify is not None
        os.read(self._inotify, _EVENTS_BYTES)
        self._count += 1
        self._changed.set()
        self._changed = asyncio.Event()


def _inotify(kinds: Mapping[Path, int]) -> int | None:
    """What can be read after each change of those kinds. None where there is no such thing."""
    if sys.platform != "linux":
        return None
    linux = ctypes.CDLL(None)
    descriptor: int = linux.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        return None
    add = linux.inotify_add_watch
    if any(add(descriptor, os.fsencode(folder), kind) < 0 for folder, kind in kinds.items()):
        os.close(descriptor)
        return None
    return descriptor
