"""The facts of this machine that do not change often while it is up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import psutil

from collector.sources.apart import tell

_TOLERANCE_SECONDS = 5.0
# A clock that nobody has set yet, as on a board without a battery, began at 1970 or when it was built.
_CLOCK_IS_SET = datetime(2000, 1, 1, tzinfo=UTC)


class Machine(NamedTuple):
    """`memory_total_bytes` is what the system can use, in bytes; `boot_time` is UTC, in whole seconds.

    What the system does not tell is None.
    """

    core_count: int | None
    physical_cores: int | None
    memory_total_bytes: int | None
    boot_time: datetime | None


class BootTime:
    """When this machine was started. It is reckoned from the clock, so it moves when the clock is set.

    Within a tolerance the first answer is held: the system's own may be a second more or less.
    """

    def __init__(self, ask: Callable[[], float] = psutil.boot_time) -> None:
        self._ask = ask
        self._held: datetime | None = None

    def __call__(self) -> datetime | None:
        """In whole seconds; None where it is not told, and before the clock was set."""
        now = tell(lambda: datetime.fromtimestamp(int(self._ask()), UTC)).answer
        if now is None or now < _CLOCK_IS_SET:
            return None
        if self._held is None or abs((now - self._held).total_seconds()) > _TOLERANCE_SECONDS:
            self._held = now
        return self._held


def machine(boot_time: Callable[[], datetime | None] | None = None) -> Machine:
    """This machine, asked anew: all but the boot time may change while it is up."""
    core_count = tell(psutil.cpu_count).answer
    return Machine(
        core_count=core_count,
        physical_cores=_physical_cores(core_count),
        memory_total_bytes=tell(lambda: psutil.virtual_memory().total).answer,
        boot_time=(boot_time or BootTime())(),
    )


@lru_cache(maxsize=1)
def _physical_cores(_core_count: int | None) -> int | None:
    """Asked anew when a core came or went, for that is a file for each of them."""
    return tell(lambda: psutil.cpu_count(logical=False)).answer
