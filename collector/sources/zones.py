"""The kernel's thermal zones under /sys/class/thermal: what boards have instead of hardware monitors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from collector.sources.plausible import CELSIUS, integer, plausible
from collector.sources.source import ReadText, listed, read_text
from collector.sources.text import free

ROOT = Path("/sys/class/thermal")
_ZONE = re.compile(r"thermal_zone(\d+)")


class Zone(NamedTuple):
    """`title` is its name, numbered where several have that name."""

    name: str
    title: str
    folder: str


class Zones:
    """They are looked up when they change; what they say, whenever it is asked."""

    def __init__(self, root: Path = ROOT, read: ReadText = read_text) -> None:
        self._root = root
        self._read = read
        self._seen: list[str] = []
        self._zones: list[Zone] = []

    def zones(self) -> list[Zone]:
        """Those of this machine, by number; empty where it shows none."""
        found = {int(match[1]): name for name in listed(str(self._root)) if (match := _ZONE.fullmatch(name))}
        names = [found[number] for number in sorted(found)]
        if names != self._seen:
            self._zones, self._seen = self._look(names), names
        return self._zones

    def celsius(self, folder: str) -> float | None:
        """None when it cannot be read, as with one that is switched off."""
        try:
            return plausible(integer(self._read(f"{folder}/temp")) / 1000, CELSIUS)
        except (OSError, ValueError):
            return None

    def _look(self, names: list[str]) -> list[Zone]:
        titles: dict[str, Zone] = {}
        for folder in (f"{self._root}/{name}" for name in names):
            name = self._name(folder)
            title = free(name, titles)
            titles[title] = Zone(name, title, folder)
        return list(titles.values())

    def _name(self, folder: str) -> str:
        try:
            return self._read(f"{folder}/type").strip() or Path(folder).name
        except OSError:
            return Path(folder).name


def plain(name: str) -> str:
    """As hwmon would call it: there, a zone's dashes are underscores."""
    return name.lower().replace("-", "_")
