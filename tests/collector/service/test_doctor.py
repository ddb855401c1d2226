from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from collector.service.doctor import examine_folder, examine_sources, examine_user
from collector.sources.source import Tick
from perfwatch.checks import Check
from perfwatch.readings import base, core


class Source:
    """Raises what it is given, or returns a memory reading that is half full."""

    name = "memory"

    def __init__(self, error: Exception | None = None) -> None:
        self.ticks: list[Tick] = []
        self._error = error

    def gather(self, tick: Tick) -> base.Reading:
        self.ticks.append(tick)
        if self._error is not None:
            raise self._error
        return core.Memory(timestamp=tick.timestamp, total_bytes=1000, used_bytes=0)


class Looked(base.Reading, kw_only=True):
    """A reading of a source that says by itself why it has nothing."""

    available: bool = False
    reason: str = "perf is not installed: apt-get install linux-perf"


class Unavailable:
    name = "perf_events"

    def gather(self, tick: Tick) -> base.Reading:
        return Looked(timestamp=tick.timestamp)


def examined(source: Source | Unavailable) -> Check:
    waits: list[float] = []
    (check,) = examine_sources([source], waits.append)
    assert len(waits) == 1
    return check


def test_a_source_is_read_twice_and_its_empty_fields_are_named() -> None:
    source = Source()
    check = examined(source)
    assert len(source.ticks) == 2
    assert check.state == "ok"
    assert check.found.startswith("2 of 15 fields; not here: usage_percent, available_bytes")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (PermissionError(13, "Permission denied"), "this user may not read it"),
        (psutil.AccessDenied(), "this user may not read it"),
        (FileNotFoundError(2, "No such file"), "no such file"),
        (ValueError("x"), "tries it again at each tick"),
    ],
)
def test_a_source_that_fails_is_named_with_its_reason_and_what_to_do(error: Exception, advice: str) -> None:
    check = examined(Source(error))
    assert check.state == "failed"
    assert check.found == f"{type(error).__name__}: {error}"
    assert advice in check.advice


def test_a_source_that_says_why_it_has_nothing_is_absent_not_failed() -> None:
    check = examined(Unavailable())
    assert (check.state, check.found) == ("absent", "perf is not installed: apt-get install linux-perf")


@pytest.mark.parametrize(
    ("capabilities", "words"),
    [("0000004000000000", "with CAP_PERFMON"), ("0000000000000000", "without privileges")],
)
def test_the_user_is_told_with_its_privileges(capabilities: str, words: str) -> None:
    check = examine_user(lambda _path: f"Name:\tpython\nCapEff:\t{capabilities}\n", 0)
    assert check.found.startswith("root (uid 0), ")
    assert words in check.found


def test_a_user_without_a_name_is_one_all_the_same() -> None:
    assert "a user without a name (uid 2147483641)" in examine_user(uid=2**31 - 7).found


def test_a_data_folder_that_can_be_made_is_well(tmp_path: Path) -> None:
    assert examine_folder(tmp_path / "not" / "yet").state == "ok"
    assert not (tmp_path / "not").exists()


def test_a_data_folder_that_cannot_be_one_is_named_with_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = examine_folder(tmp_path / "file" / "perfwatch")
    assert check.state == "failed"
    assert f"see {tmp_path / 'file'}" in check.found
    assert "PERFWATCH_DATA_DIR" in check.advice


def test_a_data_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert examine_folder(tmp_path).state == "failed"
