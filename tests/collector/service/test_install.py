"""install-service and uninstall-service: the files, and what systemd is told. systemd itself is not run."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from collector.service.install import (
    Installation,
    check_groups,
    check_reachable,
    text,
)
from perfwatch.errors import StartError
from perfwatch.systemd import check_root, check_systemd, systemctl
from tests.stack import environment

UNIT = "etc/systemd/system/perfwatch-collector.service"
SETTINGS = "etc/perfwatch/collector.env"
SECRET = {"PERFWATCH_BROKER": "mqtt://nas:hunter2@broker"}


class Machine:
    """A root folder of its own, and what systemd was told there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.told: list[str] = []
        self.service = Installation(root, self._run)

    def _run(self, words: Sequence[str]) -> None:
        self.told.append(" ".join(words))

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def mode(self, path: str) -> int:
        return stat.S_IMODE((self.root / path).stat().st_mode)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_secrets_are_in_a_private_file_and_never_in_the_unit(machine: Machine) -> None:
    machine.service.install(text(False, []), SECRET)
    assert 'PERFWATCH_BROKER="mqtt://nas:hunter2@broker"' in machine.read(SETTINGS)
    assert machine.mode(SETTINGS) == 0o600
    assert "hunter2" not in machine.read(UNIT)
    assert machine.mode(UNIT) == 0o644


def test_it_is_started_now_and_at_each_boot(machine: Machine) -> None:
    machine.service.install(text(False, []), SECRET)
    assert machine.told == [
        "systemctl daemon-reload",
        "systemctl enable perfwatch-collector",
        "systemctl restart perfwatch-collector",
    ]


def test_installing_again_keeps_the_settings(machine: Machine) -> None:
    machine.service.install(text(False, []), SECRET)
    machine.service.install(text(True, []), {"PERFWATCH_INTERVAL": "1s"})
    assert "hunter2" in machine.read(SETTINGS)
    assert 'PERFWATCH_INTERVAL="1s"' in machine.read(SETTINGS)
    assert machine.mode(SETTINGS) == 0o600
    assert "CAP_PERFMON" in machine.read(UNIT)


def test_uninstalling_keeps_the_settings_unless_told_otherwise(machine: Machine) -> None:
    machine.service.install(text(False, []), SECRET)
    machine.told.clear()
    assert machine.service.uninstall(purge=False)
    assert machine.told == ["systemctl disable --now perfwatch-collector", "systemctl daemon-reload"]
    assert not (machine.root / UNIT).exists()
    assert (machine.root / SETTINGS).exists()


def test_purging_leaves_nothing(machine: Machine) -> None:
    machine.service.install(text(False, []), SECRET)
    kept = machine.root / "var/lib/private/perfwatch"
    kept.mkdir(parents=True)
    (kept / "outbox").write_text("")
    (machine.root / "var/lib/perfwatch").symlink_to(kept)  # as DynamicUser has it
    assert machine.service.uninstall(purge=True)
    assert [path for path in machine.root.rglob("*") if "perfwatch" in path.name and path.is_file()] == []
    assert not kept.exists()
    assert not (machine.root / "var/lib/perfwatch").is_symlink()


def test_uninstalling_what_is_not_there_tells_so_and_asks_nothing_of_systemd(machine: Machine) -> None:
    assert not machine.service.uninstall(purge=False)
    assert machine.told == []


def test_only_root_may() -> None:
    check_root(0)
    with pytest.raises(StartError, match=r"put `sudo` before it"):
        check_root(1000)


def test_without_systemd_it_says_what_else_to_do(tmp_path: Path) -> None:
    check_systemd(tmp_path)
    with pytest.raises(StartError, match="systemd does not run here"):
        check_systemd(tmp_path / "missing")


def test_a_group_that_is_not_there_is_named() -> None:
    check_groups(["root"])
    with pytest.raises(StartError, match="no group 'no-such-group'"):
        check_groups(["no-such-group"])


def test_a_program_in_a_closed_home_is_refused_with_the_way_out(tmp_path: Path) -> None:
    # pytest's folder is below one that is closed to others, and below /tmp.
    program = tmp_path / "python"
    program.touch()
    with pytest.raises(StartError, match=r"(is closed to others|of its own).*/opt/perfwatch"):
        check_reachable([program])


def test_a_program_for_all_is_taken() -> None:
    check_reachable([Path("/bin/sh")])


def test_what_systemd_says_is_passed_on() -> None:
    with pytest.raises(StartError, match=r"`ls /no/such/place` failed: .*No such file"):
        systemctl(["ls", "/no/such/place"])


def ran(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "collector", *words]
    return subprocess.run(
        command, env=environment(**settings), capture_output=True, text=True, check=False, timeout=30
    )


def test_print_shows_the_unit_and_no_secret() -> None:
    ended = ran("install-service", "--print", broker="mqtt://nas:hunter2@broker")
    assert ended.returncode == 0
    assert ended.stdout == text(False, [])
    assert "hunter2" not in ended.stdout


def test_a_bad_setting_is_refused_before_anything_is_written() -> None:
    ended = ran("install-service", "--interval", "soon")
    assert ended.returncode == 1
    assert ended.stderr.startswith("perfwatch: --interval is 'soon', but must be")


def test_an_option_before_the_command_is_not_lost_in_silence() -> None:
    ended = ran("--interval", "1s", "install-service", "--print")
    assert ended.returncode == 2
    assert "Write --interval after install-service" in ended.stderr
