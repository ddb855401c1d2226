from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from collector.sources.amd import Amd
from collector.sources.gpu import Gpu
from collector.sources.nvidia import Nvidia
from collector.sources.source import Absent, read_text
from perfwatch.readings import optional as readings
from tests.collector.folders import lay_out
from tests.collector.recording import tick

GIB = 2**30
CARD: dict[str, str | int] = {
    "card0/device/vendor": "0x1002",
    "card0/device/product_name": "Radeon RX 7800 XT",
    "card0/device/gpu_busy_percent": 37,
    "card0/device/mem_info_vram_used": 4 * GIB,
    "card0/device/mem_info_vram_total": 16 * GIB,
    "card0/device/hwmon/hwmon3/temp1_input": 52000,
    "card0/device/hwmon/hwmon3/power1_average": 61_500_000,
    "card0/device/hwmon/hwmon3/freq1_input": 1_850_000_000,
    "card0/device/hwmon/hwmon3/freq2_input": 1_218_000_000,
    "card0/device/hwmon/hwmon3/pwm1": 51,
}


def test_an_amd_card_is_read_from_sys(tmp_path: Path) -> None:
    assert Amd(lay_out(tmp_path, CARD)).read() == {
        "card0": readings.Gpu(
            vendor="AMD",
            model="Radeon RX 7800 XT",
            usage_percent=37.0,
            memory_used_bytes=4 * GIB,
            memory_total_bytes=16 * GIB,
            memory_percent=25.0,
            temperature_celsius=52.0,
            power_watts=61.5,
            clock_mhz=1850.0,
            memory_clock_mhz=1218.0,
            fan_percent=20.0,
        )
    }


def test_what_a_card_does_not_tell_is_null(tmp_path: Path) -> None:
    files: dict[str, str | int] = {"card1/device/vendor": "0x1002", "card1/device/gpu_busy_percent": "busy"}
    assert Amd(lay_out(tmp_path, files)).read() == {"card1": readings.Gpu(vendor="AMD")}


def test_newer_cards_tell_their_power_under_another_name(tmp_path: Path) -> None:
    files = {name.replace("average", "input"): value for name, value in CARD.items()}
    assert Amd(lay_out(tmp_path, files)).read()["card0"].power_watts == 61.5


def test_an_error_of_a_sensor_takes_only_that_down(tmp_path: Path) -> None:
    def read(path: str) -> str:
        if path.endswith("temp1_input"):
            raise OSError(5, "Input/output error", path)
        return read_text(path)

    card = Amd(lay_out(tmp_path, CARD), read).read()["card0"]
    assert (card.temperature_celsius, card.usage_percent) == (None, 37.0)


def test_a_card_that_sleeps_is_not_woken(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path.removeprefix(f"{tmp_path}/card0/device/"))
        return read_text(path)

    lay_out(tmp_path, CARD | {"card0/device/power/runtime_status": "suspended"})
    assert Amd(tmp_path, read).read()["card0"].usage_percent is None
    assert asked == ["vendor", "product_name", "power/runtime_status"]


def test_connectors_and_other_makers_cards_are_not_amds(tmp_path: Path) -> None:
    lay_out(tmp_path, {"card0-HDMI-A-1/device/vendor": "0x1002", "card0/device/vendor": "0x8086"})
    assert Amd(tmp_path).read() == {}
    assert Amd(tmp_path / "none").read() == {}


class NVMLError(Exception):
    pass


class Library:
    """pynvml, with two cards. Whatever is named in `broken` fails."""

    NVMLError = NVMLError

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.started = 0

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            if name in self.broken or f"{name}{arguments}" in self.broken:
                raise NVMLError("GPU is lost")
            if name == "nvmlInit":
                self.started += 1
            return self.answers()[name]

        return call

    def answers(self) -> dict[str, object]:
        return {
            "nvmlInit": None,
            "nvmlShutdown": None,
            "nvmlDeviceGetCount": 2,
            "nvmlDeviceGetHandleByIndex": object(),
            "nvmlDeviceGetName": b"NVIDIA GeForce RTX 4070",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=3 * GIB, total=12 * GIB),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=44, memory=10),
            "nvmlDeviceGetTemperature": 61,
            "nvmlDeviceGetPowerUsage": 123_400,
            "nvmlDeviceGetClockInfo": 2475,
            "nvmlDeviceGetFanSpeed": 30,
        }

    def source(self) -> Gpu:
        return Gpu(Nvidia(lambda: cast(ModuleType, self)).read, dict)


def test_nvidia_cards_are_read_by_its_library() -> None:
    library = Library()
    source = library.source()
    cards = source.gather(tick(0)).gpus
    assert list(cards) == ["nvidia0", "nvidia1"]
    assert cards["nvidia0"] == readings.Gpu(
        vendor="NVIDIA",
        model="NVIDIA GeForce RTX 4070",
        usage_percent=44.0,
        memory_used_bytes=3 * GIB,
        memory_total_bytes=12 * GIB,
        memory_percent=25.0,
        temperature_celsius=61.0,
        power_watts=123.4,
        clock_mhz=2475.0,
        memory_clock_mhz=2475.0,
        fan_percent=30.0,
    )
    source.gather(tick(1))
    assert library.started == 1


def test_what_a_card_does_not_count_is_null_and_the_rest_is_there() -> None:
    library = Library()
    library.broken = {"nvmlDeviceGetFanSpeed", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetMemoryInfo"}
    card = library.source().gather(tick(0)).gpus["nvidia0"]
    assert (card.fan_percent, card.power_watts, card.memory_used_bytes, card.memory_percent) == (None,) * 4
    assert card.usage_percent == 44.0


def test_a_card_that_is_lost_leaves_the_others() -> None:
    library = Library()
    library.broken = {"nvmlDeviceGetHandleByIndex(0,)"}
    assert list(library.source().gather(tick(0)).gpus) == ["nvidia1"]


def test_a_library_that_fails_midway_is_started_anew() -> None:
    library = Library()
    source = library.source()
    source.gather(tick(0))
    library.broken = {"nvmlDeviceGetCount", "nvmlShutdown"}
    with pytest.raises(OSError, match="NVIDIA's driver: GPU is lost"):
        source.gather(tick(1))
    library.broken = set()
    assert len(source.gather(tick(2)).gpus) == 2
    assert library.started == 2


def test_a_library_without_its_driver_is_asked_again() -> None:
    library = Library()
    source = library.source()
    library.broken = {"nvmlInit"}
    with pytest.raises(Absent, match="no NVIDIA driver"):
        source.gather(tick(0))
    library.broken = set()
    assert len(source.gather(tick(1)).gpus) == 2


def test_without_the_library_the_extra_is_named_and_nothing_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    monkeypatch.setattr("collector.sources.nvidia._has_driver", lambda: True)

    def missing() -> ModuleType:
        looked.append(1)
        raise ModuleNotFoundError("pynvml")

    source = Gpu(Nvidia(missing).read, dict)
    for _ in range(3):
        with pytest.raises(Absent, match=r"nvidia-ml-py.*no AMD card"):
            source.gather(tick(0))
    assert len(looked) == 1


def test_an_amd_card_is_there_without_nvidias_library() -> None:
    def missing() -> dict[str, readings.Gpu]:
        raise Absent("no NVIDIA library")

    amd = {"card0": readings.Gpu(vendor="AMD")}
    assert list(Gpu(missing, lambda: dict(amd)).gather(tick(0)).gpus) == ["card0"]
