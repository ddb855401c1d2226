"""How the parts of each metric are kept: lists and objects within a reading become tagged points."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

# What one undeclared reading may add to the store's list of series.
MAX_FIELDS = 1000
MAX_PARTS = 4096
MAX_DEPTH = 4


class Listed(NamedTuple):
    """A list whose n-th number is `field` of the part called n."""

    tag: str
    field: str


class Spread(NamedTuple):
    """A list whose numbers are fields of the host itself, by these names."""

    fields: tuple[str, ...]


class Named(NamedTuple):
    """Parts by name, each with numbers of its own."""

    tag: str


Shape: TypeAlias = Listed | Spread | Named


SHAPES: dict[str, dict[str, Shape]] = {
    "cpu": {
        "per_core": Listed("core", "usage_percent"),
        "frequency_mhz": Listed("core", "frequency_mhz"),
        "temperature_celsius": Listed("core", "temperature_celsius"),
        "load_average": Spread(("load_average_1", "load_average_5", "load_average_15")),
    },
    "network": {"interfaces": Named("interface"), "connections": Named("connection")},
    "disk": {
        "devices": Named("device"),
        "partitions": Named("mountpoint"),
        "arrays": Named("array"),
        "drives": Named("drive"),
    },
    "perf_events": {"events": Named("event")},
    "sensors": {"temperatures": Named("sensor"), "fans": Named("fan")},
    "gpu": {"gpus": Named("gpu")},
    "pressure": {"resources": Named("resource")},
    "processes": {"top": Named("process")},
    "containers": {"containers": Named("container")},
    "system": {"users": Named("user")},
    "systemd": {"units": Named("unit")},
    "cpu_cores": {
        state: Listed("core", state) for state in ("user", "system", "iowait", "irq", "softirq", "steal")
    },
}
"""How the parts of each metric are kept; whatever is not named here is a field of the host."""
