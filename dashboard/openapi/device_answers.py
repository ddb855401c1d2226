"""What the routes of devices answer with, as types."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from perfwatch.devices.protocol import Message, RuleFound


class Devices(Struct):
    """`known` are all presets. `changeable` is false where nobody would see a change.

    `rules` are those that are on, with what they found since the service started: empty while it is away.
    """

    online: bool
    changeable: bool
    known: list[str]
    presets: list[str]
    zone: str
    mappings: list[dict[str, Any]]
    rules: list[RuleFound]


class Messages(Struct):
    """The newest message of each topic, the newest last."""

    messages: list[Message]
