"""A child process that does not outlive its parent, however the parent ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> Callable[[], None] | None:
    """What a child of ours runs before its program: Linux then sends it SIGTERM when we die.

    It is the thread that started the child whose end counts. None on other systems.
    """
    if sys.platform != "linux":
        return None
    import ctypes  # half a megabyte, for those alone who have such children

    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl  # found now: between fork and exec a child must not load anything

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return prepare
