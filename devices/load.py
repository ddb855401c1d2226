"""The rules that the settings switch on."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from devices.mapping import read
from devices.presets.registry import PRESETS, Given
from devices.rule import Rule
from devices.sparkplug.births import FILTERS, Births
from devices.taker import Taker
from perfwatch.setting_types import DEVICE_PRESETS, listed
from perfwatch.settings import DEVICES_FILE, Settings
from perfwatch.topics import Topics


def taker_of(settings: Settings, presets: str = "", births: Births | None = None) -> Taker:
    """With the user's mappings first, then `presets` (empty: those of the settings). Raises SettingError."""
    return Taker(rules_of(settings, presets or settings.devices, births), Topics(settings.topic_prefix))


def rules_of(settings: Settings, presets: str, births: Births | None = None) -> list[Rule]:
    zone = ZoneInfo(settings.devices_zone) if settings.devices_zone else None
    file = settings.data_path / DEVICES_FILE
    own: list[Rule] = [*read(file.read_bytes(), zone)] if file.exists() else []
    names = DEVICE_PRESETS if presets == "all" else listed(presets)
    given = Given(zone, settings.prefixes, births)
    return own + [PRESETS[name](given) for name in DEVICE_PRESETS if name in names]


def unwanted(settings: Settings, wanted: list[str]) -> list[str]:
    """Filters that a session may have from when more was switched on."""
    # Not those that bring large packages; what Home Assistant's entities sent on is known to nobody any more.
    presets = ",".join(name for name in DEVICE_PRESETS if name not in ("homeassistant", "sparkplug"))
    every = [*FILTERS, *(one for rule in rules_of(settings, presets) for one in rule.filters)]
    return [one for one in dict.fromkeys(every) if one not in wanted]
