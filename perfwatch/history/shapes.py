"""How the parts of each metric are kept: lists and objects within a reading become tagged points."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

# What one undeclared reading may add to the store's list of series.
MAX_FIELDS = 1000
MAX_PARTS = 4096
MAX_DEPTH = 4


class Listed(NamedTuple):
    """A list whose n-th number is `field` of the part called n."""

    tag: str
    field: str


class Row(NamedTuple):
    """A list whose numbers are fields of the host itself, by these names."""

    fields: tuple[str, ...]


class Named(NamedTuple):
    """Parts by name, each with numbers of its own."""

    tag: str


Shape: TypeAlias = Listed | Row | Named
