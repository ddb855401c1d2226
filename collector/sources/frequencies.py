"""How fast each core runs now, by the kernel's numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from collector.cpu_list import parse
from collector.sources.plausible import CORE, MEGAHERTZ, count, integer, plausible
from collector.sources.source import ReadText, listed, read_text

ROOT = "/sys/devices/system/cpu/cpufreq"
_POLICY = re.compile(r"policy[0-9]+")
# The newline is what makes it fast: there are thousands of lines on a large machine.
_ROW = re.compile(r"\n(processor|cpu MHz|clock)[ \t]*:[ \t]*([0-9.]+)(?:MHz)?[ \t]*(?=\n|$)")


class Frequencies:
    """A policy of cpufreq drives one core, or several that have one clock; which, changes with hotplug."""

    def __init__(self, read: ReadText = read_text, root: str = ROOT) -> None:
        self._read = read
        self._root = root
        self._online: frozenset[int] | None = None
        self._folders: list[str] = []
        self._cores: dict[str, frozenset[int]] = {}

    def quick(self, online: frozenset[int]) -> bool:
        """Whether no driver is asked, which may block. `online` are the cores that are on."""
        if online != self._online:
            folders = [f"{self._root}/{name}" for name in listed(self._root) if _POLICY.fullmatch(name)]
            self._online, self._folders, self._cores = online, folders, {}
        return not self._folders

    def megahertz(self, online: frozenset[int]) -> Mapping[int, float | None]:
        """Of those of the cores that are told; empty where none is, as in many virtual machines."""
        if self.quick(online):
            return self._cpuinfo()
        self._cores = self._cores or {folder: self._driven(folder) for folder in self._folders}
        return {
            core: mhz
            for policy, cores in self._cores.items()
            for mhz in [self._mhz(policy)]
            for core in cores
        }

    def _driven(self, folder: str) -> frozenset[int]:
        try:
            # Those of its cores that are on, with spaces between. A policy has the number of its first core.
            return parse(",".join(self._read(f"{folder}/affected_cpus").replace(",", " ").split()))
        except (OSError, ValueError):
            return frozenset({int(folder.rpartition("policy")[2])})

    def _mhz(self, folder: str) -> float | None:
        try:
            return plausible(round(integer(self._read(f"{folder}/scaling_cur_freq")) / 1000, 1), MEGAHERTZ)
        except (OSError, ValueError):
            return None  # <unknown>, or a core that has just been switched off

    def _cpuinfo(self) -> dict[int, float | None]:
        try:
            return cpuinfo_mhz(self._read("/proc/cpuinfo"))
        except OSError:
            return {}


def cpuinfo_mhz(text: str) -> dict[int, float | None]:
    """The frequencies in /proc/cpuinfo by processor: x86, and POWER, which calls them clocks."""
    found: dict[int, float | None] = {}
    core: int | None = None
    for name, told in _ROW.findall(f"\n{text}"):
        if name == "processor":
            core = plausible(count(told), CORE)
        elif core is not None:
            try:
                found[core] = plausible(round(float(told), 1), MEGAHERTZ)
            except ValueError:
                found[core] = None
    return found
