"""NVIDIA's graphics processors, by the library of its driver (the extra `gpu`)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from collector.sources.plausible import (
    CELSIUS,
    CLOCK,
    COUNT,
    PERCENT,
    WATTS,
    Limits,
    at_most,
    plausible,
)
from collector.sources.rates import percent
from collector.sources.source import Absent
from perfwatch import distribution
from perfwatch.readings.optional import Gpu

T = TypeVar("T")

_TEMPERATURE_GPU, _CLOCK_GRAPHICS, _CLOCK_MEMORY = 0, 0, 2  # nvml.h


class Nvidia:
    """The library is started at the first question, and anew after it failed as a whole."""

    def __init__(self, load: Callable[[], ModuleType] | None = None) -> None:
        self._load = load or _load
        self._library: Any = None
        self._missing = ""

    def read(self) -> dict[str, Gpu]:
        """The cards by `nvidia0` and so on. Raises Absent, and OSError when the driver fails."""
        library = self._started()
        try:
            count = library.nvmlDeviceGetCount()
        except library.NVMLError as exc:
            self._stop()
            raise OSError(f"NVIDIA's driver: {exc}") from exc
        cards = {f"nvidia{index}": self._card(library, index) for index in range(count)}
        return {name: card for name, card in cards.items() if card is not None}

    def _started(self) -> Any:
        if self._missing:
            raise Absent(self._missing)
        if self._library is None:
            self._library = self._start()
        return self._library

    def _start(self) -> Any:
        try:
            library: Any = self._load()
        except ImportError:
            # A package does not come while we run, and looking for one at every tick costs.
            how = f" ({distribution.install_line('gpu')})" if _has_driver() else ""
            self._missing = f"no NVIDIA library{how}"
            raise Absent(self._missing) from None
        try:
            library.nvmlInit()
        except library.NVMLError as exc:
            raise Absent(f"no NVIDIA driver ({exc})") from exc
        return library

    def _stop(self) -> None:
        library, self._library = self._library, None
        try:
            library.nvmlShutdown()
        except library.NVMLError:
            return  # it is gone already, which is why we are here

    def _card(self, library: Any, index: int) -> Gpu | None:
        def told(ask: Callable[[Any], T]) -> T | None:
            try:
                return ask(card)
            except (library.NVMLError, ValueError):
                return None  # not every card counts everything, and a name may be no text

        def number(ask: Callable[[Any], int], limits: Limits) -> float | None:
            return plausible(told(lambda card: float(ask(card))), limits)

        try:
            card = library.nvmlDeviceGetHandleByIndex(index)
        except library.NVMLError:
            return None  # it has fallen off the bus; the others have not
        memory = told(library.nvmlDeviceGetMemoryInfo)
        model = told(library.nvmlDeviceGetName)
        milliwatts = told(library.nvmlDeviceGetPowerUsage)
        return Gpu(
            vendor="NVIDIA",
            model=model.decode("utf-8", "replace") if isinstance(model, bytes) else model,
            usage_percent=number(lambda card: library.nvmlDeviceGetUtilizationRates(card).gpu, PERCENT),
            memory_used_bytes=memory and at_most(memory.used, memory.total),
            memory_total_bytes=memory and plausible(memory.total, COUNT),
            memory_percent=memory and percent(memory.used, memory.total),
            temperature_celsius=number(
                lambda card: library.nvmlDeviceGetTemperature(card, _TEMPERATURE_GPU), CELSIUS
            ),
            power_watts=None if milliwatts is None else plausible(milliwatts / 1000, WATTS),
            clock_mhz=number(lambda card: library.nvmlDeviceGetClockInfo(card, _CLOCK_GRAPHICS), CLOCK),
            memory_clock_mhz=number(lambda card: library.nvmlDeviceGetClockInfo(card, _CLOCK_MEMORY), CLOCK),
            fan_percent=number(lambda card: library.nvmlDeviceGetFanSpeed(card), PERCENT),
        )


def _has_driver() -> bool:
    """Whether the kernel has a card for the library to ask; in WSL Windows has it."""
    return any(os.path.exists(path) for path in ("/dev/nvidiactl", "/dev/dxg"))  # noqa: PTH110


def _load() -> ModuleType:
    return importlib.import_module("pynvml")
