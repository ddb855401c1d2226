"""A source of several parts: one that fails or is late costs that part, and is named once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Generic, TypeVar

from collector.sources.apart import PATIENCE_SECONDS, Apart, Question
from collector.sources.source import FAILURES, Absent
from collector.sources.text import told as reason

log = logging.getLogger(__name__)

T = TypeVar("T")


class Missing:
    """What a source lacks at present, by part. The log names each when it goes and when it is back."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: dict[str, str] = {}

    @property
    def first(self) -> str | None:
        return next((f"{part}: {why}" for part, why in self._parts.items()), None)

    def note(self, errors: Mapping[str, Exception]) -> None:
        """These are missing now, and no others."""
        for part in self._parts.keys() - errors.keys():
            log.info("Source %s: %s works again", self._source, part)
        for part, error in errors.items():
            if part not in self._parts:
                unforeseen = None if isinstance(error, FAILURES) else error
                log.warning(
                    "Source %s: %s is left out (%s)", self._source, part, reason(error), exc_info=unforeseen
                )
        self._parts = {part: self._parts.get(part) or reason(error) for part, error in errors.items()}


class Parts(Generic[T]):
    """The parts of a source that may block, each asked apart."""

    def __init__(self, source: str, patience: float = PATIENCE_SECONDS) -> None:
        self._apart = Apart[T | None](source, patience)
        self.errors: dict[str, Exception] = {}
        self.absent: dict[str, str] = {}

    def ask(self, questions: Mapping[str, Question[T | None]]) -> dict[str, T]:
        """The answers that are there. `errors` and `absent` have why the others are not."""
        told = self._apart.ask(questions)
        errors = {part: each.error for part, each in told.items() if each.error}
        self.absent = {part: str(error) for part, error in errors.items() if isinstance(error, Absent)}
        self.errors = {part: error for part, error in errors.items() if part not in self.absent}
        return {part: each.answer for part, each in told.items() if each.answer is not None}
