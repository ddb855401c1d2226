"""The facts of this machine that psutil knows and that do not change while it is up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import psutil


class Machine(NamedTuple):
    """`memory_total_bytes` is what the system can use, in bytes; `boot_time` is UTC, in seconds."""

    core_count: int | None
    physical_cores: int | None
    memory_total_bytes: int
    boot_time: datetime


def machine() -> Machine:
    """This machine. Raises OSError or psutil.Error where the system does not tell."""
    return Machine(
        core_count=psutil.cpu_count(),
        physical_cores=psutil.cpu_count(logical=False),
        memory_total_bytes=psutil.virtual_memory().total,
        boot_time=datetime.fromtimestamp(int(psutil.boot_time()), UTC),
    )
