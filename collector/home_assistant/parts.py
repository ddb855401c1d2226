"""Entities → messages that a broker takes. No input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

LARGEST_BYTES = 64 * 1024
"""Of one message, also where the broker would take more: others on the way may not."""

MOST = 32
"""So many parts a host has at most."""


def assign(sizes: Mapping[str, int], before: Mapping[str, int], room: int) -> dict[str, int]:
    """The part, from 1 on, of each entity of so many bytes, when a part has `room` for so many.

    An entity stays in its part of `before`, because another part makes it a new one to Home Assistant; if
    it does not fit there any more, it goes into a later one: that is published after the one that loses it.
    """
    filled, parts = Counter[int](), dict[str, int]()
    for key in sorted(sizes, key=lambda key: key not in before):
        part = before.get(key, 1)
        while filled[part] + sizes[key] > room and part < MOST:
            part += 1
        filled[part] += sizes[key]
        parts[key] = part
    return parts
