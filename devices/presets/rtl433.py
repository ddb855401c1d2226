"""rtl_433: what sensors of any make send by radio, all of it on rtl_433/<host>/events. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from devices.counters import rate_of
from devices.flatten import keep, told_time
from devices.names import UNITS, Measure, Name, Names, device_name, named, plain
from devices.rule import Found, Take, skip
from devices.values import Unusable, Value, decode

_BASE = "rtl_433"
_NAMES = Names()

# Names end in what is measured, in capitals as physicists write it.
_MEASURED: Mapping[str, Measure] = {
    "_C": UNITS["°C"],
    "_F": UNITS["°F"],
    "_hPa": UNITS["hPa"],
    "_kPa": UNITS["kPa"],
    "_inHg": UNITS["inHg"],
    "_lux": UNITS["lx"],
    "_ppm": UNITS["ppm"],
    "_V": UNITS["V"],
    "_mV": UNITS["mV"],
    "_A": UNITS["A"],
    "_W": UNITS["W"],
    "_kWh": UNITS["kWh"],
}
_WHO = ("model", "channel", "id")
_LEFT_OUT = (*_WHO, "mic", "protocol", "subtype", "mod", "type")
_COUNTING = {
    name: rate_of(name) for name in ("rain_mm", "rain_in", "consumption", "consumption_data", "energy_kwh")
}


class Rtl433:
    """A device is its model, channel and number."""

    name = "rtl_433"
    filters = (f"{_BASE}/+/events",)
    facts = ()

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        match levels:
            case [base, _, "events"] if base == _BASE:
                return lambda payload: [self._heard(decode(payload))]
            case [base, _, "devices" | "states", *_] if base == _BASE:
                return skip("it is on the topic of events too")
        return None

    def _heard(self, content: object) -> Found:
        if not isinstance(content, dict) or not isinstance(content.get("model"), str):
            raise Unusable("rtl_433 sends objects with a model here, and this is none")
        time, rest = told_time(content, self._zone)
        fields: dict[str, Value] = {}
        for name, value in rest.items():
            if name.lower() not in _LEFT_OUT:
                keep(fields, _named(name), value)
        device = device_name("_".join(str(content[part]) for part in _WHO if content.get(part) is not None))
        return Found(device, "radio", fields, time, counters=_COUNTING)


def _named(name: str) -> Name:
    for ending, measure in _MEASURED.items():
        if name.endswith(ending):
            return named(plain(name.removesuffix(ending)), measure)
    return _NAMES.of((name,))
