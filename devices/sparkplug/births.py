"""What is known of Sparkplug without its payloads: topics, and what births said of metrics, in a file.

Births are not retained on the broker, and a node sends no other one because we were started anew.
"""

from __future__ import annotations

import logging
from collections import UserDict
from collections.abc import MutableMapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from devices.names import Name, Names, measure_of, named
from perfwatch.files import write_private

FILE = "sparkplug.json"
FILTERS = (
    *(f"spBv1.0/+/N{kind}/+" for kind in ("BIRTH", "DATA", "DEATH")),
    *(f"spBv1.0/+/D{kind}/+/+" for kind in ("BIRTH", "DATA", "DEATH")),
)

_NAMES = Names()
_log = logging.getLogger(__name__)


class Declared(NamedTuple):
    """What a birth says of a metric, which later messages may call by its alias alone."""

    name: str
    alias: int | None = None
    datatype: int = 0
    unit: str = ""

    def field(self) -> Name:
        """What the metric is called here, with its unit."""
        name = _NAMES.of(tuple(self.name.split("/")))
        measure = measure_of(self.unit)
        return named(name.bare, measure) if measure else name


class Birth(msgspec.Struct, dict=True):
    """Metrics of a node or a device. `session` is the node's, by which its will is known."""

    metrics: list[Declared]
    session: int | None = None

    @cached_property
    def by_alias(self) -> dict[int, Declared]:
        return {one.alias: one for one in self.metrics if one.alias is not None}

    @cached_property
    def by_name(self) -> dict[str, Declared]:
        return {one.name: one for one in self.metrics}


Births: TypeAlias = MutableMapping[str, Birth]
"""By group, node and device."""


class Kept(UserDict[str, Birth]):
    """Births in a file, which is written whenever one says something else than the last."""

    def __init__(self, path: Path) -> None:
        self._path: Path | None = None
        super().__init__(read(path))
        self._path = path

    def __setitem__(self, place: str, birth: Birth) -> None:
        super().__setitem__(place, birth)
        if self._path is None:
            return
        try:
            write_private(self._path, msgspec.json.encode(self.data))
        except OSError as exc:
            _log.warning("cannot keep what %s said of its metrics, for the next start: %s", place, exc)


def read(path: Path) -> dict[str, Birth]:
    """The births in the file; none when it is not there, or no such file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Birth])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as exc:
        _log.warning("cannot read what edge nodes said of their metrics: %s", exc)
        return {}
