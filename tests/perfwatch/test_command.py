"""How a command ends when something is wrong: in one sentence and exit code 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from perfwatch.cli import main


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


@pytest.mark.parametrize("group", [(), ("host",), ("user",), ("history",)], ids=" ".join)
def test_no_sentence_of_the_help_is_cut(group: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(main, [*group, "--help"]).output.partition("Commands:")[2]
    assert listed
    assert [line for line in listed.splitlines() if line.endswith("...")] == []
