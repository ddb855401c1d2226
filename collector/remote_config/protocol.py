"""Commands on `config/set`: what they may say. Pure: bytes in, changes or an error out.

A command is a JSON object with any of the keys of `State`. null sets a key back to what the
collector was started with. It is obeyed as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from collector import cpu_list
from collector.sources.source import Tuning
from perfwatch import setting_sources, settings
from perfwatch.errors import CommandError, SettingError

LIMIT_BYTES = 16 * 1024
_LONGEST_VALUE = 200

Changes = dict[str, Any]
"""The keys that commands have set, with values that were checked; None puts a key back."""


class Capabilities(NamedTuple):
    """What a command is checked against: the sources there are, and the cores that are on."""

    sources: Collection[str]
    cores: frozenset[int]


class State(Struct, frozen=True, kw_only=True):
    """The settings in force, as `config` carries them. Times are in seconds."""

    interval: float
    sources: dict[str, bool]
    perf_cores: str
    perf_interval: float

    @property
    def switched_on(self) -> list[str]:
        return [name for name, on in self.sources.items() if on]

    @property
    def tuning(self) -> Tuning:
        return Tuning(self.perf_cores, self.perf_interval)


def parse(payload: bytes, machine: Capabilities) -> Changes:
    """The changes that a command asks for. Raises CommandError naming the key and what was expected."""
    if len(payload) > LIMIT_BYTES:
        raise CommandError(None, f"a JSON object of at most {LIMIT_BYTES} bytes", _text(payload))
    try:
        command = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise CommandError(None, "a JSON object", _text(payload)) from exc
    if not isinstance(command, dict):
        raise CommandError(None, "a JSON object", command)
    return {key: _check(key, value, machine) for key, value in command.items()}


def merge(before: Changes, changes: Changes) -> Changes:
    """`changes` put over those that were made before."""
    merged = before | changes
    if changes.get("sources") is not None:
        merged["sources"] = before.get("sources", {}) | changes["sources"]
    return {key: value for key, value in merged.items() if value is not None}


def in_force(given: State, changes: Changes) -> State:
    """What the collector was started with, with the changes put over it."""
    sources = given.sources | changes.get("sources", {})
    return msgspec.structs.replace(given, **(changes | {"sources": sources}))


def encode(state: State) -> bytes:
    """The payload of `config`: it may be sent back as a command."""
    return msgspec.json.encode(state)


def encode_error(error: CommandError) -> bytes:
    """The payload of `config/error`."""
    answer = {
        "key": error.key,
        "expected": error.expected,
        "value": _short(error.value),
        "detail": str(error),
    }
    return msgspec.json.encode(answer)


def sources_named(names: Collection[str], known: Collection[str]) -> dict[str, bool]:
    """Each known source, on when it is among `names`. Raises ValueError naming those that are unknown."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(", ".join(unknown))
    return {name: name in names for name in known}


def _check(key: str, value: Any, machine: Capabilities) -> Any:
    check = _CHECKS.get(key)
    if check is None:
        raise CommandError(key, f"left out: the keys are {', '.join(_CHECKS)}", value)
    return None if value is None else check(key, value, machine)


def _length(key: str, value: Any, _machine: Capabilities) -> float:
    # A bool is an int to Python, and a number of seconds to nobody.
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        return float(setting_sources.checked(key, value))
    except (SettingError, ValueError, OverflowError) as exc:
        raise CommandError(key, settings.DECLARED[key].type.expected, value) from exc


def _sources(key: str, value: Any, machine: Capabilities) -> dict[str, bool]:
    known = ", ".join(machine.sources)
    expected = f"a list of the sources to read, or an object of true and false, of: {known}"
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        try:
            return sources_named(value, machine.sources)
        except ValueError as exc:
            raise CommandError(key, expected, value) from exc
    if isinstance(value, dict) and all(
        name in machine.sources and isinstance(on, bool) for name, on in value.items()
    ):
        return value
    raise CommandError(key, expected, value)


def _cores(key: str, value: Any, machine: Capabilities) -> str:
    try:
        if not isinstance(value, str):
            raise ValueError
        return check_cores(setting_sources.checked(key, value), machine.cores)
    except (SettingError, ValueError) as exc:
        raise CommandError(key, cores_expected(machine.cores), value) from exc


def check_cores(text: str, known: frozenset[int]) -> str:
    """`text` when it is `all` or names cores that are there. Raises ValueError."""
    if text != "all" and not cpu_list.parse(text) <= known:
        raise ValueError(text)
    return text


def cores_expected(known: frozenset[int]) -> str:
    return f"all, or cores of this machine ({cpu_list.shown(known)}) as in 0-3,6"


_CHECKS: Mapping[str, Callable[[str, Any, Capabilities], Any]] = {
    "interval": _length,
    "sources": _sources,
    "perf_cores": _cores,
    "perf_interval": _length,
}


def _text(payload: bytes) -> str:
    return payload[:_LONGEST_VALUE].decode("utf-8", errors="replace")


def _short(value: object) -> object:
    """`value` itself, or the beginning of its JSON when it is long."""
    encoded = msgspec.json.encode(value)
    return value if len(encoded) <= _LONGEST_VALUE else _text(encoded) + "…"
