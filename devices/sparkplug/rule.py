"""Sparkplug B: spBv1.0/<group>/<N or D and what it is>/<edge node>[/<device>]. No input or output.

A birth names a node's or a device's metrics, and may give each an alias, by which alone later messages
call it. Births are not retained; so what they said is kept in `births`, also over a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from devices.flatten import keep
from devices.names import device_name
from devices.rule import Found, Take
from devices.sparkplug.births import FILTERS, Birth, Births, Declared
from devices.sparkplug.metrics import SESSION, declared, flat, holder, is_measured, value_of
from devices.values import NotOurs, Unusable, Value, moment

MAX_METRICS = 100_000


class Sparkplug:
    """Nodes and devices by group, node and device. It asks nobody for a birth: that would be a command."""

    name = "sparkplug"
    filters = FILTERS
    facts = ()

    def __init__(self, births: Births | None = None) -> None:
        self._births: Births = {} if births is None else births
        self._count = sum(len(one.metrics) for one in self._births.values())

    def route(self, levels: Sequence[str]) -> Take | None:
        match levels:
            case ["spBv1.0", group, kind, *place] if len(place) == {"N": 1, "D": 2}.get(kind[:1]):
                take = {"BIRTH": self._born, "DATA": self._told, "DEATH": self._died}.get(kind[1:])
                if take is not None:
                    return partial(_listed, take, "/".join((group, *place)))
        return None

    def _born(self, place: str, content: Any) -> Iterator[Found]:
        metrics = [(name, one) for metric in content.metrics for name, one in flat(metric, metric.name)]
        session = next((one.long_value or one.int_value for name, one in metrics if name == SESSION), None)
        self._keep(place, Birth([declared(one, name) for name, one in metrics if is_measured(name)], session))
        yield _availability(place, True)
        yield from self._told(place, content)

    def _keep(self, place: str, birth: Birth) -> None:
        before = self._births.get(place)
        count = self._count + len(birth.metrics) - (len(before.metrics) if before else 0)
        if count > MAX_METRICS:
            raise Unusable(f"more than {MAX_METRICS:,} metrics are known, and no more are taken")
        if birth != before:
            self._births[place], self._count = birth, count

    def _told(self, place: str, content: Any) -> Iterator[Found]:
        birth = self._births.get(place, Birth([]))
        readings: dict[tuple[int, bool], dict[str, Value]] = {}
        for known, metric in _known(birth, content.metrics):
            if not metric.is_transient and (metric.is_null or holder(metric)):
                when = metric.timestamp or content.timestamp, metric.is_historical
                value = value_of(metric, metric.datatype or known.datatype)
                keep(readings.setdefault(when, {}), known.field(), value)
        if not birth.metrics and not readings:
            raise Unusable("its birth, which names its metrics, was not seen: have the edge node rebirth")
        for (time, late), fields in readings.items():
            yield Found(device_name(place), "sparkplug", fields, moment(time, None), late)

    def _died(self, place: str, content: Any) -> Iterator[Found]:
        born = self._births.get(place)
        ended = [one.long_value or one.int_value for one in content.metrics if one.name == SESSION]
        if born and born.session is not None and ended and ended[0] != born.session:
            raise NotOurs("it is the will of an earlier session of this edge node")
        for one in (place, *(other for other in self._births if other.startswith(f"{place}/"))):
            yield _availability(one, False)


def _listed(take: Callable[[str, Any], Iterator[Found]], place: str, payload: bytes) -> list[Found]:
    from devices.sparkplug.payload import decode  # protobuf, 3 MB of a home that has any

    return list(take(place, decode(payload)))


def _known(birth: Birth, metrics: Any) -> Iterator[tuple[Declared, Any]]:
    """Metrics with what is known of each; without those that have an alias which no birth declared."""
    for metric in metrics:
        given = birth.by_alias.get(metric.alias) if not metric.name else None
        name = given.name if given else metric.name
        if name and is_measured(name):
            for full, one in flat(metric, name):
                yield birth.by_name.get(full) or declared(one, full), one


def _availability(place: str, there: bool) -> Found:
    return Found(device_name(place), "availability", {"available": int(there)})
