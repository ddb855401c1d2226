"""`devices.toml` in the data folder: which presets are on, the zone, the user's mappings.

People write this file too: a change touches its own lines, and leaves comments and all else as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from perfwatch.alerting.tables import line_of
from perfwatch.errors import SettingError
from perfwatch.files import write_private
from perfwatch.setting_types import DEVICE_PRESETS, PRESETS, ZONE, listed
from perfwatch.settings import DEVICES_FILE, Settings

_MAPPING = re.compile(r"\s*\[\[\s*mapping\s*\]\]\s*(?:#.*)?")
_HEAD = re.compile(r"\s*\[.*\]\s*(?:#.*)?")


class DevicesFile(Struct, forbid_unknown_fields=True):
    """What stands in the file. `presets` and `zone` take the place of the settings of that name."""

    presets: list[str] | None = None
    zone: str | None = None
    mapping: list[dict[str, Any]] = []


class Chosen(Struct):
    """What is on: by the file, else by the settings. An empty `zone` is this machine's."""

    presets: list[str]
    zone: str
    mappings: list[dict[str, Any]]

    @property
    def is_anything(self) -> bool:
        return bool(self.presets or self.mappings)


def path_in(folder: Path) -> Path:
    return folder / DEVICES_FILE


def text_of(path: Path) -> str:
    """Raises SettingError."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingError(DEVICES_FILE, f"cannot be read: {exc}") from exc


def parsed(text: str) -> DevicesFile:
    """Raises SettingError, which names what is wrong in it."""
    try:
        found = msgspec.convert(tomllib.loads(text), DevicesFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise SettingError(DEVICES_FILE, f"cannot be read: {exc}") from exc
    for name, setting, value in (
        ("presets", PRESETS, ",".join(found.presets or ())),
        ("zone", ZONE, found.zone or ""),
    ):
        try:
            setting.check(value)
        except ValueError as exc:
            raise SettingError(f"{DEVICES_FILE}, {name}", f"must be {setting.expected}", value) from exc
    return found


def chosen(settings: Settings) -> Chosen:
    """Raises SettingError when the file cannot be used."""
    file = parsed(text_of(path_in(settings.data_path)))
    named = list(DEVICE_PRESETS) if settings.devices == "all" else listed(settings.devices)
    wanted = named if file.presets is None else file.presets
    zone = settings.devices_zone if file.zone is None else file.zone
    return Chosen([name for name in DEVICE_PRESETS if name in wanted], zone, file.mapping)


def is_on(settings: Settings) -> bool:
    """Whether the service has anything to do. A file that cannot be used is its to complain about."""
    try:
        return chosen(settings).is_anything
    except SettingError:
        return True


def choose(path: Path, presets: Sequence[str], zone: str | None) -> None:
    """Put these in place of what the file says; a zone of None stays. Raises SettingError and OSError."""
    text = text_of(path)
    if zone is not None:
        text = with_line(text, "zone", zone)
    text = with_line(text, "presets", list(presets))
    parsed(text)
    write_private(path, text)


def with_line(text: str, name: str, value: Any) -> str:
    """`text` with `name = value` above all tables. Raises SettingError when the file is no TOML."""
    parsed(text)
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines) if _HEAD.fullmatch(line)), len(lines))
    here = [place for place in range(end) if re.match(rf"\s*{name}\s*=", lines[place])]
    if here:
        last = next(place for place in range(here[0] + 1, end + 1) if _is_whole(lines[here[0] : place]))
        lines[here[0] : last] = [line_of(name, value)]
    else:
        lines[0:0] = [line_of(name, value)]
    return "\n".join(lines).rstrip("\n") + "\n"


def with_mapping(text: str, mapping: Mapping[str, Any]) -> str:
    """`text` with one more mapping at its end."""
    table = [line_of(name, value) for name, value in mapping.items()]
    return "\n".join([text.rstrip("\n"), "", "[[mapping]]", *table]).lstrip("\n") + "\n"


def without_mapping(text: str, place: int) -> str:
    """`text` without its mapping of that number, counted from 1. Raises IndexError when there is none."""
    lines = text.split("\n")
    heads = [at for at, line in enumerate(lines) if _HEAD.fullmatch(line)]
    parts = [part for part in pairwise([*heads, len(lines)]) if _MAPPING.fullmatch(lines[part[0]])]
    start, stop = parts[place - 1] if place > 0 else parts[len(parts)]
    return "\n".join([*lines[:start], *lines[stop:]]).strip("\n") + "\n"


def _is_whole(lines: Sequence[str]) -> bool:
    """Whether a value that may go over several lines is complete."""
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True
