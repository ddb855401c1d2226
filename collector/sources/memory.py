"""Main memory, swap and huge pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil

from collector.sources.source import ReadText, Tick, read_text
from perfwatch.readings import core

if TYPE_CHECKING:
    from psutil._ntuples import sswap, svmem

_HUGE_PAGES = {
    "HugePages_Total": "hugepages_total",
    "HugePages_Free": "hugepages_free",
    "HugePages_Rsvd": "hugepages_reserved",
}


class Memory:
    """Sizes are bytes; huge pages are counted in pages."""

    name = "memory"

    def __init__(
        self,
        virtual: Callable[[], svmem] = psutil.virtual_memory,
        swap: Callable[[], sswap] = psutil.swap_memory,
        read: ReadText = read_text,
    ) -> None:
        self._virtual = virtual
        self._swap = swap
        self._read = read

    def gather(self, tick: Tick) -> core.Memory:
        memory, swap = self._virtual(), self._swap()
        return core.Memory(
            timestamp=tick.timestamp,
            usage_percent=memory.percent,
            total_bytes=memory.total,
            used_bytes=memory.used,
            available_bytes=memory.available,
            free_bytes=memory.free,
            # macOS does not count these three.
            cached_bytes=getattr(memory, "cached", None),
            buffers_bytes=getattr(memory, "buffers", None),
            shared_bytes=getattr(memory, "shared", None),
            swap_total_bytes=swap.total,
            swap_used_bytes=swap.used,
            swap_free_bytes=swap.free,
            swap_percent=swap.percent if swap.total else None,
            **self._huge_pages(),
        )

    def _huge_pages(self) -> dict[str, int]:
        try:
            text = self._read("/proc/meminfo")
        except FileNotFoundError:
            return {}  # not Linux
        return huge_pages(text)


def huge_pages(meminfo: str) -> dict[str, int]:
    """The huge page counts in the text of /proc/meminfo, by the names of the reading's fields."""
    rows = (line.partition(":") for line in meminfo.splitlines())
    return {_HUGE_PAGES[name]: int(count) for name, _, count in rows if name in _HUGE_PAGES}
