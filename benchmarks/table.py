"""How every benchmark prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head, numbers to the right."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(column) for column in columns) for columns in zip(head, *cells, strict=True)]
    print(f"\n{title}  ({os.cpu_count()} cores, Python {platform.python_version()})\n")
    for row in (list(head), ["-" * width for width in widths], *cells):
        first, *others = (
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join((first, *others)).rstrip())


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _text(cell: object) -> str:
    return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)
