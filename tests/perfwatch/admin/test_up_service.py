from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfwatch.admin.up_service import unit, whose
from perfwatch.cli import main
from perfwatch.errors import StartError


def shown(*options: str) -> str:
    done = CliRunner().invoke(main, ["up", "install-service", "--print", "--user", "nobody", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_unit_runs_up_with_the_options_as_that_user(tmp_path: Path) -> None:
    (tmp_path / "my.env").touch()
    text = shown("--address", "0.0.0.0", "--interval", "2s", "--env-file", str(tmp_path / "my.env"))
    assert "User=nobody\n" in text
    command = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert " -P -m perfwatch up " in command
    for words in ("--address 0.0.0.0", "--interval 2s", f"--env-file {tmp_path}/my.env"):
        assert words in command


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "perfwatch.service").write_text(unit("daemon", ["--host", "my nas"]))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "perfwatch.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "perfwatch.service" not in done.stderr, done.stderr


def test_a_password_cannot_get_into_the_unit() -> None:
    done = CliRunner().invoke(main, ["up", "install-service", "--print", "--broker", "mqtt://a:secret@b"])
    assert done.exit_code == 2
    assert "No such option" in done.stderr


@pytest.mark.parametrize(
    ("name", "environ", "says"),
    [(None, {}, "--user NAME"), ("root", {}, "--user NAME"), ("nobody-there", {}, "no user 'nobody-there'")],
)
def test_who_it_runs_as_must_be_known(name: str | None, environ: dict[str, str], says: str) -> None:
    with pytest.raises(StartError, match=says):
        whose(name, environ)


def test_who_called_sudo_is_who_it_runs_as() -> None:
    assert whose(None, {"SUDO_USER": "nobody"}) == "nobody"


def test_a_setting_that_is_wrong_is_refused_before_anything_is_written() -> None:
    done = CliRunner().invoke(
        main, ["up", "install-service", "--print", "--user", "nobody", "--port", "http"]
    )
    assert done.exit_code == 1
    assert "--port is 'http'" in done.stderr
