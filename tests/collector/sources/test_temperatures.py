from __future__ import annotations

from pathlib import Path

from collector.sources.hwmon import Hwmon
from collector.sources.source import read_text
from collector.sources.temperatures import Heat, Warmth
from tests.collector.folders import lay_out

PROCESSOR = {"hwmon0/name": "coretemp", "hwmon0/temp1_input": "51000", "hwmon0/temp2_input": "nonsense"}
DISK = {"hwmon1/name": "drivetemp", "hwmon1/temp1_input": "30000"}
BOARD = {"hwmon2/name": "nct6775", "hwmon2/temp1_input": "35000", "hwmon2/fan1_input": "900"}


def wanted(chip: str) -> bool:
    return chip == "coretemp"


def zones() -> dict[str, list[Warmth]]:
    return {"zone": [Warmth(40.0)]}


def test_only_the_wanted_chips_are_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path.removeprefix(f"{tmp_path}/"))
        return read_text(path)

    heat = Heat(wanted, Hwmon(lay_out(tmp_path, PROCESSOR | DISK | BOARD), read), zones)
    heat.read()
    asked.clear()
    assert heat.read() == {"coretemp": [Warmth(51.0), Warmth(None)]}
    assert asked == ["hwmon0/temp1_input", "hwmon0/temp2_input"]


def test_two_processors_are_one_list(tmp_path: Path) -> None:
    second = {name.replace("hwmon0", "hwmon3"): text for name, text in PROCESSOR.items()}
    heat = Heat(wanted, Hwmon(lay_out(tmp_path, PROCESSOR | second)), zones).read()
    assert [one.current for one in heat["coretemp"]] == [51.0, None, 51.0, None]


def test_psutil_is_asked_only_where_there_is_no_thermometer_to_wake(tmp_path: Path) -> None:
    assert Heat(wanted, Hwmon(tmp_path / "none"), zones).read() == zones()
    assert Heat(wanted, Hwmon(lay_out(tmp_path / "board", BOARD)), zones).read() == {}
    assert Heat(wanted, Hwmon(lay_out(tmp_path / "disk", DISK)), zones).read() == {}
    fan = {"hwmon0/name": "pwmfan", "hwmon0/fan1_input": "900"}
    assert Heat(wanted, Hwmon(lay_out(tmp_path / "fan", fan)), zones).read() == zones()
