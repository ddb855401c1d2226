"""Hearing of a change in a folder, without looking again and again."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def watched(folder: Path, changed: asyncio.Event) -> Iterator[bool]:
    """Have `changed` set whenever a file in `folder` is made, written, replaced or removed.

    Gives False where the system does not tell: only Linux does, of a disk of its own. Uses SIGIO, so there is
    one at a time, in the main thread.
    """
    if sys.platform != "linux":
        yield False
        return
    loop = asyncio.get_running_loop()
    # Before it is asked for: unexpected, this signal ends a process.
    loop.add_signal_handler(signal.SIGIO, changed.set)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _ask(descriptor)
    finally:
        os.close(descriptor)
        loop.remove_signal_handler(signal.SIGIO)


def _ask(descriptor: int) -> bool:
    kinds = fcntl.DN_CREATE | fcntl.DN_MODIFY | fcntl.DN_RENAME | fcntl.DN_DELETE
    try:
        fcntl.fcntl(descriptor, fcntl.F_NOTIFY, kinds | fcntl.DN_MULTISHOT)
    except OSError:  # a kernel that was built without
        return False
    return True
