"""Lengths of time as people write them: `5s`, `1m30s`, `500ms`, `1h`, `7d`, or plain seconds."""

from __future__ import annotations

import re

_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_ms(text: str) -> int:
    """Milliseconds in a Go-style duration, or in a plain number of seconds. Raises ValueError."""
    text = text.strip()
    try:
        if _WHOLE.fullmatch(text):
            return round(sum(float(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(text)))
        return round(float(text) * 1000)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{text!r} is not a duration: write it like 5s, 1m30s, 500ms or 1h") from exc


def format_ms(milliseconds: int) -> str:
    """The shortest exact way to write it: 90000 → `1m30s`. Zero is `0s`."""
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, milliseconds = divmod(milliseconds, _MILLISECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
