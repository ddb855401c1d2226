"""NVIDIA's graphics processors, by the library of its driver (the extra `gpu`)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

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
            self._missing = f"no NVIDIA library ({distribution.install_line('gpu')})"
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
            except library.NVMLError:
                return None  # not every card counts everything

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
            usage_percent=told(lambda card: float(library.nvmlDeviceGetUtilizationRates(card).gpu)),
            memory_used_bytes=memory and memory.used,
            memory_total_bytes=memory and memory.total,
            memory_percent=memory and percent(memory.used, memory.total),
            temperature_celsius=told(
                lambda card: float(library.nvmlDeviceGetTemperature(card, _TEMPERATURE_GPU))
            ),
            power_watts=None if milliwatts is None else milliwatts / 1000,
            clock_mhz=told(lambda card: float(library.nvmlDeviceGetClockInfo(card, _CLOCK_GRAPHICS))),
            memory_clock_mhz=told(lambda card: float(library.nvmlDeviceGetClockInfo(card, _CLOCK_MEMORY))),
            fan_percent=told(lambda card: float(library.nvmlDeviceGetFanSpeed(card))),
        )


def _load() -> ModuleType:
    return importlib.import_module("pynvml")
