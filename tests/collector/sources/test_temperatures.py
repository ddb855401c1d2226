from __future__ import annotations

from pathlib import Path

import pytest

from collector.sources.hwmon import Hwmon
from collector.sources.source import read_text
from collector.sources.temperatures import Heat, is_processor
from collector.sources.zones import Zones
from tests.collector.folders import lay_out

PROCESSOR = {"hwmon0/name": "coretemp", "hwmon0/temp1_input": "51000", "hwmon0/temp2_input": "nonsense"}
DISK = {"hwmon1/name": "drivetemp", "hwmon1/temp1_input": "30000"}
BOARD = {"hwmon2/name": "nct6775", "hwmon2/temp1_input": "35000", "hwmon2/fan1_input": "900"}
ZONES = {
    "thermal_zone0/type": "AO-therm",
    "thermal_zone0/temp": "41500",
    "thermal_zone1/type": "CPU-therm",
    "thermal_zone1/temp": "38000",
}


def celsius(heat: Heat) -> list[float | None]:
    return [warm for question in heat.questions().values() for warm in question().values()]


def test_only_the_processors_chips_are_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path.removeprefix(f"{tmp_path}/"))
        return read_text(path)

    heat = Heat(Hwmon(lay_out(tmp_path, PROCESSOR | DISK | BOARD), read), Zones(tmp_path))
    celsius(heat)
    asked.clear()
    assert celsius(heat) == [51.0, None]
    assert asked == ["hwmon0/temp1_input", "hwmon0/temp2_input"]


def test_two_processors_are_one_list(tmp_path: Path) -> None:
    second = {name.replace("hwmon0", "hwmon3"): text for name, text in PROCESSOR.items()}
    assert celsius(Heat(Hwmon(lay_out(tmp_path, PROCESSOR | second)), Zones(tmp_path))) == [51.0, None] * 2


def test_thermal_zones_are_asked_where_no_chip_is_the_processors(tmp_path: Path) -> None:
    zones = Zones(lay_out(tmp_path / "thermal", ZONES))
    assert celsius(Heat(Hwmon(tmp_path / "none"), zones)) == [38.0]
    assert celsius(Heat(Hwmon(lay_out(tmp_path / "board", BOARD)), zones)) == [38.0]
    assert celsius(Heat(Hwmon(lay_out(tmp_path / "cpu", PROCESSOR)), zones)) == [51.0, None]


@pytest.mark.parametrize(
    "name",
    [
        *("coretemp", "k10temp", "zenpower", "via_cputemp", "cpu_thermal", "cpu-thermal", "cpu0_thermal"),
        *(
            "CPU-therm",
            "BCPU-therm",
            "MCPU-therm",
            "cpuss0-thermal",
            "bigcore0-thermal",
            "littlecore-thermal",
        ),
        *("soc-thermal", "soc_thermal", "x86_pkg_temp", "cluster0-thermal"),
    ],
)
def test_a_processor_is_known_by_its_name_in_any_case(name: str) -> None:
    assert is_processor(name)


@pytest.mark.parametrize(
    "name", ["GPU-therm", "acpitz", "nvme", "PMIC-Die", "drivetemp", "center-thermal", ""]
)
def test_and_others_are_not(name: str) -> None:
    assert not is_processor(name)
