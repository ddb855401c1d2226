"""All sources there are, and those of them that are switched on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from collector.sources.containers import Containers
from collector.sources.cpu import Cpu
from collector.sources.cpu_cores import CpuCores
from collector.sources.disk import Disk
from collector.sources.gpu import Gpu
from collector.sources.memory import Memory
from collector.sources.memory_bandwidth import MemoryBandwidth
from collector.sources.network import Network
from collector.sources.perf_events import PerfEvents
from collector.sources.pressure import Pressure
from collector.sources.processes import Processes
from collector.sources.sensors import Sensors
from collector.sources.source import Closable, Source, Tunable, Tuning
from collector.sources.system import System
from collector.sources.systemd import Systemd
from perfwatch.readings.core import SWITCHED_OFF

Makers = Mapping[str, Callable[[], Source]]

SOURCES: Final[Makers] = {
    Cpu.name: Cpu,
    Memory.name: Memory,
    Network.name: Network,
    Disk.name: Disk,
    PerfEvents.name: PerfEvents,
    MemoryBandwidth.name: MemoryBandwidth,
    Sensors.name: Sensors,
    Gpu.name: Gpu,
    Pressure.name: Pressure,
    Processes.name: Processes,
    Containers.name: Containers,
    System.name: System,
    Systemd.name: Systemd,
    CpuCores.name: CpuCores,
}
"""What makes each source, in the order in which they are gathered and published."""

ON_REQUEST: Final = frozenset({CpuCores.name})
"""Those that `all` leaves out: they are large, and most people never look at them."""


class Active:
    """The sources that are switched on: each made when it is, closed when it no longer is."""

    def __init__(self, makers: Makers = SOURCES) -> None:
        self._makers = makers
        self._running: dict[str, Source] = {}

    def __iter__(self) -> Iterator[Source]:
        return iter(list(self._running.values()))

    def switch(self, names: Collection[str], tuning: Tuning) -> None:
        """Run those sources and no others, with that tuning. One that runs on keeps what it has read."""
        for name in self._running.keys() - set(names):
            _close(self._running.pop(name))
        running = self._running
        self._running = {
            name: running.get(name) or make() for name, make in self._makers.items() if name in names
        }
        for source in self._running.values():
            if isinstance(source, Tunable):
                source.tune(tuning)

    def close(self) -> None:
        """Let go of everything."""
        self.switch((), Tuning())

    def explain(self, tried: Mapping[str, str | None]) -> dict[str, str | None]:
        """Each source with None when it works or the reason why not, from what was tried."""
        return {
            name: tried.get(name) if name in self._running else SWITCHED_OFF
            for name in self._makers
            if name in tried or name not in self._running
        }


def _close(source: Source) -> None:
    if isinstance(source, Closable):
        source.close()
