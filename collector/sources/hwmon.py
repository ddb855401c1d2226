"""The kernel's hardware monitors under /sys/class/hwmon, without waking what sleeps.

Asking a sleeping device would wake it, so one that its runtime power management has suspended is left
out until it is awake. A disk's own thermometer (drivetemp) is left out always: whether the disk has
stopped is not told there, and asking may start it or keep it from stopping.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from collector.sources.source import ReadText, read_text

ROOT = Path("/sys/class/hwmon")
ASLEEP = frozenset({"suspended", "suspending"})
_NO_LIMIT = 1_000_000  # thousandths of a degree
_NEVER_ASKED = frozenset({"drivetemp"})

T = TypeVar("T")


class Chip(NamedTuple):
    """`title` is the chip's name, with its device's where several have that name."""

    name: str
    title: str
    folder: str
    inputs: dict[str, str]
    """Each input (`temp1`, `fan2`) with its label, or its own name where it has none."""
    limits: dict[str, float]
    """Degrees: `temp1_max` and `temp1_crit` of those inputs that have them."""


class Hwmon:
    """The chips are looked up when they change; what they say, whenever it is asked."""

    def __init__(self, root: Path = ROOT, read: ReadText = read_text) -> None:
        self._root = root
        self._read = read
        self._seen: dict[str, str] | None = None
        self._chips: list[Chip] = []
        self.left_out = False
        """Whether there is a chip that is never asked."""

    def chips(self) -> list[Chip]:
        """The chips of this machine, empty where it shows none."""
        # A number is given again after a chip went away; where its link leads to tells them apart.
        now = {name: _link(self._root / name) for name in _listed(self._root)}
        if now != self._seen:
            self._chips, self._seen = self._look(sorted(now)), now
        return self._chips

    def awake(self, chip: Chip) -> bool:
        return self._awake(chip.folder)

    def celsius(self, chip: Chip, name: str) -> float | None:
        """None when the sensor cannot be read, as with one that is not wired."""
        thousandths = self._try(int, f"{chip.folder}/{name}_input")
        return None if thousandths is None else thousandths / 1000

    def rpm(self, chip: Chip, name: str) -> int | None:
        return self._try(int, f"{chip.folder}/{name}_input")

    def _look(self, names: list[str]) -> list[Chip]:
        folders = {
            str(self._root / name): self._try(str.strip, f"{self._root}/{name}/name") for name in names
        }
        named = {folder: name for folder, name in folders.items() if name and name not in _NEVER_ASKED}
        alike = Counter(named.values())
        self.left_out = any(name in _NEVER_ASKED for name in folders.values())
        return [
            self._chip(folder, name, f"{name} {_device(folder)}" if alike[name] > 1 else name)
            for folder, name in named.items()
        ]

    def _chip(self, folder: str, name: str, title: str) -> Chip:
        files = _listed(Path(folder))
        inputs = [
            file.removesuffix("_input") for file in sorted(files, key=_natural) if file.endswith("_input")
        ]
        labels = {
            one: (self._try(str.strip, f"{folder}/{one}_label") if f"{one}_label" in files else None) or one
            for one in inputs
            if one.startswith(("temp", "fan"))
        }
        return Chip(name, title, folder, labels, self._limits(folder, inputs, files))

    def _limits(self, folder: str, inputs: list[str], files: list[str]) -> dict[str, float]:
        if not self._awake(folder):
            return {}
        named = [f"{one}_{limit}" for one in inputs for limit in ("max", "crit")]
        told = {name: self._try(int, f"{folder}/{name}") for name in named if name in files}
        # NVMe disks without a limit say 65 kilodegrees.
        return {name: number / 1000 for name, number in told.items() if number and number < _NO_LIMIT}

    def _awake(self, folder: str) -> bool:
        return self._try(str.strip, f"{folder}/device/power/runtime_status") not in ASLEEP

    def _try(self, convert: Callable[[str], T], path: str) -> T | None:
        try:
            return convert(self._read(path))
        except (OSError, ValueError):
            return None  # a sensor that is not there, not wired, or answers nonsense


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []  # no such folder, or it went away since it was listed


def _link(path: Path) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return str(path)


def _device(folder: str) -> str:
    return Path(folder, "device").resolve().name


def _natural(name: str) -> tuple[str, int]:
    """temp2 before temp10."""
    stem = name.partition("_")[0]
    letters = stem.rstrip("0123456789")
    return letters, int(stem[len(letters) :] or 0)
