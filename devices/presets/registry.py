"""The presets by name, in the order in which they are asked: the more a topic says, the earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import NamedTuple

from devices.discovery.rule import HomeAssistant
from devices.presets.esphome import EspHome
from devices.presets.homie import Homie
from devices.presets.plain import Plain
from devices.presets.rtl433 import Rtl433
from devices.presets.shelly import Shelly
from devices.presets.tasmota import Tasmota
from devices.presets.telegraf import Telegraf
from devices.presets.zigbee2mqtt import Zigbee2Mqtt
from devices.rule import Rule
from devices.sparkplug.births import Births
from devices.sparkplug.rule import Sparkplug
from perfwatch.topics import Prefixes, Topics


class Given(NamedTuple):
    """What a preset may need: the zone of times without one, prefixes, and where births are kept."""

    zone: tzinfo | None
    prefixes: Prefixes = Prefixes()
    births: Births | None = None


PRESETS: Mapping[str, Callable[[Given], Rule]] = {
    "zigbee2mqtt": lambda given: Zigbee2Mqtt(given.zone),
    "tasmota": lambda given: Tasmota(given.zone),
    "homie": lambda given: Homie(given.zone),
    "telegraf": lambda given: Telegraf(given.zone),
    "rtl_433": lambda given: Rtl433(given.zone),
    "sparkplug": lambda given: Sparkplug(given.births),
    "homeassistant": lambda given: HomeAssistant(given.zone, given.prefixes),
    "shelly": lambda given: Shelly(given.zone),
    "esphome": lambda given: EspHome(given.zone),
    "plain": lambda given: Plain(given.zone, Topics(given.prefixes.topics)),
}
