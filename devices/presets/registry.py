"""The presets by name, in the order in which they are asked: the more a topic says, the earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from devices.presets.esphome import EspHome
from devices.presets.homie import Homie
from devices.presets.plain import Plain
from devices.presets.rtl433 import Rtl433
from devices.presets.shelly import Shelly
from devices.presets.tasmota import Tasmota
from devices.presets.telegraf import Telegraf
from devices.presets.zigbee2mqtt import Zigbee2Mqtt
from devices.rule import Rule
from perfwatch.topics import Prefixes, Topics

if TYPE_CHECKING:
    from devices.sparkplug.births import Births


class Given(NamedTuple):
    """What a preset may need: the zone of times without one, prefixes, and where births are kept."""

    zone: tzinfo | None
    prefixes: Prefixes = Prefixes()
    births: Births | None = None


def _sparkplug(given: Given) -> Rule:
    # Only here, as below: protobuf takes 3 MB, and Jinja2 as much.
    from devices.sparkplug.rule import Sparkplug

    return Sparkplug(given.births)


def _homeassistant(given: Given) -> Rule:
    from devices.discovery.rule import HomeAssistant

    return HomeAssistant(given.zone, given.prefixes)


PRESETS: Mapping[str, Callable[[Given], Rule]] = {
    "zigbee2mqtt": lambda given: Zigbee2Mqtt(given.zone),
    "tasmota": lambda given: Tasmota(given.zone),
    "homie": lambda given: Homie(given.zone),
    "telegraf": lambda given: Telegraf(given.zone),
    "rtl_433": lambda given: Rtl433(given.zone),
    "sparkplug": _sparkplug,
    "homeassistant": _homeassistant,
    "shelly": lambda given: Shelly(given.zone),
    "esphome": lambda given: EspHome(given.zone),
    "plain": lambda given: Plain(given.zone, Topics(given.prefixes.topics)),
}
