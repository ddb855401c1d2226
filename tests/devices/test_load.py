from __future__ import annotations

from pathlib import Path

import pytest

from devices.load import taker_of, unwanted
from devices.presets.registry import PRESETS
from perfwatch.setting_types import DEVICE_PRESETS
from perfwatch.settings import Settings


def test_the_settings_know_each_preset_in_its_order() -> None:
    assert tuple(PRESETS) == DEVICE_PRESETS


@pytest.mark.parametrize(
    ("named", "found"), [("", []), ("shelly, tasmota", ["tasmota", "shelly"]), ("all", list(DEVICE_PRESETS))]
)
def test_what_is_named_is_switched_on(tmp_path: Path, named: str, found: list[str]) -> None:
    settings = Settings(data_dir=str(tmp_path), devices=named)
    assert [rule.name for rule in taker_of(settings).rules] == found


def test_the_user_s_mappings_come_first(tmp_path: Path) -> None:
    (tmp_path / "devices.toml").write_text("[[mapping]]\ntopic = 'a/b'\n")
    settings = Settings(data_dir=str(tmp_path), devices="tasmota")
    assert [rule.name for rule in taker_of(settings).rules] == ["mapping 1", "tasmota"]


def test_what_is_switched_off_is_unsubscribed(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), devices="tasmota")
    off = unwanted(settings, taker_of(settings).filters())
    assert "#" in off
    assert "tele/+/LWT" not in off
