"""Past readings as a program calculates with them: one list of times, and beside it a list for each line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from perfwatch.readings.codec import from_ms


class Line(Struct):
    """One number of one host, or of one part of it: a value for each time, None where there is none."""

    host: str
    part: str
    field: str
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]

    @property
    def name(self) -> str:
        """`nas usage_percent`, or `nas 0 usage_percent` with its part between."""
        return " ".join(filter(None, (self.host, self.part, self.field)))


class Columns(Struct):
    """What `history` gives. `times` are in milliseconds since 1970; `count` is how many lines there are.

    Of more than 32 lines the first 32 come: ask for hosts, parts or fields.
    """

    metric_type: str
    interval: str
    count: int
    times: list[int]
    series: list[Line]

    @property
    def moments(self) -> list[datetime]:
        return [from_ms(time) for time in self.times]

    def values(self) -> dict[str, list[float | None]]:
        """The means of each line, by its name."""
        return {line.name: line.mean for line in self.series}

    def to_pandas(self) -> Any:
        """A DataFrame with a column for each line. Needs pandas."""
        import pandas  # type: ignore[import-untyped,import-not-found,unused-ignore]

        return pandas.DataFrame(self.values(), index=pandas.DatetimeIndex(self.moments, name="time"))

    def to_arrow(self) -> Any:
        """A Table with the column `time` and one for each line. Needs pyarrow."""
        import pyarrow  # type: ignore[import-untyped,import-not-found,unused-ignore]

        times = pyarrow.array(self.times, pyarrow.timestamp("ms", "UTC"))
        columns = {name: pyarrow.array(found, pyarrow.float64()) for name, found in self.values().items()}
        return pyarrow.table({"time": times, **columns})
