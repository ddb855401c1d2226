"""The presets by name, in the order in which they are asked: the more a topic says, the earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

from devices.presets.esphome import EspHome
from devices.presets.homie import Homie
from devices.presets.plain import Plain
from devices.presets.shelly import Shelly
from devices.presets.tasmota import Tasmota
from devices.presets.telegraf import Telegraf
from devices.presets.zigbee2mqtt import Zigbee2Mqtt
from devices.rule import Rule
from perfwatch.topics import Prefixes, Topics


def _homeassistant(zone: tzinfo | None, prefixes: Prefixes) -> Rule:
    # Only here: Jinja2 takes 12 MB, and most presets do without.
    from devices.discovery.rule import HomeAssistant

    return HomeAssistant(zone, prefixes.discovery)


PRESETS: Mapping[str, Callable[[tzinfo | None, Prefixes], Rule]] = {
    "zigbee2mqtt": lambda zone, _: Zigbee2Mqtt(zone),
    "tasmota": lambda zone, _: Tasmota(zone),
    "homie": lambda zone, _: Homie(zone),
    "telegraf": lambda zone, _: Telegraf(zone),
    "homeassistant": _homeassistant,
    "shelly": lambda zone, _: Shelly(zone),
    "esphome": lambda zone, _: EspHome(zone),
    "plain": lambda zone, prefixes: Plain(zone, Topics(prefixes.topics)),
}
