"""The facts of this machine that psutil knows and that do not change while it is up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import psutil

from collector.sources.source import FAILURES

T = TypeVar("T")


class Machine(NamedTuple):
    """`memory_total_bytes` is what the system can use, in bytes; `boot_time` is UTC, in whole seconds.

    What the system does not tell is None.
    """

    core_count: int | None
    physical_cores: int | None
    memory_total_bytes: int | None
    boot_time: datetime | None


def machine() -> Machine:
    """This machine, asked anew."""
    return Machine(
        core_count=psutil.cpu_count(),
        physical_cores=psutil.cpu_count(logical=False),
        memory_total_bytes=_told(lambda: psutil.virtual_memory().total),
        boot_time=boot_time(),
    )


def boot_time() -> datetime | None:
    """When this machine was started."""
    return _told(lambda: datetime.fromtimestamp(int(psutil.boot_time()), UTC))


def _told(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except FAILURES:
        return None
