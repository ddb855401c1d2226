"""How a command ends when something is wrong: in one sentence and exit code 1."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from perfwatch.cli import main
from perfwatch.command import explained
from perfwatch.files import write_private
from perfwatch.lock import note
from tests.stack import COMMAND, environment

SERVICES = ("collector", "collector.forget_host", "bridge", "dashboard", "devices")


@pytest.mark.parametrize("command", [("credentials", "new-one", "--new"), ("provision",)], ids=" ".join)
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "data")
    given = [folder] if command == ("provision",) else ["--data-dir", folder]
    done = CliRunner().invoke(main, [*command, *given])
    assert done.exit_code == 1
    assert done.stderr.startswith("perfwatch: ")
    assert f"{tmp_path}/file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_accounts_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    accounts = tmp_path / "secrets" / "mqtt.json"
    accounts.parent.mkdir()
    accounts.write_text("{")
    done = CliRunner().invoke(main, ["credentials", "reader", "--data-dir", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"perfwatch: The broker's accounts in {accounts} cannot be read: ")


def groups(command: click.Command) -> Iterator[click.Group]:
    if isinstance(command, click.Group):
        yield command
        for one in command.commands.values():
            yield from groups(one)


@pytest.mark.parametrize(
    "module", ["perfwatch.cli", *(f"{name}.__main__" for name in SERVICES), "alerts.command.__main__"]
)
def test_no_sentence_of_the_help_is_cut(module: str) -> None:
    for group in groups(import_module(module).main):
        listed = CliRunner().invoke(group, ["--help"]).output.partition("Commands:")[2]
        assert listed, group.name
        assert [line for line in listed.splitlines() if line.endswith("...")] == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Make room there"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/users.json"), "/srv/users.json"),
    ],
)
def test_a_disk_that_takes_nothing_is_a_sentence(
    error: OSError, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit), explained():
        raise error
    assert said in capsys.readouterr().err


def test_a_small_file_names_itself_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"users\.json") as caught:
        write_private(tmp_path / "users.json", "{}")
    assert caught.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())


def test_who_holds_a_lock_may_not_be_told_on_a_full_disk() -> None:
    file = Path("/dev/full").open("a+")  # noqa: SIM115
    with pytest.raises(OSError, match=r"Errno"):
        note(file, "1")
    assert file.closed


def test_ctrl_c_while_the_command_is_imported_is_no_traceback(tmp_path: Path) -> None:
    pressed = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    (tmp_path / "click.py").write_text(pressed)
    environ = environment()
    environ["PYTHONPATH"] = os.pathsep.join((str(tmp_path), environ["PYTHONPATH"]))
    done = subprocess.run(
        [*COMMAND, "perfwatch", "up"], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_the_collector_runs_without_the_other_commands() -> None:
    program = (
        "import sys\nfrom perfwatch.__main__ import main\nsys.argv = ['perfwatch', 'collector', '--help']\n"
        "try: main()\nexcept SystemExit: print('perfwatch.cli' in sys.modules)"
    )
    ended = subprocess.run([*COMMAND[:-1], "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout.startswith("Usage: perfwatch collector [OPTIONS]")
    assert ended.stdout.endswith("False\n")
