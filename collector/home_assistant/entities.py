"""Home Assistant's device discovery: a reading's shape → the entities that show it.

One table says which fields become entities; a new source is a few rows. Nothing here is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from perfwatch.readings.base import Reading
from perfwatch.topics import plain_id
from perfwatch.units import Unit, unit_of

EACH = "*"

Component = dict[str, Any]
Steps = tuple[str | int, ...]

# Their places are the kernel's numbers of cores; other lists are counted as people count.
_OF_CORES = ("per_core", "frequency_mhz")
_LITERAL = re.compile(r"[^a-zA-Z0-9 /._-]")


class Entity(NamedTuple):
    """A field that becomes an entity. `EACH` in the path stands for every name or place there is.

    `name` has one {} for each `EACH`. What is not `main` is a diagnostic that Home Assistant's user
    must enable.
    """

    path: tuple[str, ...]
    name: str
    main: bool = True
    state_class: str = "measurement"

    @property
    def field(self) -> str:
        """The last name in the path; a place in a list has none."""
        return next(step for step in reversed(self.path) if step != EACH and not step.isdecimal())


class Found(NamedTuple):
    """A field that a reading has, with the names and places that `EACH` stood for."""

    key: str
    entity: Entity
    unit: Unit
    steps: Steps
    label: str


def _shown(path: str, name: str) -> Entity:
    return Entity(tuple(path.split(".")), name)


def _more(path: str, name: str) -> Entity:
    return Entity(tuple(path.split(".")), name, main=False)


def _total(path: str, name: str) -> Entity:
    return Entity(tuple(path.split(".")), name, main=False, state_class="total_increasing")


ENTITIES: dict[str, tuple[Entity, ...]] = {
    "cpu": (
        _shown("usage_percent", "CPU usage"),
        _shown("load_average.0", "Load (1 min)"),
        _shown("load_average.1", "Load (5 min)"),
        _shown("load_average.2", "Load (15 min)"),
        _shown("temperature_celsius.*", "CPU temperature {}"),
        _more("per_core.*", "Core {} usage"),
        _more("user", "CPU user"),
        _more("system", "CPU system"),
        _more("iowait", "CPU waiting for disks"),
        _more("steal", "CPU stolen"),
        _more("frequency_mhz.*", "Core {} frequency"),
        _total("interrupts", "Interrupts"),
        _total("context_switches", "Context switches"),
    ),
    "memory": (
        _shown("usage_percent", "Memory usage"),
        _shown("used_bytes", "Memory used"),
        _shown("available_bytes", "Memory available"),
        _shown("swap_percent", "Swap usage"),
        _more("total_bytes", "Memory total"),
        _more("free_bytes", "Memory free"),
        _more("cached_bytes", "Memory cached"),
        _more("buffers_bytes", "Memory buffers"),
        _more("shared_bytes", "Memory shared"),
        _more("swap_used_bytes", "Swap used"),
        _more("swap_free_bytes", "Swap free"),
    ),
    "network": (
        _shown("bytes_recv_per_sec", "Network down"),
        _shown("bytes_sent_per_sec", "Network up"),
        _more("interfaces.*.bytes_recv_per_sec", "Network {} down"),
        _more("interfaces.*.bytes_sent_per_sec", "Network {} up"),
        _total("interfaces.*.errors_in", "Network {} errors in"),
        _total("interfaces.*.errors_out", "Network {} errors out"),
        _more("connections.tcp.established", "TCP connections"),
        _more("connections.udp.count", "UDP sockets"),
    ),
    "disk": (
        _shown("read_bytes_per_sec", "Disk read"),
        _shown("write_bytes_per_sec", "Disk write"),
        _shown("partitions.*.usage_percent", "Disk {} usage"),
        _shown("partitions.*.free_bytes", "Disk {} free"),
        _more("partitions.*.used_bytes", "Disk {} used"),
        _more("partitions.*.total_bytes", "Disk {} total"),
        _more("arrays.*.disks_active", "RAID {} disks active"),
        _more("drives.*.reallocated_sectors", "Drive {} reallocated sectors"),
        _more("drives.*.pending_sectors", "Drive {} pending sectors"),
        _more("drives.*.wear_percent", "Drive {} wear"),
        _more("devices.*.read_bytes_per_sec", "Disk {} read"),
        _more("devices.*.write_bytes_per_sec", "Disk {} write"),
        _more("devices.*.read_latency_ms", "Disk {} read latency"),
        _more("devices.*.write_latency_ms", "Disk {} write latency"),
    ),
    "perf_events": (
        _more("instructions_per_cycle", "Instructions per cycle"),
        _more("branch_miss_percent", "Branch misses"),
        _more("llc_miss_percent", "Last level cache misses"),
    ),
    "memory_bandwidth": (
        _more("page_io_bytes_per_sec", "Page traffic"),
        _more("swap_io_bytes_per_sec", "Swap traffic"),
    ),
    "sensors": (
        _shown("battery_percent", "Battery"),
        _more("temperatures.*.celsius", "{} temperature"),
        _more("fans.*.rpm", "{} fan"),
    ),
    "gpu": (
        _shown("gpus.*.usage_percent", "GPU {} usage"),
        _shown("gpus.*.memory_percent", "GPU {} memory usage"),
        _shown("gpus.*.temperature_celsius", "GPU {} temperature"),
        _shown("gpus.*.power_watts", "GPU {} power"),
        _more("gpus.*.memory_used_bytes", "GPU {} memory used"),
        _more("gpus.*.clock_mhz", "GPU {} clock"),
        _more("gpus.*.fan_percent", "GPU {} fan"),
    ),
    "pressure": (_more("resources.*.some_avg60_percent", "Pressure {} (1 min)"),),
    "processes": (_more("count", "Processes"), _more("zombies", "Zombie processes")),
    "containers": (_more("running", "Containers running"),),
    "system": (_more("user_count", "Users logged in"),),
    "systemd": (_shown("failed", "Failed units"),),
}


def shape(reading: Reading) -> Sequence[object]:
    """What decides which places a reading has: equal for two that have the same. Cheap, unlike `places`."""
    return [_shape(value) for value in astuple(reading)]


def _shape(value: Any) -> object:
    if isinstance(value, Mapping):
        return [(name, _is_uncounted(part)) for name, part in value.items()]
    return len(value) if isinstance(value, list) else isinstance(value, Struct)


def places(metric: str, reading: Reading | Mapping[str, Any]) -> Iterator[Found]:
    """What becomes an entity, of a reading of that shape."""
    for entity in ENTITIES.get(metric, ()):
        for steps, labels in _walk(reading, entity.path):
            key = "_".join([metric, *(plain_id(str(step)) for step in steps)])
            name = " ".join(entity.name.format(*labels).split())
            yield Found(key, entity, unit_of(metric, entity.field), steps, name)


def has_value(reading: Reading | Mapping[str, Any], steps: Steps) -> bool:
    """Whether there is one at that place, which the reading has."""
    value: Any = reading
    for step in steps:
        value = getattr(value, str(step)) if isinstance(value, Struct) else value[step]
    return value is not None


def sensor(one: Found, topic: str, identity: str, expire_after: int) -> Component:
    """The entity's configuration, in Home Assistant's abbreviations."""
    entity, unit = one.entity, one.unit
    component: Component = {
        "p": "sensor",
        "uniq_id": f"{identity}_{one.key}",
        "name": one.label,
        "stat_t": topic,
        "val_tpl": template(one.steps, unit.base**unit.step),
        "exp_aft": expire_after,
        "sug_dsp_prc": unit.digits,
        "stat_cla": entity.state_class,
        "dev_cla": unit.device_class,
        "unit_of_meas": unit.names[unit.step] or None,
    }
    if not entity.main:
        component |= {"ent_cat": "diagnostic", "en": False}
    return {name: value for name, value in component.items() if value is not None}


def template(steps: Sequence[str | int], divide: int = 1) -> str:
    """A value template for that place in a JSON payload: `None` when it is null or not there."""
    value = "value_json"
    for index, step in enumerate(steps):
        empty = "[]" if isinstance(step, int) else "{}"
        holder = value if index == 0 else f"({value} or {empty})"
        value = f"{holder}[{step}]" if isinstance(step, int) else f"{holder}.get({_quoted(step)})"
    shown = "v" if divide == 1 else f"(v / {divide}) | round(3)"
    return f"{{% set v = {value} %}}{{{{ {shown} if v is number else none }}}}"


def _quoted(name: str) -> str:
    # A mount point may hold quotes, braces and what not: all but the plainest is escaped.
    return "'" + _LITERAL.sub(lambda match: f"\\U{ord(match[0]):08x}", name) + "'"


def _is_uncounted(part: Any) -> bool:
    """Whether the sums leave it out: a bridge, a container's interface, a partition of a disk."""
    return (part.get("counted") if isinstance(part, Mapping) else getattr(part, "counted", None)) is False


def _walk(
    value: Any, path: Sequence[str], steps: Steps = (), labels: tuple[str, ...] = ()
) -> Iterator[tuple[Steps, tuple[str, ...]]]:
    """Each place that the path leads to: its steps, and the labels of what `EACH` stood for."""
    if not path:
        yield steps, labels
        return
    step, rest = path[0], path[1:]
    if isinstance(value, Struct):
        if hasattr(value, step):
            yield from _walk(getattr(value, step), rest, (*steps, step), labels)
    elif isinstance(value, Mapping):
        for name in value if step == EACH else (step,):
            if name in value and not (step == EACH and _is_uncounted(value[name])):
                label = (*labels, name) if step == EACH else labels
                yield from _walk(value[name], rest, (*steps, name), label)
    elif isinstance(value, list):
        for place in range(len(value)) if step == EACH else (int(step),):
            if place < len(value):
                # The only one of its kind needs no number.
                first = 0 if steps[-1] in _OF_CORES else 1
                number = str(first + place) if len(value) > 1 else ""
                label = (*labels, number) if step == EACH else labels
                yield from _walk(value[place], rest, (*steps, place), label)
