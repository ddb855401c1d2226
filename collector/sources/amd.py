"""AMD's graphics processors, by what their driver shows under /sys/class/drm."""

from __future__ import annotations

import os
import re
from pathlib import Path

from collector.sources.hwmon import ASLEEP
from collector.sources.rates import percent
from collector.sources.source import ReadText, read_text
from perfwatch.readings.optional import Gpu

ROOT = Path("/sys/class/drm")
_CARD = re.compile(r"card\d+")  # not its connectors, as card0-HDMI-A-1
_AMD = "0x1002"


class Amd:
    def __init__(self, root: Path = ROOT, read: ReadText = read_text) -> None:
        self._root = root
        self._read = read

    def read(self) -> dict[str, Gpu]:
        """The cards by the kernel's names for them; empty where there are none."""
        names = [name for name in _listed(self._root) if _CARD.fullmatch(name)]
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
        monitor = next((f"{device}/hwmon/{name}" for name in _listed(Path(device, "hwmon"))), "")
        watts = self._scaled(f"{monitor}/power1_average", 1_000_000)
        return Gpu(
            vendor="AMD",
            model=model,
            usage_percent=None if usage is None else float(usage),
            memory_used_bytes=used,
            memory_total_bytes=total,
            memory_percent=percent(used, total or 0),
            temperature_celsius=self._scaled(f"{monitor}/temp1_input", 1000),
            # Newer cards tell what they draw now, older ones the mean of a short time.
            power_watts=watts if watts is not None else self._scaled(f"{monitor}/power1_input", 1_000_000),
            clock_mhz=self._scaled(f"{monitor}/freq1_input", 1_000_000),
            memory_clock_mhz=self._scaled(f"{monitor}/freq2_input", 1_000_000),
            fan_percent=percent(self._whole(f"{monitor}/pwm1"), 255),
        )

    def _text(self, path: str) -> str:
        try:
            return self._read(path).strip()
        except OSError:
            return ""  # a card does not have every file

    def _whole(self, path: str) -> int | None:
        try:
            return int(self._text(path))
        except ValueError:
            return None

    def _scaled(self, path: str, unit: int) -> float | None:
        number = self._whole(path)
        return None if number is None else round(number / unit, 3)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []
