from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.devices.file import choose, chosen, is_on, parsed, with_line, with_mapping, without_mapping
from perfwatch.errors import SettingError
from perfwatch.settings import Settings

TEXT = """\
# mine
presets = [
  "tasmota",  # the plugs
]

# the garden
[[mapping]]
topic = "garden/{device}/soil"

[[mapping]]
topic = "solar/#"  # the roof
"""


def test_one_line_is_changed_and_all_else_stays() -> None:
    made = with_line(TEXT, "presets", ["shelly"])
    assert made == TEXT.replace('[\n  "tasmota",  # the plugs\n]', '["shelly"]')


def test_a_line_that_was_not_there_goes_before_the_tables() -> None:
    made = parsed(with_line(TEXT, "zone", "Europe/Berlin"))
    assert (made.presets, made.zone, len(made.mapping)) == (["tasmota"], "Europe/Berlin", 2)


def test_a_mapping_comes_and_goes() -> None:
    more = with_mapping(TEXT, {"topic": "a/{device}", "scale": 0.1})
    assert parsed(more).mapping[2] == {"topic": "a/{device}", "scale": 0.1}
    assert parsed(without_mapping(more, 3)).mapping == parsed(TEXT).mapping
    assert parsed(without_mapping(TEXT, 1)).mapping == [{"topic": "solar/#"}]


@pytest.mark.parametrize("place", [0, -1, 3])
def test_a_mapping_that_is_not_there_cannot_go(place: int) -> None:
    with pytest.raises(IndexError):
        without_mapping(TEXT, place)


@pytest.mark.parametrize(
    "text", ["presets = 1", "presets = ['x']", "zone = 'Mars/Base'", "presets =", "x = 1"]
)
def test_what_cannot_be_used_is_named(text: str) -> None:
    with pytest.raises(SettingError, match=r"devices\.toml"):
        parsed(text)


def test_the_file_goes_before_the_settings(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), devices="tasmota, shelly", devices_zone="UTC")
    assert chosen(settings).presets == ["tasmota", "shelly"]
    choose(tmp_path / "devices.toml", ["homie"], "")
    assert (chosen(settings).presets, chosen(settings).zone) == (["homie"], "")
    choose(tmp_path / "devices.toml", ["plain"], "Europe/Berlin")
    choose(tmp_path / "devices.toml", [], None)
    assert (chosen(settings).presets, chosen(settings).zone) == ([], "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "is_something_on"), [("", False), ("presets = []", False), (TEXT, True), ("presets", True)]
)
def test_whether_there_is_anything_to_do(tmp_path: Path, text: str, is_something_on: bool) -> None:
    (tmp_path / "devices.toml").write_text(text)
    assert is_on(Settings(data_dir=str(tmp_path))) is is_something_on
