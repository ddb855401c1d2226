from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from collector.sources.battery import Battery
from collector.sources.hwmon import Hwmon
from collector.sources.sensors import Sensors
from collector.sources.source import Absent, read_text
from collector.sources.zones import Zones
from tests.collector.folders import lay_out
from tests.collector.recording import tick

PROCESSOR: dict[str, str | int] = {
    "name": "coretemp",
    "temp1_input": 51000,
    "temp1_label": "Package id 0",
    "temp1_max": 100000,
    "temp1_crit": 105000,
    "temp10_input": 47500,
    "temp2_input": 49000,
    "temp2_label": "Core 0",
}
BOARD: dict[str, str | int] = {
    "name": "nct6775",
    "fan1_input": 1200,
    "fan1_label": "CPU fan",
    "fan2_input": 0,
    "in0_input": 1024,
    "temp1_input": -12500,
}


def chip(root: Path, number: int, files: dict[str, str | int], device: str = "") -> Path:
    """A chip as the kernel shows it, with the folder of its device beside it."""
    folder = lay_out(root / f"hwmon{number}", files)
    (root.parent / "devices" / (device or f"device{number}") / "power").mkdir(parents=True)
    (folder / "device").symlink_to(root.parent / "devices" / (device or f"device{number}"))
    return folder


def no_battery() -> None:
    return None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "hwmon"
    folder.mkdir()
    return folder


def test_temperatures_go_by_chip_and_label_with_their_limits(root: Path) -> None:
    chip(root, 0, PROCESSOR)
    found = Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures
    assert {key: one.celsius for key, one in found.items()} == {
        "coretemp Package id 0": 51.0,
        "coretemp Core 0": 49.0,
        "coretemp temp10": 47.5,
    }
    package = found["coretemp Package id 0"]
    assert (package.chip, package.label) == ("coretemp", "Package id 0")
    assert (package.high_celsius, package.critical_celsius) == (100.0, 105.0)
    assert found["coretemp Core 0"].high_celsius is None


def test_fans_turn_and_stand_still_and_it_may_be_below_zero(root: Path) -> None:
    chip(root, 0, BOARD)
    reading = Sensors(Hwmon(root), no_battery).gather(tick(0))
    assert {key: fan.rpm for key, fan in reading.fans.items()} == {"nct6775 CPU fan": 1200, "nct6775 fan2": 0}
    assert reading.temperatures["nct6775 temp1"].celsius == -12.5


NVME: dict[str, str | int] = {"name": "nvme", "temp1_input": 40000, "temp1_label": "Composite"}


def test_of_chips_with_one_name_the_others_go_by_their_device_too(root: Path) -> None:
    chip(root, 1, NVME, "nvme0")
    chip(root, 0, NVME, "nvme1")
    found = Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures
    assert set(found) == {"nvme Composite", "nvme nvme1 Composite"}


def test_a_sensor_keeps_its_name_when_another_of_that_name_comes(root: Path) -> None:
    chip(root, 0, NVME, "nvme1")
    source = Sensors(Hwmon(root), no_battery)
    assert list(source.gather(tick(0)).temperatures) == ["nvme Composite"]
    chip(root, 1, NVME | {"temp1_input": 50000}, "nvme0")
    found = source.gather(tick(1)).temperatures
    assert {key: one.celsius for key, one in found.items()} == {
        "nvme Composite": 40.0,
        "nvme nvme0 Composite": 50.0,
    }


def test_what_is_physically_impossible_is_null(root: Path) -> None:
    nct: dict[str, str | int] = {
        "name": "nct6793",
        "temp15_input": 3892313987,
        "temp1_input": 22000,
        "temp1_max": -128000,
    }
    chip(
        root, 0, {**nct, "fan1_input": 65535, "fan2_input": -1, "temp2_input": -60000, "temp3_input": 250001}
    )
    reading = Sensors(Hwmon(root), no_battery).gather(tick(0))
    assert {one.label: one.celsius for one in reading.temperatures.values()} == {
        "temp1": 22.0,
        "temp2": None,
        "temp3": None,
        "temp15": None,
    }
    assert reading.temperatures["nct6793 temp1"].high_celsius is None
    assert [fan.rpm for fan in reading.fans.values()] == [None, None]


def test_a_sensor_whose_driver_says_that_it_is_not_wired_is_null(root: Path) -> None:
    chip(
        root,
        0,
        {"name": "x", "temp1_input": 127000, "temp1_fault": 1, "temp2_input": 30000, "temp2_fault": 0},
    )
    found = Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures
    assert [one.celsius for one in found.values()] == [None, 30.0]


def test_older_drivers_have_their_files_beside_the_device(root: Path) -> None:
    device = lay_out(
        root.parent / "applesmc.768", {"name": "applesmc", "fan2_input": 1998, "fan2_label": "Right"}
    )
    (root / "hwmon2").mkdir()
    (root / "hwmon2/device").symlink_to(device)
    reading = Sensors(Hwmon(root), no_battery).gather(tick(0))
    assert {key: fan.rpm for key, fan in reading.fans.items()} == {"applesmc Right": 1998}


def test_a_chip_without_a_name_goes_by_its_folder(root: Path) -> None:
    lay_out(root / "hwmon4", {"temp1_input": 55000, "temp1_label": "foo"})
    assert list(Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures) == ["hwmon4 foo"]


def test_thermal_zones_are_sensors_and_not_once_more_where_hwmon_has_them(root: Path) -> None:
    zones: dict[str, str | int] = {
        "thermal_zone0/type": "acpitz",
        "thermal_zone0/temp": 27800,
        "thermal_zone1/type": "x86_pkg_temp",
        "thermal_zone1/temp": 52000,
        "thermal_zone2/type": "acpitz",
        "thermal_zone2/temp": -274000,
        "thermal_zone10/type": "soc-thermal",
        "cooling_device0/type": "Fan",
    }
    thermal = lay_out(root.parent / "thermal", zones)
    found = Sensors(Hwmon(root), no_battery, Zones(thermal)).gather(tick(0)).temperatures
    assert {key: one.celsius for key, one in found.items()} == {
        "acpitz": 27.8,
        "x86_pkg_temp": 52.0,
        "acpitz (2)": None,
        "soc-thermal": None,
    }
    chip(root, 0, PROCESSOR)
    chip(root, 1, {"name": "soc_thermal", "temp1_input": 1000})
    found = Sensors(Hwmon(root), no_battery, Zones(thermal)).gather(tick(0)).temperatures
    assert {key for key in found if not key.startswith("coretemp")} == {
        "soc_thermal temp1",
        "acpitz",
        "acpitz (2)",
    }


def test_a_chip_that_never_answers_costs_that_chip(root: Path) -> None:
    chip(root, 0, PROCESSOR)
    os.mkfifo(chip(root, 1, {"name": "held", "temp2_input": 1000}) / "temp1_input")
    source = Sensors(Hwmon(root), no_battery)
    for second in range(2):
        reading = source.gather(tick(second))
        assert reading.temperatures["coretemp Package id 0"].celsius == 51.0
        assert not [key for key in reading.temperatures if key.startswith("held")]
    assert source.missing is not None
    assert source.missing.startswith("held: TimeoutError: no answer within")


def test_where_the_only_chip_never_answers_that_is_the_sources_reason(root: Path) -> None:
    os.mkfifo(chip(root, 1, {"name": "held"}) / "temp1_input")
    source = Sensors(Hwmon(root), no_battery)
    with pytest.raises(TimeoutError, match="no answer within"):
        source.gather(tick(0))


def test_two_inputs_with_one_label_are_both_there(root: Path) -> None:
    chip(root, 0, {"name": "x", "temp1_input": 1, "temp1_label": "T", "temp2_input": 2, "temp2_label": "T"})
    found = Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures
    assert list(found) == ["x T", "x T temp2"]


def test_a_sensor_that_cannot_be_read_is_null_and_the_others_are_there(root: Path) -> None:
    broken = chip(root, 0, PROCESSOR) / "temp2_input"

    def read(path: str) -> str:
        if path == str(broken):
            raise OSError(5, "Input/output error", path)
        return read_text(path)

    found = Sensors(Hwmon(root, read), no_battery).gather(tick(0)).temperatures
    assert found["coretemp Core 0"].celsius is None
    assert found["coretemp Package id 0"].celsius == 51.0


@pytest.mark.parametrize("nonsense", ["", "hot", "4.5e", "\0\0"])
def test_nonsense_is_null(root: Path, nonsense: str) -> None:
    chip(root, 0, {"name": "x", "temp1_input": nonsense, "fan1_input": nonsense})
    reading = Sensors(Hwmon(root), no_battery).gather(tick(0))
    assert (reading.temperatures["x temp1"].celsius, reading.fans["x fan1"].rpm) == (None, None)


def test_a_limit_of_kilodegrees_is_none(root: Path) -> None:
    chip(root, 0, {"name": "nvme", "temp1_input": 40000, "temp1_max": 65261850})
    assert Sensors(Hwmon(root), no_battery).gather(tick(0)).temperatures["nvme temp1"].high_celsius is None


class Watched:
    """Reads, and remembers what."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, path: str) -> str:
        self.paths.append(path)
        return read_text(path)


def test_a_disks_own_thermometer_is_never_asked(root: Path) -> None:
    chip(root, 0, {"name": "drivetemp", "temp1_input": 30000, "temp1_max": 60000})
    chip(root, 1, PROCESSOR)
    read = Watched()
    reading = Sensors(Hwmon(root, read), no_battery).gather(tick(0))
    assert [key for key in reading.temperatures if key.startswith("drivetemp")] == []
    assert [path for path in read.paths if "hwmon0" in path] == [f"{root}/hwmon0/name"]


def test_a_device_that_sleeps_is_not_asked_until_it_is_awake(root: Path) -> None:
    folder = chip(root, 0, {"name": "amdgpu", "temp1_input": 60000, "temp1_crit": 100000})
    status = folder / "device" / "power" / "runtime_status"
    status.write_text("suspended\n")
    read = Watched()
    source = Sensors(Hwmon(root, read), no_battery)
    assert source.gather(tick(0)).temperatures["amdgpu temp1"].celsius is None
    assert [path for path in read.paths if "/temp1" in path] == []
    status.write_text("active\n")
    assert source.gather(tick(1)).temperatures["amdgpu temp1"].celsius == 60.0


def test_a_chip_that_goes_and_one_that_comes_are_seen(root: Path) -> None:
    gone = chip(root, 0, PROCESSOR)
    source = Sensors(Hwmon(root), no_battery)
    source.gather(tick(0))
    chip(root, 1, BOARD)
    assert "nct6775 temp1" in source.gather(tick(1)).temperatures
    shutil.rmtree(gone)
    assert list(source.gather(tick(2)).temperatures) == ["nct6775 temp1"]


def test_a_machine_that_has_only_a_battery_has_sensors(root: Path) -> None:
    reading = Sensors(Hwmon(root), lambda: Battery(80.5, False, 7200, True)).gather(tick(0))
    assert (reading.battery_percent, reading.battery_plugged, reading.battery_seconds_left) == (
        80.5,
        False,
        7200,
    )
    assert reading.ups_plugged is True


def test_a_machine_without_any_has_none(root: Path) -> None:
    for folder in (root, root / "none"):
        with pytest.raises(Absent, match="no temperature, fan or battery"):
            Sensors(Hwmon(folder), no_battery).gather(tick(0))
