"""Whatever a stranger publishes raises nothing but Unusable, which the service counts and passes over."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.presets.registry import PRESETS
from devices.values import Unusable
from tests.devices.taking import NOW, taker

_LEVELS = st.sampled_from(["", " ", "x", "0", "\x01", "é", "$SYS", "config", "state", "set", "online"])
_FIRST = {
    "zigbee2mqtt": ["zigbee2mqtt/{}", "zigbee2mqtt/{}/availability", "zigbee2mqtt/{}/{}"],
    "tasmota": ["tele/{}/SENSOR", "tele/{}/STATE", "tele/{}/LWT", "tele/{}/{}/SENSOR"],
    "homie": ["homie/{}/$state", "homie/{}/{}/{}", "homie/5/{}/$description", "homie/{}/{}/{}/$unit"],
    "telegraf": ["telegraf/{}", "telegraf"],
    "homeassistant": ["homeassistant/sensor/{}/config", "homeassistant/device/{}/config", "a/b"],
    "shelly": ["shellies/{}", "shellies/{}/{}", "{}/status/{}", "{}/events/rpc", "{}/online"],
    "esphome": ["{}/sensor/{}/state", "{}/status", "{}/climate/{}/{}/state"],
    "sparkplug": [
        "spBv1.0/{}/NBIRTH/{}",
        "spBv1.0/{}/DDATA/{}/{}",
        "spBv1.0/{}/NDEATH/{}",
        "spBv1.0/{}/DBIRTH/",
    ],
    "rtl_433": ["rtl_433/{}/events", "rtl_433/{}/devices/{}"],
    "plain": ["{}", "{}/{}", "perfwatch/{}/{}"],
}
_NAMES = st.sampled_from(
    [
        *(
            "method",
            "params",
            "ZbReceived",
            "tags",
            "fields",
            "name",
            "host",
            "metrics",
            "nodes",
            "properties",
        ),
        *(
            "stat_t",
            "dev",
            "ids",
            "cmps",
            "p",
            "val_tpl",
            "avty",
            "t",
            "ts",
            "time",
            "unit",
            "pl_on",
            "state",
        ),
    ]
)
_WORDS = st.sampled_from(
    ["", " ", "a/b", "on", "NaN", "sensor", "NotifyStatus", "{{ value }}", "{{", "°C", "\ud800"]
)
_CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=12,
)
_PAYLOADS = st.binary(max_size=20) | _CONTENT.map(lambda content: json.dumps(content).encode())


def test_every_preset_is_tried() -> None:
    assert _FIRST.keys() == PRESETS.keys()


@pytest.mark.parametrize("preset", _FIRST)
def test_only_unusable_is_raised(preset: str) -> None:
    takes = taker(preset)

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(_FIRST[preset]), st.lists(_LEVELS, min_size=3, max_size=3), _PAYLOADS)
    def tried(shape: str, levels: list[str], payload: bytes) -> None:
        with suppress(Unusable):
            takes.take(shape.format(*levels), payload, NOW)

    tried()
