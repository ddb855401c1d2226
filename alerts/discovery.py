"""What Home Assistant is told of a host's rules: a problem each, on the host's own device. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from perfwatch.alerting.rules import Rule
from perfwatch.topics import Topics, plain_id

_VALUE = "{{ {'firing': 'ON', 'pending': 'OFF', 'ok': 'OFF'}.get(value_json.state) }}"


def topic(host: str, prefix: str) -> str:
    """Beside the collector's own, whose level the access list keeps for the collector."""
    return f"{prefix}/device/perfwatch_alerts/{plain_id(host)}/config"


def message(topics: Topics, host: str, rules: Mapping[str, Rule]) -> bytes:
    """A binary sensor for each rule; nothing, which takes the entities away, when there is none."""
    if not rules:
        return b""
    told: dict[str, Any] = {
        "device": {"identifiers": [f"perfwatch_{plain_id(host)}"], "name": host},
        "origin": {"name": "PerfWatch"},
        "availability": [
            {
                "topic": topics.alerts,
                "value_template": "{{ 'online' if value_json.online else 'offline' }}",
            }
        ],
        "components": {
            f"alert_{name}": _component(topics, host, name, rule) for name, rule in sorted(rules.items())
        },
    }
    return msgspec.json.encode(told)


def _component(topics: Topics, host: str, name: str, rule: Rule) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "device_class": "problem",
        "unique_id": f"perfwatch_{plain_id(host)}_alert_{name}",
        "name": rule.title,
        "state_topic": topics.alert(host, name),
        "value_template": _VALUE,
        "json_attributes_topic": topics.alert(host, name),
    }
