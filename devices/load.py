"""The rules that are switched on."""

from __future__ import annotations

from datetime import tzinfo

from devices.mapping import made
from devices.presets.registry import PRESETS, Given
from devices.rule import Rule
from devices.sparkplug.births import Births
from devices.taker import Taker
from perfwatch.devices.file import Chosen, chosen
from perfwatch.setting_types import DEVICE_PRESETS
from perfwatch.settings import Settings
from perfwatch.topics import Prefixes, Topics


def taker_of(settings: Settings, births: Births | None = None, or_all: bool = False) -> Taker:
    """By what is on; with `or_all`, by every preset where none is. Raises SettingError."""
    what = chosen(settings)
    if or_all and not what.presets:
        what.presets = list(DEVICE_PRESETS)
    return Taker(rules_of(what, settings.prefixes, births), Topics(settings.topic_prefix))


def rules_of(what: Chosen, prefixes: Prefixes, births: Births | None = None) -> list[Rule]:
    """The user's mappings first, then the presets. Raises SettingError."""
    zone = _zone(what.zone) if what.zone else None
    own: list[Rule] = [*made(what.mappings, zone)]
    given = Given(zone, prefixes, births)
    return own + [PRESETS[name](given) for name in what.presets]


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # most devices tell their zone, or no time at all

    return ZoneInfo(name)


def unwanted(settings: Settings, wanted: list[str]) -> list[str]:
    """Filters that a session may have from when more was switched on."""
    # What Home Assistant's entities sent on is known to nobody any more.
    rules = rules_of(Chosen([*DEVICE_PRESETS], "", []), settings.prefixes)
    every = [one for rule in rules for one in rule.filters]
    return [one for one in dict.fromkeys(every) if one not in wanted]
