"""The kernel's hardware monitors under /sys/class/hwmon, without waking what sleeps.

Asking a sleeping device would wake it, so one that its runtime power management has suspended is left
out until it is awake. A disk's own thermometer (drivetemp) is left out always: whether the disk has
stopped is not told there, and asking may start it or keep it from stopping.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from collector.sources.plausible import CELSIUS, RPM, Limits, integer, plausible
from collector.sources.source import ReadText, listed, read_text
from collector.sources.text import free, valid

ROOT = Path("/sys/class/hwmon")
ASLEEP = frozenset({"suspended", "suspending"})
_NEVER_ASKED = frozenset({"drivetemp"})

# °C.
_LEAST_CRITICAL, _OVER_CRITICAL = 60.0, 50.0

T = TypeVar("T")


class Chip(NamedTuple):
    """`title` is the chip's name, with its device's where another has that name already."""

    name: str
    title: str
    folder: str
    """Where its files stand: older drivers have them in their device's folder."""
    place: tuple[str, str]
    """Its own folder, and where that one's link leads to: a number is given again after a chip went away."""


class Inputs(NamedTuple):
    """Each input (`temp1`, `fan2`) with its label, or its own name where it has none."""

    labels: dict[str, str]
    limits: dict[str, float | None]
    """Degrees: `temp1_max` and `temp1_crit` of those inputs that have them."""
    faults: frozenset[str]
    """Those whose driver says whether they are wired."""


class Hwmon:
    """The chips are looked up when they change; what they say, whenever it is asked."""

    def __init__(self, root: Path = ROOT, read: ReadText = read_text) -> None:
        self._root = root
        self._read = read
        self._seen: list[tuple[str, str]] = []
        self._chips: list[Chip] = []
        self._inputs: dict[Chip, Inputs] = {}

    def chips(self) -> list[Chip]:
        """The chips of this machine, empty where it shows none. Does not block."""
        folders = [f"{self._root}/{name}" for name in listed(str(self._root))]
        now = [(folder, _link(folder)) for folder in folders]
        if now != self._seen:
            self._chips, self._seen = self._look(now), now
            self._inputs = {chip: inputs for chip, inputs in self._inputs.items() if chip in self._chips}
        return self._chips

    def awake(self, chip: Chip) -> bool:
        return self._try(str.strip, f"{chip.place[0]}/device/power/runtime_status") not in ASLEEP

    def inputs(self, chip: Chip) -> Inputs:
        """Looked up while it is awake, for its limits may be asked of the chip itself. May block."""
        if chip not in self._inputs:
            looked = self._look_into(chip)
            if not self.awake(chip):
                return looked
            self._inputs[chip] = looked._replace(limits=self._limits(chip, looked.limits))
        return self._inputs[chip]

    def celsius(self, chip: Chip, name: str) -> float | None:
        """None when the sensor cannot be read, as with one that is not wired. May block."""
        thousandths = self._number(chip, name)
        critical = self.inputs(chip).limits.get(f"{name}_crit")
        return None if thousandths is None else plausible(thousandths / 1000, _possible(critical))

    def rpm(self, chip: Chip, name: str) -> int | None:
        return plausible(self._number(chip, name), RPM)

    def all_celsius(self, chip: Chip) -> Mapping[int, float | None]:
        """Its temperatures by place. May block."""
        names = [name for name in self.inputs(chip).labels if name.startswith("temp")]
        return {place: self.celsius(chip, name) for place, name in enumerate(names)}

    def _number(self, chip: Chip, name: str) -> int | None:
        path = f"{chip.folder}/{name}"
        if name in self.inputs(chip).faults and self._try(str.strip, f"{path}_fault") == "1":
            return None
        return self._try(integer, f"{path}_input")

    def _look(self, places: Sequence[tuple[str, str]]) -> list[Chip]:
        """Who has a name alone keeps it when another comes, and most often from one start to the next."""
        chips = {chip.place: chip for chip in self._chips if chip.place in places}
        for place in sorted(set(places) - chips.keys(), key=_by_device):
            folder, name = self._named(place[0])
            if name not in _NEVER_ASKED:
                taken = [chip.title for chip in chips.values()]
                title = free(f"{name} {_device(place[0])}", taken) if name in taken else name
                chips[place] = Chip(name, title, folder, place)
        return [chips[place] for place in sorted(chips, key=lambda place: _natural(Path(place[0]).name))]

    def _named(self, folder: str) -> tuple[str, str]:
        """Where a chip's files stand, and its name: its folder's when it has none."""
        where = folder if _has_inputs(folder) or not _has_inputs(f"{folder}/device") else f"{folder}/device"
        names = (self._try(str.strip, f"{place}/name") for place in (folder, where))
        return where, next(filter(None, names), Path(folder).name)

    def _look_into(self, chip: Chip) -> Inputs:
        files = set(listed(chip.folder))
        names = [file.removesuffix("_input") for file in files if file.endswith("_input")]
        inputs = sorted((name for name in names if name.startswith(("temp", "fan"))), key=_natural)
        labels = {name: self._label(chip, name) if f"{name}_label" in files else name for name in inputs}
        limits = [f"{name}_{limit}" for name in inputs for limit in ("max", "crit")]
        return Inputs(
            labels,
            {limit: None for limit in limits if limit in files},
            frozenset(name for name in inputs if f"{name}_fault" in files),
        )

    def _label(self, chip: Chip, name: str) -> str:
        return self._try(str.strip, f"{chip.folder}/{name}_label") or name

    def _limits(self, chip: Chip, names: Mapping[str, object]) -> dict[str, float | None]:
        told = {name: self._try(integer, f"{chip.folder}/{name}") for name in names}
        # NVMe disks without a limit say 65 kilodegrees, and others zero.
        return {name: plausible(number / 1000, CELSIUS) for name, number in told.items() if number}

    def _try(self, convert: Callable[[str], T], path: str) -> T | None:
        try:
            return convert(self._read(path))
        except (OSError, ValueError):
            return None  # a sensor that is not there, not wired, or answers nonsense


def _possible(critical: float | None) -> Limits:
    """A device is off long before it is that warm, if its limit is one and no number that stands for none."""
    low, high = CELSIUS
    return low, critical + _OVER_CRITICAL if critical is not None and critical >= _LEAST_CRITICAL else high


def _has_inputs(folder: str) -> bool:
    return any(name.endswith("_input") for name in listed(folder))


def _link(path: str) -> str:
    try:
        return valid(os.readlink(path))  # noqa: PTH115
    except OSError:
        return path


def _by_device(place: tuple[str, str]) -> tuple[str, int, str]:
    return (*_natural(_device(place[0])), place[0])


def _device(folder: str) -> str:
    return valid(Path(folder, "device").resolve().name)


def _natural(name: str) -> tuple[str, int]:
    """temp2 before temp10."""
    stem = name.partition("_")[0]
    letters = stem.rstrip("0123456789")
    return letters, int(stem[len(letters) :] or 0)
