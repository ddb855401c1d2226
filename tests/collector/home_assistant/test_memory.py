from __future__ import annotations

from pathlib import Path

from collector.home_assistant.memory import former_hosts, memory_path


def test_a_machine_that_was_renamed_knows_its_earlier_name(tmp_path: Path) -> None:
    assert former_hosts(tmp_path, "nas") == []
    for host in ("nas", "old.lan"):
        memory_path(tmp_path, host).parent.mkdir(exist_ok=True)
        memory_path(tmp_path, host).touch()
    assert former_hosts(tmp_path, "nas") == [memory_path(tmp_path, "old.lan").stem]
