"""What `perfwatch doctor` finds: one check of one thing, and how all of them are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import click
import msgspec
from msgspec import Struct

State: TypeAlias = Literal["ok", "absent", "failed"]

_COLOURS = {"ok": "green", "absent": "yellow", "failed": "red"}


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing that was looked at.

    `absent` is what this machine does not have, or nobody asked for: all is well without it.
    `failed` is what should work and does not; `advice` then says what to do.
    """

    part: str
    name: str
    state: State
    found: str = ""
    advice: str = ""


_line = msgspec.json.Decoder(Check)


def encode(check: Check) -> str:
    """A check as one line of JSON."""
    return msgspec.json.encode(check).decode()


def decode(lines: str) -> list[Check]:
    """The checks in lines of JSON. Raises msgspec.DecodeError."""
    return [_line.decode(line) for line in lines.splitlines() if line]


def well(checks: Iterable[Check]) -> bool:
    """Whether all that is needed works."""
    return all(check.state != "failed" for check in checks)


def as_json(checks: Sequence[Check]) -> str:
    """All of it as one JSON object: `{"ok": true, "checks": […]}`."""
    return msgspec.json.format(msgspec.json.encode({"ok": well(checks), "checks": checks})).decode()


def as_table(checks: Sequence[Check]) -> str:
    """All of it as lines for people, coloured; printing to a file takes the colours out again."""
    width = max((len(check.name) for check in checks), default=0)
    return "\n".join(line for check, head in _headed(checks) for line in _lines(check, head, width))


def _headed(checks: Sequence[Check]) -> Iterator[tuple[Check, bool]]:
    part = ""
    for check in checks:
        yield check, check.part != part
        part = check.part


def _lines(check: Check, head: bool, width: int) -> Iterator[str]:
    if head:
        yield click.style(check.part, bold=True)
    state = click.style(f"{check.state:<6}", fg=_COLOURS[check.state])
    yield f"  {state}  {check.name:<{width}}  {check.found}".rstrip()
    if check.advice:
        yield f"  {'':6}  {'':{width}}  → {check.advice}"
