"""Topic filters. No input or output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def minimal(filters: Iterable[str]) -> list[str]:
    """Those without what others have in them: some brokers send a message once for each that matches."""
    wanted = {one: one.split("/") for one in filters}
    wild = {one: levels for one, levels in wanted.items() if is_wild(one)}
    return [
        one
        for one, levels in wanted.items()
        if not any(_covers(has, levels) for other, has in wild.items() if other != one)
    ]


def is_wild(topic: str) -> bool:
    return "+" in topic or topic.endswith("#")


def is_filter(text: str) -> bool:
    """Whether it is a topic, or a filter, of what others than the broker itself publish."""
    *first, last = text.split("/")
    wild = any(sign in level and level != sign for level in (*first, last) for sign in "+#")
    return bool(text) and not wild and "#" not in first and "\0" not in text and not text.startswith("$")


def covers(wide: str, narrow: str) -> bool:
    """Whether whatever matches `narrow` matches `wide` too."""
    return _covers(wide.split("/"), narrow.split("/"))


def _covers(has: Sequence[str], wants: Sequence[str]) -> bool:
    if len(has) != len(wants) and has[-1] != "#":
        return False
    for place, level in enumerate(has):
        if level == "#":
            return not wants[0].startswith("$") or place > 0
        if place >= len(wants) or (level != wants[place] and (level != "+" or wants[place] == "#")):
            return False
    return True
