from __future__ import annotations

from pathlib import Path

import pytest

from collector.sources import systemd
from collector.sources.source import Absent
from collector.sources.systemd import Systemd, failed, list_failed
from perfwatch.readings.optional import FailedUnit
from perfwatch.readings.optional import Systemd as Reading
from tests.collector.recording import tick
from tests.servers import wait_until

NEW = """backup.service loaded failed failed Nightly backup to the NAS
mnt-nas.mount    loaded failed failed /mnt/nas
"""
OLD = "● backup.service loaded failed failed Nightly backup to the NAS\n"


def gathered(source: Systemd) -> Reading:
    found: list[Reading] = []

    def there() -> bool:
        found.extend(filter(None, [source.gather(tick(0))]))
        return bool(found)

    wait_until(there, "an answer")
    return found[0]


def test_failed_units_are_counted_and_named(tmp_path: Path) -> None:
    reading = gathered(Systemd(lambda: NEW, tmp_path))
    assert reading.failed == 2
    assert reading.units["backup.service"] == FailedUnit(
        description="Nightly backup to the NAS", state="failed"
    )


def test_the_dot_of_older_versions_is_no_part_of_the_name() -> None:
    assert list(failed(OLD)) == ["backup.service"]


def test_nothing_has_failed_when_nothing_is_listed(tmp_path: Path) -> None:
    for text in ("", "\n"):
        reading = gathered(Systemd(lambda text=text: text, tmp_path))  # type: ignore[misc]
        assert (reading.failed, reading.units) == (0, {})


def test_a_unit_without_a_description_is_kept() -> None:
    assert failed("a.service not-found failed failed\n") == {"a.service": FailedUnit(state="failed")}


def test_a_line_that_is_no_unit_fails_the_source() -> None:
    with pytest.raises(ValueError, match="garbage"):
        failed("garbage\n")


def test_a_machine_that_systemd_did_not_start_has_none(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="systemd"):
        Systemd(lambda: "", tmp_path / "none").gather(tick(0))


def program(folder: Path, text: str) -> str:
    """A systemctl that does that."""
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_systemctl_is_run_and_its_exit_code_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "_COMMAND", (program(tmp_path, "echo a.service loaded failed failed A"),))
    assert list(failed(list_failed())) == ["a.service"]
    monkeypatch.setattr(systemd, "_COMMAND", (program(tmp_path, "echo no bus >&2; exit 1"),))
    with pytest.raises(OSError, match="exit code 1: no bus"):
        list_failed()


def test_a_systemctl_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "_COMMAND", (program(tmp_path, "exec sleep 30"),))
    monkeypatch.setattr(systemd, "_ASK_SECONDS", 0.1)
    with pytest.raises(TimeoutError, match="systemctl did not answer"):
        list_failed()
