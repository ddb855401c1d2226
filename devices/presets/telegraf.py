"""Telegraf's JSON: one metric, or a batch of them, with their host among the tags. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from devices.counters import Counters, Rate
from devices.flatten import flatten
from devices.names import Names, device_name, metric_name
from devices.rule import Found, Take
from devices.values import Unusable, decode, moment

_NAMES = Names({"temp": None, "power": None, "current": None, "energy": None, "battery": None})
_BASE = "telegraf"
_MAX_METRICS = 1000

# Telegraf's JSON does not say which fields count; these inputs' do.
_COUNTING = {
    "net": "bytes_sent bytes_recv packets_sent packets_recv err_in err_out drop_in drop_out",
    "diskio": "reads writes read_bytes write_bytes",
    "kernel": "interrupts context_switches processes_forked",
}
_COUNTERS: Mapping[str, Counters] = {
    name: {field: Rate(f"{field}_per_sec", 1) for field in fields.split()}
    for name, fields in _COUNTING.items()
}


class Telegraf:
    """What `outputs.mqtt` sends with data_format = "json", whatever the levels of its topic."""

    name = "telegraf"
    filters = (f"{_BASE}/#",)
    facts = ()

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        if levels[0] != _BASE:
            return None
        device = levels[1] if len(levels) > 1 else _BASE
        return lambda payload: self._taken(device, decode(payload))

    def _taken(self, device: str, content: object) -> list[Found]:
        if not isinstance(content, dict):
            raise Unusable('Telegraf sends objects (data_format = "json"), and this is none')
        metrics = content["metrics"] if isinstance(content.get("metrics"), list) else [content]
        return [self._metric(device, one) for one in metrics[:_MAX_METRICS]]

    def _metric(self, device: str, one: object) -> Found:
        fields = one.get("fields") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(fields, dict):
            raise Unusable("a metric of Telegraf has fields, and this has none")
        given = one.get("tags")
        tags: dict[str, Any] = given if isinstance(given, dict) else {}
        host = str(tags.get("host") or device)
        metric = metric_name(str(one.get("name", "value")), *_further(tags))
        time = moment(one.get("timestamp"), self._zone)
        counters = _COUNTERS.get(str(one.get("name")), {})
        return Found(device_name(host), metric, flatten(fields, _NAMES), time, counters=counters)


def _further(tags: Mapping[str, Any]) -> list[str]:
    """The tags but for the host: a disk's or a core's numbers are readings of their own."""
    return [str(value) for name, value in sorted(tags.items()) if name != "host"]
