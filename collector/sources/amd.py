"""AMD's graphics processors, by what their driver shows under /sys/class/drm."""

from __future__ import annotations

import re
from pathlib import Path

from collector.sources.hwmon import ASLEEP
from collector.sources.plausible import (
    CELSIUS,
    CLOCK,
    PERCENT,
    WATTS,
    Limits,
    at_most,
    count,
    integer,
    plausible,
)
from collector.sources.rates import percent
from collector.sources.source import ReadText, listed, read_text
from perfwatch.readings.optional import Gpu

ROOT = Path("/sys/class/drm")
_CARD = re.compile(r"card\d+")  # not its connectors, as card0-HDMI-A-1
_AMD = "0x1002"
_TEMPERATURE = re.compile(r"temp\d+_input")


class Amd:
    def __init__(self, root: Path = ROOT, read: ReadText = read_text) -> None:
        self._root = root
        self._read = read

    def read(self) -> dict[str, Gpu]:
        """The cards by the kernel's names for them; empty where there are none."""
        names = [name for name in listed(str(self._root)) if _CARD.fullmatch(name)]
        devices = {name: f"{self._root}/{name}/device" for name in names}
        return {
            name: self._card(device)
            for name, device in devices.items()
            if self._text(f"{device}/vendor") == _AMD
        }

    def _card(self, device: str) -> Gpu:
        model = self._text(f"{device}/product_name") or None
        # A laptop's second card sleeps; any question but this one would wake it.
        if self._text(f"{device}/power/runtime_status") in ASLEEP:
            return Gpu(vendor="AMD", model=model)
        used, total = (
            self._whole(f"{device}/mem_info_vram_used"),
            self._whole(f"{device}/mem_info_vram_total"),
        )
        usage = self._whole(f"{device}/gpu_busy_percent")
        monitor = next((f"{device}/hwmon/{name}" for name in listed(f"{device}/hwmon")), "")
        watts = self._scaled(f"{monitor}/power1_average", 1_000_000, WATTS)
        return Gpu(
            vendor="AMD",
            model=model,
            usage_percent=plausible(None if usage is None else float(usage), PERCENT),
            memory_used_bytes=at_most(used, total or None),
            memory_total_bytes=total or None,
            memory_percent=percent(used, total or 0),
            temperature_celsius=self._celsius(monitor),
            # Newer cards tell what they draw now, older ones the mean of a short time.
            power_watts=watts
            if watts is not None
            else self._scaled(f"{monitor}/power1_input", 1_000_000, WATTS),
            clock_mhz=self._scaled(f"{monitor}/freq1_input", 1_000_000, CLOCK),
            memory_clock_mhz=self._scaled(f"{monitor}/freq2_input", 1_000_000, CLOCK),
            fan_percent=percent(self._whole(f"{monitor}/pwm1"), 255),
        )

    def _celsius(self, monitor: str) -> float | None:
        """At the edge of the chip, or where there is none, as on MI300, at its hottest place."""
        inputs = [f"{monitor}/{name}" for name in listed(monitor) if _TEMPERATURE.fullmatch(name)]
        labelled = {self._text(path.replace("_input", "_label")) or "edge": path for path in reversed(inputs)}
        found = [labelled[label] for label in ("edge", "junction") if label in labelled] + inputs
        return self._scaled(found[0], 1000, CELSIUS) if found else None

    def _text(self, path: str) -> str:
        try:
            return self._read(path).strip()
        except OSError:
            return ""  # a card does not have every file

    def _whole(self, path: str) -> int | None:
        return count(self._text(path))

    def _scaled(self, path: str, unit: int, limits: Limits) -> float | None:
        try:
            return plausible(round(integer(self._text(path)) / unit, 3), limits)
        except ValueError:
            return None
