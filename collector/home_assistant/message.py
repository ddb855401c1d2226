"""One message of Home Assistant's device discovery. Nothing here is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from collector.home_assistant.entities import Component
from perfwatch.readings.core import HostInfo
from perfwatch.topics import Topics, plain_id

SUPPORT_URL = "https://github.com/perfwatch/perfwatch"

_GIB = 1 << 30
# The availability of what stays while the host is away: whatever its status says is read as this.
_ALWAYS = "online"


def presence(topics: Topics, host: str) -> dict[str, Component]:
    """What every host has, also while it is away: whether it is there, and since when it is up."""
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
            "avty_tpl": _ALWAYS,
        },
        "boot_time": {
            "p": "sensor",
            "uniq_id": f"{identity}_boot_time",
            "name": "Up since",
            "stat_t": topics.info(host),
            "val_tpl": "{{ value_json.get('boot_time') }}",
            "dev_cla": "timestamp",
            "ent_cat": "diagnostic",
            "avty_tpl": _ALWAYS,
        },
    }


def device(facts: HostInfo, host: str, dashboard: str = "") -> dict[str, Any]:
    """The host as a device of Home Assistant's, which links to the URL `dashboard` unless it is empty."""
    memory = facts.memory_total_bytes
    hardware = [
        f"{facts.core_count} cores" if facts.core_count else "",
        f"{memory / _GIB:.1f} GiB" if memory else "",
    ]
    link = {"cu": dashboard} if dashboard else {}
    return link | {
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
    dashboard: str = "",
) -> dict[str, Any]:
    """What one message of discovery tells. What is `gone` is named once more, which removes it."""
    named = dict(components)
    bare: dict[str, Component] = {key: {"p": "sensor"} for key in gone}
    return {
        "dev": device(facts, host, dashboard),
        "o": {"name": "PerfWatch", "sw": facts.version, "url": SUPPORT_URL},
        "avty_t": topics.status(host),
        "cmps": named | bare,
    }


def identifier(host: str) -> str:
    """The device's id, and the start of its entities' unique ids: the same after every upgrade."""
    return f"perfwatch_{plain_id(host)}"
