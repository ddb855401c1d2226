"""SMART, as smartd last read it: its state files, which any user may read and which wake no disk."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from collector.sources.host_root import host_root
from collector.sources.plausible import COUNT, PERCENT, WEAR, count, plausible
from collector.sources.source import ReadText, read_text
from collector.sources.text import valid
from perfwatch.readings.core import Drive

LOOK_SECONDS = 60.0
FOLDER = "var/lib/smartmontools"
BY_ID = "dev/disk/by-id"
_FILE = re.compile(r"smartd\.(.+)\.(ata|scsi|nvme)\.state")
_ID = re.compile(r"(?:ata|scsi|nvme|usb)-(.+)")
_LINE = re.compile(r"([a-z0-9.-]+) *= *(\d+)\s*")

# smartd's numbers for what it has warned of: the drive's own verdict; worn attributes, failed self-tests, and
# sectors that cannot be read.
_FAILING, _WARNINGS = "mail.1.count", ("mail.2.count", "mail.3.count", "mail.10.count", "mail.11.count")
# Attributes of ATA drives that mean the same with nearly every maker.
_REALLOCATED, _REPORTED, _HOURS, _PENDING, _OFFLINE = 5, 187, 9, 197, 198
# Above the lower 32 bits some makers keep minutes.
_HOURS_BITS = 0xFFFFFFFF


class Drives:
    """The drives that smartd watches. A file is read when it has changed, which is each half an hour."""

    def __init__(
        self,
        root: Path | None = None,
        read: ReadText = read_text,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root or host_root()
        self._read = read
        self._clock = clock
        self._looked_at = -math.inf
        self._drives: dict[str, Drive] = {}
        self._kept: dict[str, tuple[int, Drive]] = {}

    def read(self) -> dict[str, Drive]:
        """By the name of the device, or by model and serial number where that is not known."""
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._drives, self._looked_at = self._look(), now
        return self._drives

    def _look(self) -> dict[str, Drive]:
        try:
            with os.scandir(self._root / FOLDER) as listed:
                files = [file for file in listed if _FILE.fullmatch(file.name)]
        except OSError:
            return {}  # no smartd
        self._kept = {file.name: self._known(file) for file in files}
        names = self._names() if self._kept else {}
        return {_name(file, names): drive for file, (_, drive) in sorted(self._kept.items())}

    def _known(self, file: os.DirEntry[str]) -> tuple[int, Drive]:
        try:
            changed = file.stat().st_mtime_ns
            known = self._kept.get(file.name)
            return known if known and known[0] == changed else (changed, parse(self._read(file.path)))
        except OSError:
            return 0, Drive()

    def _names(self) -> Mapping[str, str]:
        """Devices by what smartd calls them: model and serial number, whatever is odd replaced."""
        folder = self._root / BY_ID
        try:
            links = [(found[1], link) for link in folder.iterdir() if (found := _ID.fullmatch(link.name))]
            return {_plain(name): link.readlink().name for name, link in links}
        except OSError:
            return {}


def _name(file: str, names: Mapping[str, str]) -> str:
    found = _FILE.fullmatch(file)
    stem = found[1] if found else file
    return valid(names.get(_plain(stem), stem))


def _plain(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "_", name)


def parse(text: str) -> Drive:
    """A drive's state file, in which a line is left out when its number is 0. What it cannot say is null."""
    lines = map(_LINE.fullmatch, text.splitlines())
    found = {line[1]: number for line in lines if line and (number := count(line[2])) is not None}
    raw = _attributes(found)
    hours = raw(_HOURS)
    # Before smartd 7.5 these stood nowhere, and no drive that works has no spare blocks.
    spare = found.get("nvme-available-spare")
    return Drive(
        state=_state(found),
        reallocated_sectors=raw(_REALLOCATED),
        pending_sectors=raw(_PENDING),
        uncorrectable_sectors=raw(_OFFLINE),
        reported_errors=raw(_REPORTED),
        power_on_hours=None if hours is None else hours & _HOURS_BITS,
        self_test_errors=found.get("self-test-errors", 0),
        media_errors=None if spare is None else found.get("nvme-media-errors", 0),
        spare_percent=plausible(spare, PERCENT),
        wear_percent=None if spare is None else plausible(found.get("nvme-percentage-used", 0), WEAR),
    )


def _state(found: Mapping[str, int]) -> str:
    if _FAILING in found:
        return "failing"
    return "warning" if any(name in found for name in _WARNINGS) else "ok"


def _attributes(found: Mapping[str, int]) -> Callable[[int], int | None]:
    """What an attribute counts, by its id."""
    places = {value: name.removesuffix("id") for name, value in found.items() if name.endswith(".id")}
    return lambda wanted: plausible(found.get(f"{places[wanted]}raw", 0), COUNT) if wanted in places else None
