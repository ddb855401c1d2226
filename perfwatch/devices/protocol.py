"""What is asked of the devices service over the broker, and what it answers.

`<prefix>-devices/status` (retained) is online or offline. A question goes to `<prefix>-devices/ask`; its
Answer comes on `<prefix>-devices/answer` under the same id.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct, field

from perfwatch import asking


class Refused(Struct):
    """Messages that a rule could not take, by reason. The last came at `at`, on `topic`."""

    reason: str
    count: int
    topic: str
    at: str


class RuleFound(Struct):
    """What came of a rule since the service started. `name` is a preset's, or `mapping 1`."""

    name: str
    devices: int
    readings: int
    last_seen: str | None
    refused: list[Refused]


class DevicesState(Struct):
    """`rules` are those that are on: mappings and presets, in the order in which they are asked."""

    presets: list[str]
    zone: str
    mappings: list[dict[str, Any]]
    rules: list[RuleFound]


class Published(Struct):
    topic: str
    reading: dict[str, Any]


class Message(Struct):
    """What a message becomes: `rule` takes it, or `why` says why not. A long payload is cut off."""

    topic: str
    payload: str
    at: str
    rule: str | None = None
    why: str | None = None
    readings: list[Published] = []
    count: int = 1


class _Question(Struct, tag=str.lower, tag_field="do", kw_only=True):
    id: str = ""


class Show(_Question):
    """Answers with the state."""


class Choose(_Question):
    """These presets are on from now on, and that zone counts: empty the service's own, None as before."""

    presets: list[str]
    zone: str | None


class AddMapping(_Question):
    """One more `[[mapping]]`, as in devices.toml."""

    mapping: dict[str, Any]


class DropMapping(_Question):
    """That with this number, counted from 1."""

    place: int


class Try(_Question):
    """Answers with what a message becomes: by that mapping, or by the rules that are on."""

    topic: str
    payload: str
    mapping: dict[str, Any] | None = None


class Listen(_Question):
    """Answers with the newest message of each topic on the broker. It listens while it is asked."""


Question: TypeAlias = Show | Choose | AddMapping | DropMapping | Try | Listen


class Answer(asking.Answer):
    """What only some questions ask for stands beside what every answer has."""

    state: DevicesState | None = None
    messages: list[Message] = field(default_factory=list)
