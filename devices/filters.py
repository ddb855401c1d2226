"""Topic filters. No input or output."""

from __future__ import annotations

from collections.abc import Iterable


def minimal(filters: Iterable[str]) -> list[str]:
    """Those without what others have in them: some brokers send a message once for each that matches."""
    wanted = list(dict.fromkeys(filters))
    wild = [one for one in wanted if "+" in one or one.endswith("#")]
    return [one for one in wanted if not any(other != one and covers(other, one) for other in wild)]


def covers(wide: str, narrow: str) -> bool:
    """Whether whatever matches `narrow` matches `wide` too."""
    has, wants = wide.split("/"), narrow.split("/")
    for place, level in enumerate(has):
        if level == "#":
            return not wants[0].startswith("$") or place > 0
        if place >= len(wants) or (level != wants[place] and (level != "+" or wants[place] == "#")):
            return False
    return len(has) == len(wants)
