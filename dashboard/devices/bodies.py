"""What the routes of devices take."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Choice(Struct, forbid_unknown_fields=True):
    """The presets that are to be on. Times without a zone are in `zone`: "" the service's, null as before."""

    presets: list[str]
    zone: str | None = None


class MappingBody(Struct, forbid_unknown_fields=True):
    """`mapping` is a table as in devices.toml."""

    mapping: dict[str, Any]


class Trial(Struct, forbid_unknown_fields=True):
    """A message, and the mapping to try it with; without one the rules that are on are tried."""

    topic: str
    payload: str
    mapping: dict[str, Any] | None = None
