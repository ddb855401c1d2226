"""What Home Assistant takes: its own rules for MQTT device discovery, as of version 2025.4.4.

Read in its `components/mqtt` (schemas.py, sensor.py, binary_sensor.py, abbreviations.py,
discovery.py) and `components/sensor/const.py`, as far as PerfWatch uses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TOPIC = re.compile(r"homeassistant/device/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")

# Abbreviation → the kind that Home Assistant wants there.
DEVICE: dict[str, type] = {"ids": list, "name": str, "mf": str, "mdl": str, "sw": str, "hw": str, "cu": str}
ORIGIN: dict[str, type] = {"name": str, "sw": str, "url": str}
MESSAGE: dict[str, type] = {"dev": dict, "o": dict, "avty_t": str, "cmps": dict}
_ENTITY: dict[str, type] = {
    "p": str,
    "uniq_id": str,
    "name": str,
    "stat_t": str,
    "val_tpl": str,
    "dev_cla": str,
    "exp_aft": int,
    "ent_cat": str,
    "en": bool,
    "avty_tpl": str,
}
PLATFORMS: dict[str, dict[str, type]] = {
    "sensor": _ENTITY | {"stat_cla": str, "unit_of_meas": str, "sug_dsp_prc": int},
    "binary_sensor": _ENTITY | {"pl_on": str, "pl_off": str},
}
CATEGORIES = {"config", "diagnostic"}
BINARY_CLASSES = {"connectivity"}

_MEASUREMENT = {"measurement"}
_ANY_STATE = {"measurement", "total", "total_increasing"}
# Device class → its units, and the state classes it may have.
SENSOR_CLASSES: dict[str, tuple[set[str], set[str]]] = {
    "battery": ({"%"}, _MEASUREMENT),
    "data_rate": (
        {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s", "MB/s", "GB/s", "KiB/s", "MiB/s", "GiB/s"},
        _MEASUREMENT,
    ),
    "data_size": ({"B", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "PiB"}, _ANY_STATE),
    "duration": ({"d", "h", "min", "s", "ms", "μs"}, _ANY_STATE),
    "frequency": ({"Hz", "kHz", "MHz", "GHz"}, _MEASUREMENT),
    "power": ({"mW", "W", "kW", "MW", "GW", "TW"}, _MEASUREMENT),
    "temperature": ({"°C", "°F", "K"}, _MEASUREMENT),
    "timestamp": (set(), set()),
}


def check(topic: str, message: Mapping[str, Any]) -> None:
    """Fail with the first rule that a discovery message breaks."""
    assert TOPIC.fullmatch(topic), topic
    _check_keys(message, MESSAGE, required=("dev", "o", "cmps"))
    _check_keys(message["dev"], DEVICE, required=("ids",))
    assert message["dev"]["ids"]
    assert re.match(r"https?://\w", message["dev"].get("cu", "http://none"))
    _check_keys(message["o"], ORIGIN, required=("name",))
    assert re.match(r"https?://\w", message["o"]["url"])
    identities = [component["uniq_id"] for component in message["cmps"].values() if len(component) > 1]
    assert len(set(identities)) == len(identities)
    for key, component in message["cmps"].items():
        assert " " not in key
        if len(component) > 1:  # what is only named is removed
            _check_component(component)
        assert component["p"] in PLATFORMS


def _check_component(component: Mapping[str, Any]) -> None:
    _check_keys(component, PLATFORMS[component["p"]], required=("p", "uniq_id", "stat_t"))
    assert component.get("ent_cat", "diagnostic") in CATEGORIES
    assert component.get("exp_aft", 1) > 0
    assert component.get("sug_dsp_prc", 0) >= 0
    assert not re.search(r"[+#]", component["stat_t"])
    device_class = component.get("dev_cla")
    if component["p"] == "binary_sensor":
        assert device_class in BINARY_CLASSES
    elif device_class is None:
        assert component.get("stat_cla", "measurement") in _ANY_STATE
    else:
        units, states = SENSOR_CLASSES[device_class]
        for name, allowed in (("unit_of_meas", units), ("stat_cla", states)):
            assert component[name] in allowed if allowed else name not in component, component


def _check_keys(part: Mapping[str, Any], known: Mapping[str, type], required: tuple[str, ...]) -> None:
    assert part.keys() <= known.keys(), part.keys() - known.keys()
    assert set(required) <= part.keys(), set(required) - part.keys()
    for name, value in part.items():
        assert type(value) is known[name], (name, value)
