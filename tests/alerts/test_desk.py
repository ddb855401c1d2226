"""What the desk says of the service's settings."""

from __future__ import annotations

from pathlib import Path

from alerts.desk import Desk
from alerts.watch import Watch
from perfwatch.topics import Topics

START = 1_800_000_000


def test_rules_are_described_anew_only_when_they_are_others(tmp_path: Path) -> None:
    """The service looks at its settings each second."""
    watch = Watch(Topics(), tmp_path, 60.0, START)
    desk = Desk(watch)
    before = desk.settings().rules
    assert desk.settings().rules is before
    (tmp_path / "alerts.toml").write_text("[rules.cpu]\nenabled = false\n")
    watch.follow_files()
    cpu = next(one for one in desk.settings().rules if one.id == "cpu")
    assert (cpu.origin, cpu.rule["enabled"]) == ("changed", False)
