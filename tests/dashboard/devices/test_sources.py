"""What the pages call the presets."""

from __future__ import annotations

import re

from dashboard.web.assets import COMPONENTS
from perfwatch.setting_types import DEVICE_PRESETS


def test_each_preset_has_a_name_and_its_topics() -> None:
    named = re.findall(
        r'^  (\w+): \["[^"]+", "[^"]+"\],$', (COMPONENTS / "common/sources.js").read_text(), re.M
    )
    assert sorted(named) == sorted(DEVICE_PRESETS)
