"""Home Assistant's device discovery: a reading's shape → the entities that show it.

One table says which fields become entities; a new source is a few rows. Nothing here is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from perfwatch.readings import HostInfo
from perfwatch.topics import Topics, plain_id

SUPPORT_URL = "https://github.com/perfwatch/perfwatch"
EACH = "*"
MAXIMUM = 600
"""So many entities a host has at most: the message must stay below what brokers take (1 MiB)."""

Component = dict[str, Any]

_KIB, _GIB = 1000, 1 << 30
# Made and removed with each container or virtual machine.
_FLEETING = re.compile(r"(veth|docker|br-|virbr|tap|vnet|cali|flannel|cni).*")
_LITERAL = re.compile(r"[^a-zA-Z0-9 /._-]")


class Entity(NamedTuple):
    """A field that becomes an entity. `EACH` in the path stands for every name or place there is.

    `name` has one {} for each `EACH`. The value is divided by `divide` to have `unit`. What is not
    `main` is a diagnostic that Home Assistant's user must enable.
    """

    path: tuple[str, ...]
    name: str
    unit: str | None = None
    device_class: str | None = None
    precision: int = 1
    divide: int = 1
    state_class: str | None = "measurement"
    main: bool = True


class Found(NamedTuple):
    """A field that a reading has, with the names and places that `EACH` stood for."""

    key: str
    entity: Entity
    steps: tuple[str | int, ...]
    label: str
    known: bool
    """Whether it has a value now."""


def _percent(path: str, name: str, main: bool = True) -> Entity:
    return Entity(tuple(path.split(".")), name, "%", main=main)


def _size(path: str, name: str, main: bool = True) -> Entity:
    return Entity(tuple(path.split(".")), name, "GiB", "data_size", 2, _GIB, main=main)


def _rate(path: str, name: str, main: bool = True) -> Entity:
    return Entity(tuple(path.split(".")), name, "kB/s", "data_rate", 1, _KIB, main=main)


def _count(path: str, name: str, unit: str | None = None) -> Entity:
    return Entity(tuple(path.split(".")), name, unit, precision=0, main=False)


def _total(path: str, name: str) -> Entity:
    return Entity(tuple(path.split(".")), name, None, None, 0, state_class="total_increasing", main=False)


ENTITIES: dict[str, tuple[Entity, ...]] = {
    "cpu": (
        _percent("usage_percent", "CPU usage"),
        Entity(("load_average", "0"), "Load (1 min)", precision=2),
        Entity(("load_average", "1"), "Load (5 min)", precision=2),
        Entity(("load_average", "2"), "Load (15 min)", precision=2),
        Entity(("temperature_celsius", EACH), "CPU temperature {}", "°C", "temperature"),
        _percent("per_core.*", "Core {} usage", main=False),
        _percent("user", "CPU user", main=False),
        _percent("system", "CPU system", main=False),
        _percent("iowait", "CPU waiting for disks", main=False),
        _percent("steal", "CPU stolen", main=False),
        Entity(("frequency_mhz", EACH), "Core {} frequency", "MHz", "frequency", 0, main=False),
        _total("interrupts", "Interrupts"),
        _total("context_switches", "Context switches"),
    ),
    "memory": (
        _percent("usage_percent", "Memory usage"),
        _size("used_bytes", "Memory used"),
        _size("available_bytes", "Memory available"),
        _percent("swap_percent", "Swap usage"),
        _size("total_bytes", "Memory total", main=False),
        _size("free_bytes", "Memory free", main=False),
        _size("cached_bytes", "Memory cached", main=False),
        _size("buffers_bytes", "Memory buffers", main=False),
        _size("shared_bytes", "Memory shared", main=False),
        _size("swap_used_bytes", "Swap used", main=False),
        _size("swap_free_bytes", "Swap free", main=False),
    ),
    "network": (
        _rate("bytes_recv_per_sec", "Network down"),
        _rate("bytes_sent_per_sec", "Network up"),
        _rate("interfaces.*.bytes_recv_per_sec", "Network {} down", main=False),
        _rate("interfaces.*.bytes_sent_per_sec", "Network {} up", main=False),
        _total("interfaces.*.errors_in", "Network {} errors in"),
        _total("interfaces.*.errors_out", "Network {} errors out"),
        _count("connections.tcp.established", "TCP connections"),
        _count("connections.udp.count", "UDP sockets"),
    ),
    "disk": (
        _rate("read_bytes_per_sec", "Disk read"),
        _rate("write_bytes_per_sec", "Disk write"),
        _percent("partitions.*.usage_percent", "Disk {} usage"),
        _size("partitions.*.free_bytes", "Disk {} free"),
        _size("partitions.*.used_bytes", "Disk {} used", main=False),
        _size("partitions.*.total_bytes", "Disk {} total", main=False),
        _rate("devices.*.read_bytes_per_sec", "Disk {} read", main=False),
        _rate("devices.*.write_bytes_per_sec", "Disk {} write", main=False),
        Entity(("devices", EACH, "read_latency_ms"), "Disk {} read latency", "ms", "duration", 2, main=False),
        Entity(
            ("devices", EACH, "write_latency_ms"), "Disk {} write latency", "ms", "duration", 2, main=False
        ),
    ),
    "perf_events": (
        Entity(("instructions_per_cycle",), "Instructions per cycle", precision=2, main=False),
        _percent("branch_miss_percent", "Branch misses", main=False),
        _percent("llc_miss_percent", "Last level cache misses", main=False),
    ),
    "memory_bandwidth": (
        _rate("page_io_bytes_per_sec", "Page traffic", main=False),
        _rate("swap_io_bytes_per_sec", "Swap traffic", main=False),
    ),
    "sensors": (
        Entity(("battery_percent",), "Battery", "%", "battery", 0),
        Entity(("temperatures", EACH, "celsius"), "{} temperature", "°C", "temperature", main=False),
        _count("fans.*.rpm", "{} fan", "rpm"),
    ),
    "gpu": (
        _percent("gpus.*.usage_percent", "GPU {} usage"),
        _percent("gpus.*.memory_percent", "GPU {} memory usage"),
        Entity(("gpus", EACH, "temperature_celsius"), "GPU {} temperature", "°C", "temperature"),
        Entity(("gpus", EACH, "power_watts"), "GPU {} power", "W", "power"),
        _size("gpus.*.memory_used_bytes", "GPU {} memory used", main=False),
        Entity(("gpus", EACH, "clock_mhz"), "GPU {} clock", "MHz", "frequency", 0, main=False),
        _percent("gpus.*.fan_percent", "GPU {} fan", main=False),
    ),
    "pressure": (_percent("resources.*.some_avg60_percent", "Pressure {} (1 min)", main=False),),
    "processes": (_count("count", "Processes"), _count("zombies", "Zombie processes")),
    "containers": (_count("running", "Containers running"),),
    "system": (_count("user_count", "Users logged in"),),
    "systemd": (Entity(("failed",), "Failed units", precision=0),),
}


def found(metric: str, reading: Mapping[str, Any]) -> Iterator[Found]:
    """The entities of a reading, given as its JSON's fields."""
    for entity in ENTITIES.get(metric, ()):
        for steps, labels, value in _walk(reading, entity.path):
            key = "_".join([metric, *(plain_id(str(step)) for step in steps)])
            name = " ".join(entity.name.format(*labels).split())
            yield Found(key, entity, steps, name, value is not None)


def sensor(one: Found, topic: str, identity: str, expire_after: int) -> Component:
    """The entity's configuration, in Home Assistant's abbreviations."""
    entity = one.entity
    component: Component = {
        "p": "sensor",
        "uniq_id": f"{identity}_{one.key}",
        "name": one.label,
        "stat_t": topic,
        "val_tpl": template(one.steps, entity.divide),
        "exp_aft": expire_after,
        "sug_dsp_prc": entity.precision,
        "stat_cla": entity.state_class,
        "dev_cla": entity.device_class,
        "unit_of_meas": entity.unit,
    }
    if not entity.main:
        component |= {"ent_cat": "diagnostic", "en": False}
    return {name: value for name, value in component.items() if value is not None}


def presence(topics: Topics, host: str) -> dict[str, Component]:
    """What every host has: whether it is there, and since when it is up."""
    identity = identifier(host)
    return {
        "status": {
            "p": "binary_sensor",
            "uniq_id": f"{identity}_status",
            "name": "Status",
            "stat_t": topics.status(host),
            "dev_cla": "connectivity",
            "pl_on": "online",
            "pl_off": "offline",
            "ent_cat": "diagnostic",
            # The others are not available while the host is away; this one is there to say so.
            "avty_tpl": "online",
        },
        "boot_time": {
            "p": "sensor",
            "uniq_id": f"{identity}_boot_time",
            "name": "Up since",
            "stat_t": topics.info(host),
            "val_tpl": "{{ value_json.get('boot_time') }}",
            "dev_cla": "timestamp",
            "ent_cat": "diagnostic",
        },
    }


def device(facts: HostInfo, host: str) -> dict[str, Any]:
    """The host as a device of Home Assistant's."""
    memory = facts.memory_total_bytes
    hardware = [
        f"{facts.core_count} cores" if facts.core_count else "",
        f"{memory / _GIB:.1f} GiB" if memory else "",
    ]
    return {
        "ids": [identifier(host)],
        "name": host,
        "mf": "PerfWatch",
        "mdl": facts.cpu_model or facts.os,
        "sw": f"{facts.os}, {facts.kernel}",
        "hw": ", ".join(filter(None, hardware)) or "unknown",
    }


def message(
    facts: HostInfo,
    topics: Topics,
    host: str,
    components: Mapping[str, Component],
    gone: Iterable[str] = (),
) -> dict[str, Any]:
    """All that discovery tells of a host. What is `gone` is named once more, which removes it."""
    named: dict[str, Component] = {**presence(topics, host), **components}
    bare: dict[str, Component] = {key: {"p": "sensor"} for key in gone}
    return {
        "dev": device(facts, host),
        "o": {"name": "PerfWatch", "sw": facts.version, "url": SUPPORT_URL},
        "avty_t": topics.status(host),
        "cmps": named | bare,
    }


def identifier(host: str) -> str:
    """The device's id, and the start of its entities' unique ids: the same after every upgrade."""
    return f"perfwatch_{plain_id(host)}"


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


def _walk(
    value: Any, path: Sequence[str], steps: tuple[str | int, ...] = (), labels: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...], Any]]:
    """Each place that the path leads to: its steps, the labels of what `EACH` stood for, its value."""
    if not path:
        yield steps, labels, value
        return
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        for name in value if step == EACH else (step,):
            if name in value and not (step == EACH and _FLEETING.fullmatch(name)):
                label = (*labels, name) if step == EACH else labels
                yield from _walk(value[name], rest, (*steps, name), label)
    elif isinstance(value, list):
        for place in range(len(value)) if step == EACH else (int(step),):
            if place < len(value):
                # The only one of its kind needs no number.
                number = str(place + 1) if len(value) > 1 else ""
                label = (*labels, number) if step == EACH else labels
                yield from _walk(value[place], rest, (*steps, place), label)
