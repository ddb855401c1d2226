"""What is known of hosts, which must outlive a restart. Does no input or output."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from perfwatch.alerting.machine import Track
from perfwatch.tags import Tags, merged

LEAST_PATIENCE = 60.0
_MISSED_READINGS = 3

Place: TypeAlias = tuple[str, str]
"""A rule's name and the part of a host that it is about."""


class Known(Struct):
    """What a host has said. `heard` and `told` are by metric: when watched, and the reading's own time."""

    online: bool | None = None
    interval: float = 5.0
    heard: dict[str, float] = {}
    told: dict[str, float] = {}
    own_tags: Tags = {}
    given_tags: Tags = {}

    @property
    def tags(self) -> Tags:
        return merged(self.own_tags, self.given_tags)

    @property
    def patience(self) -> float:
        """After how many seconds without a reading nothing is known any more."""
        return max(LEAST_PATIENCE, _MISSED_READINGS * self.interval)


class Host(Known):
    """A host, and where each of its parts stands.

    One flat dict: a dict for each rule would take more memory than all else that is known of a host.
    """

    tracks: dict[Place, Track] = {}

    def rules(self) -> list[str]:
        return list(dict.fromkeys(rule for rule, _ in self.tracks))

    def parts(self, rule: str) -> dict[str, Track]:
        return {part: track for (name, part), track in self.tracks.items() if name == rule}


class Memory(Struct):
    """What must outlive a restart."""

    hosts: dict[str, Host] = {}
    watched: float = 0.0
