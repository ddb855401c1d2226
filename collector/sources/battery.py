"""The machine's batteries under /sys/class/power_supply, taken together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from collector.sources.plausible import COUNT, PERCENT, plausible
from collector.sources.source import ReadText, listed, read_text

ROOT = Path("/sys/class/power_supply")
_BATTERIES = frozenset({"Battery", "UPS"})
_MAINS = frozenset({"Mains", "USB", "USB_C", "Wireless"})
_OVERFULL = 1.2
_LONGEST_SECONDS = 30 * 24 * 3600


class Battery(NamedTuple):
    percent: float | None
    plugged: bool | None
    seconds_left: int | None
    """Until it is empty, at the power that is drawn now; None while it is not discharging."""
    ups_plugged: bool | None = None
    """Of a UPS alone; None when there is none, or it does not say."""


class Cell(NamedTuple):
    """One battery. What is in it and what it holds are both in `unit`, what is drawn in `unit` an hour."""

    percent: float | None
    unit: str
    """µWh or µAh."""
    now: float | None
    full: float | None
    drawn: float | None
    discharging: bool
    empty_in: float | None
    """Seconds, as the battery itself says."""


def battery(read: ReadText = read_text, root: Path = ROOT) -> Battery | None:
    """All batteries of this machine as one; None when it has none."""
    supplies = [values for name in listed(str(root)) if (values := _values(read, f"{root}/{name}"))]
    held = [values for values in supplies if values.get("TYPE") in _BATTERIES and _ours(values)]
    if not held:
        return None
    cells = [_cell(values) for values in held]
    mains = [values.get("ONLINE") for values in supplies if values.get("TYPE") in _MAINS]
    discharging = any(cell.discharging for cell in cells)
    plugged = "1" in mains if mains else not discharging
    seconds_left = _seconds_left(cells) if discharging else None
    return Battery(_percent(cells), plugged, seconds_left, _ups_plugged(held))


def _ups_plugged(held: Sequence[dict[str, str]]) -> bool | None:
    told = [values.get("STATUS", "Unknown") for values in held if values["TYPE"] == "UPS"]
    known = [status for status in told if status != "Unknown"]
    return "Discharging" not in known if known else None


def _ours(values: dict[str, str]) -> bool:
    # A mouse's battery is a power supply too, of another scope.
    return values.get("SCOPE", "System") in ("System", "Unknown") and values.get("PRESENT", "1") != "0"


def _values(read: ReadText, folder: str) -> dict[str, str]:
    """What the kernel tells of a power supply at once, without the prefix of the names."""
    try:
        rows = (line.partition("=") for line in read(f"{folder}/uevent").split("\n"))
        values = {name.strip().removeprefix("POWER_SUPPLY_"): value.strip() for name, _, value in rows}
        if "TYPE" not in values:  # before Linux 5.1
            values["TYPE"] = read(f"{folder}/type").strip()
    except OSError:
        return {}  # it went away since it was listed
    return values


def _cell(values: dict[str, str]) -> Cell:
    unit = "ENERGY" if "ENERGY_NOW" in values else "CHARGE"
    return Cell(
        percent=plausible(_number(values, "CAPACITY"), PERCENT),
        unit=unit,
        now=_number(values, f"{unit}_NOW"),
        full=_number(values, f"{unit}_FULL") or _number(values, f"{unit}_FULL_DESIGN"),
        drawn=_drawn(values, unit),
        discharging=values.get("STATUS") == "Discharging",
        empty_in=_number(values, "TIME_TO_EMPTY_NOW") or _number(values, "TIME_TO_EMPTY_AVG"),
    )


def _drawn(values: dict[str, str], unit: str) -> float | None:
    """µW for a battery that counts µWh, µA for one that counts µAh."""
    # Some drivers count what is drawn as negative.
    watts, amperes = (_number(values, f"{name}_NOW", signed=True) for name in ("POWER", "CURRENT"))
    volts = _number(values, "VOLTAGE_NOW")
    if unit == "ENERGY":
        return watts if watts or not amperes or not volts else amperes * volts / 1e6
    return amperes if amperes or not watts or not volts else watts / volts * 1e6


def _percent(cells: Sequence[Cell]) -> float | None:
    """By what they hold, where they all count that in one unit; else the mean of what each says."""
    if len({cell.unit for cell in cells}) == 1:
        now, full = _sum(cells, lambda cell: cell.now), _sum(cells, lambda cell: cell.full)
        # One that has just been full holds a little more than it is said to.
        if now is not None and full and now <= _OVERFULL * full:
            return round(min(100.0, 100 * now / full), 1)
    told = [cell.percent for cell in cells if cell.percent is not None]
    return round(sum(told) / len(told), 1) if told else None


def _seconds_left(cells: Sequence[Cell]) -> int | None:
    """What is in all of them at what is drawn from all of them."""
    if len({cell.unit for cell in cells}) > 1:
        return None
    now, drawn = _sum(cells, lambda cell: cell.now), _sum(cells, _drawn_now)
    seconds = (
        3600 * now / drawn if now is not None and drawn else cells[0].empty_in if len(cells) == 1 else None
    )
    return round(seconds) if seconds is not None and seconds < _LONGEST_SECONDS else None


def _drawn_now(cell: Cell) -> float | None:
    """A battery that is full, or charges, gives nothing."""
    return cell.drawn if cell.discharging else 0.0


def _sum(cells: Sequence[Cell], of: Callable[[Cell], float | None]) -> float | None:
    numbers = [of(cell) for cell in cells]
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _number(values: dict[str, str], name: str, signed: bool = False) -> float | None:
    try:
        number = float(values[name])
    except (KeyError, ValueError):
        return None
    return plausible(abs(number) if signed else number, COUNT)
