from __future__ import annotations

import logging

import pytest

from collector.sources.parts import Missing, Parts
from collector.sources.source import Absent


def test_answers_are_kept_and_the_rest_is_explained() -> None:
    def broken() -> str:
        raise OSError(5, "broken")

    def absent() -> str:
        raise Absent("no such card")

    parts = Parts[str]("gpu")
    assert parts.ask({"a": lambda: "A", "b": broken, "c": absent, "d": lambda: None}) == {"a": "A"}
    assert list(parts.errors) == ["b"]
    assert parts.absent == {"c": "no such card"}


def test_a_part_is_named_once_when_it_goes_and_once_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    missing = Missing("disk")
    for errors in ({"sda": OSError(5, "gone")}, {"sda": OSError(6, "still")}, {}, {}):
        missing.note(errors)
    assert [record.getMessage() for record in caplog.records] == [
        "Source disk: sda is left out (OSError: [Errno 5] gone)",
        "Source disk: sda works again",
    ]
    assert missing.first is None


def test_the_first_part_that_is_missing_is_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    missing = Missing("disk")
    missing.note({"sda": TypeError("x"), "sdb": OSError("y")})
    assert missing.first == "sda: TypeError: x"
    # What nobody foresaw comes with its trace.
    assert [record.exc_info is not None for record in caplog.records] == [True, False]
