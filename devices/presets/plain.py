"""Numbers and words on any topic, and readings on our own topics in other forms. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from devices.flatten import told_time
from devices.names import Names, device_name, metric_name
from devices.rule import Found, Take, found, skip
from devices.values import NotOurs, Own, decode, number
from perfwatch.errors import PayloadError
from perfwatch.readings.codec import decode_undeclared
from perfwatch.topics import Kind, Topics

_NAMES = Names()
_COMMANDS = ("set", "get", "command", "cmd")


class Plain:
    """The last level of a topic is the metric, what is before it the device.

    An object counts as its `value`, which may have a time beside it, as Victron and Z-Wave JS send it.
    On `<prefix>/<device>/<metric>` objects are taken too, with any form of time or none.
    """

    name = "plain"
    filters = ("#",)
    facts = ()

    def __init__(self, zone: tzinfo | None, topics: Topics) -> None:
        self._zone = zone
        self._topics = topics

    def route(self, levels: Sequence[str]) -> Take | None:
        ours = self._topics.parse("/".join(levels))
        if ours is None:
            named = [level for level in levels if level]
            return self._scalar(named) if len(named) > 1 else None
        if ours.kind not in (Kind.METRIC, Kind.SCALAR):
            return None
        device, metric = device_name(ours.host), metric_name(ours.metric, *ours.path)
        return lambda payload: [self._ours(device, metric, payload)]

    def _scalar(self, levels: Sequence[str]) -> Take:
        if levels[-1] in _COMMANDS or levels[0] == "cmnd":
            return skip("it is a command to a device")
        device, metric = device_name("_".join(levels[:-1])), metric_name(levels[-1])

        def take(payload: bytes) -> list[Found]:
            content = decode(payload)
            time = None
            if isinstance(content, dict) and "value" in content:
                time, content = told_time(content, self._zone)[0], content["value"]
            if number(content) is None:
                raise NotOurs("it is no number and no word like on or off; a mapping can take it")
            return [found(device, metric, content, _NAMES, self._zone)._replace(time=time)]

        return take

    def _ours(self, device: str, metric: str, payload: bytes) -> Found:
        content = decode(payload)
        if isinstance(content, dict) and _is_reading(payload):
            raise Own("it is a reading already")
        return found(device, metric, content, _NAMES, self._zone)


def _is_reading(payload: bytes) -> bool:
    """Whether the bridge takes it as it is. All that we publish is: so nothing is ever taken twice."""
    try:
        decode_undeclared("", payload)
    except PayloadError:
        return False
    return True
