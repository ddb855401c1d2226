"""What Prometheus calls our numbers: families named and measured by its conventions. No input or output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from perfwatch.units import Base, unit_of, without_unit

_COUNTERS = re.compile(
    r"cpu\.(interrupts|context_switches|forks)"
    r"|network\.interface\.((bytes|packets)_(sent|recv)|(errors|drops)_(in|out))"
    r"|disk\.device\.(read|write)_(bytes|count)"
)
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


class Family(NamedTuple):
    """Samples of one name. `kind` is gauge or counter; `base` is what they are measured in."""

    name: str
    help: str
    kind: str = "gauge"
    base: Base = Base()

    @property
    def sample(self) -> str:
        """What its samples are called."""
        return f"{self.name}_total" if self.kind == "counter" else self.name

    def converted(self, numbers: Sequence[float]) -> Sequence[float]:
        """The numbers in the base unit."""
        _, factor, offset = self.base
        if factor == 1:
            return numbers
        return [number * factor + offset for number in numbers]


@lru_cache(4096)
def family(metric: str, tag: str, field: str) -> Family:
    """The family of `field` of `metric`, of the host itself or of its parts called `tag`."""
    base = unit_of(metric, field).exported
    start = tag if tag and metric.startswith(tag) else f"{metric}_{tag}"
    name = _conventional(f"perfwatch_{start}_{_stem(field, base.name)}_{base.name}")
    counts = _COUNTERS.fullmatch(".".join(filter(None, (metric, tag, field))))
    whose = f"each {tag} of a host" if tag else "a host"
    told = f"{field} in the {metric} reading of {whose}".replace("\\", "\\\\").replace("\n", "\\n")
    return Family(name, told, "counter" if counts else "gauge", base)


def _stem(field: str, unit: str) -> str:
    """What is left of a field's name when its unit is said after it."""
    if not unit:
        return field
    stem = re.sub("_iops$", "_operations", without_unit(field))
    return re.sub(rf"(^|_){unit.split('_')[0]}(?=_|$)", "", stem)


def _conventional(name: str) -> str:
    """In small letters, digits and `_`. An end in `_count` or `_total` would mean something else."""
    plain = _NOT_IN_A_NAME.sub("_", name.lower()).strip("_")
    return re.sub("s?_count$", "s", plain).removesuffix("_total")
