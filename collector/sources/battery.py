"""The machine's batteries under /sys/class/power_supply, taken together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from collector.sources.source import ReadText, read_text

ROOT = Path("/sys/class/power_supply")


class Battery(NamedTuple):
    percent: float | None
    plugged: bool | None
    seconds_left: int | None
    """Until it is empty, at the power that is drawn now; None while it is not discharging."""


class Cell(NamedTuple):
    """One battery. What is in it and what it holds are both in µWh, or both in µAh."""

    percent: float | None
    now: float | None
    full: float | None
    drawn: float | None
    """µW or µA."""
    discharging: bool


def battery(read: ReadText = read_text, root: Path = ROOT) -> Battery | None:
    """All batteries of this machine as one; None when it has none."""
    supplies = [values for name in _listed(root) if (values := _values(read, f"{root}/{name}"))]
    cells = [_cell(values) for values in supplies if values.get("TYPE") == "Battery" and _ours(values)]
    if not cells:
        return None
    mains = [values.get("ONLINE") for values in supplies if values.get("TYPE") in ("Mains", "USB")]
    discharging = any(cell.discharging for cell in cells)
    plugged = "1" in mains if mains else not discharging
    return Battery(_percent(cells), plugged, _seconds_left(cells) if discharging else None)


def _ours(values: dict[str, str]) -> bool:
    # A mouse's battery is a power supply too, of another scope.
    return values.get("SCOPE", "System") == "System" and values.get("PRESENT", "1") == "1"


def _values(read: ReadText, folder: str) -> dict[str, str]:
    """What the kernel tells of a power supply at once, without the prefix of the names."""
    try:
        rows = (line.partition("=") for line in read(f"{folder}/uevent").splitlines())
    except OSError:
        return {}  # it went away since it was listed
    return {name.removeprefix("POWER_SUPPLY_"): value for name, _, value in rows}


def _cell(values: dict[str, str]) -> Cell:
    unit = "ENERGY" if "ENERGY_NOW" in values else "CHARGE"
    return Cell(
        percent=_number(values, "CAPACITY"),
        now=_number(values, f"{unit}_NOW"),
        full=_number(values, f"{unit}_FULL"),
        drawn=_number(values, "POWER_NOW" if unit == "ENERGY" else "CURRENT_NOW"),
        discharging=values.get("STATUS") == "Discharging",
    )


def _percent(cells: Sequence[Cell]) -> float | None:
    now, full = _sum([cell.now for cell in cells]), _sum([cell.full for cell in cells])
    if now is not None and full:
        return round(min(100.0, 100 * now / full), 1)
    told = [cell.percent for cell in cells if cell.percent is not None]
    return round(sum(told) / len(told), 1) if told else None


def _seconds_left(cells: Sequence[Cell]) -> int | None:
    now, drawn = _sum([cell.now for cell in cells]), _sum([cell.drawn for cell in cells])
    return round(3600 * now / drawn) if now is not None and drawn else None


def _sum(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _number(values: dict[str, str], name: str) -> float | None:
    try:
        return abs(float(values[name]))  # some drivers count what is drawn as negative
    except (KeyError, ValueError):
        return None


def _listed(root: Path) -> list[str]:
    try:
        return sorted(os.listdir(root))  # noqa: PTH208
    except OSError:
        return []
