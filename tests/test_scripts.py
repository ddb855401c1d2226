"""What `make` calls before there is a Python environment: plain sh, so it is run and not imported."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.servers import wait_until

SCRIPTS = Path(__file__).parents[1] / "scripts"
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def script(name: str, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, "sh", str(SCRIPTS / name), *arguments]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
@pytest.mark.skipif(not shutil.which("apt-get"), reason="what is said depends on apt-get, which is not here")
def test_who_may_not_install_is_told_all_that_is_missing_in_one_line() -> None:
    done = script("ensure", "false", "one", "true", "two", "false", "three:drei", prefix=AS_NOBODY)
    assert done.returncode == 1
    assert "  apt-get install -y one three \n" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
@pytest.mark.skipif(not shutil.which("apt-get"), reason="what is said depends on apt-get, which is not here")
@pytest.mark.parametrize("prefix", [(), AS_NOBODY], ids=["root", "nobody"])
def test_what_is_welcome_and_cannot_be_had_is_no_failure(prefix: tuple[str, ...]) -> None:
    done = script("ensure", "false", "+no-such-package", "true", "two", prefix=prefix)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
@pytest.mark.skipif(not shutil.which("apt-get"), reason="what is said depends on apt-get, which is not here")
def test_what_is_welcome_is_named_along_where_there_is_such_a_package() -> None:
    done = script("ensure", "false", "one", "false", "+no-such-package", "false", "+apt", prefix=AS_NOBODY)
    assert "  apt-get install -y one apt \n" in done.stderr


def test_where_nothing_is_missing_nothing_is_done() -> None:
    done = script("ensure", "true", "one", "true", "two")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_of_another_place_is_made_anew(tmp_path: Path) -> None:
    made = script("venv", sys.executable, str(tmp_path / "old"))
    assert (made.returncode, made.stdout) == (0, "")
    assert script("venv", sys.executable, str(tmp_path / "old")).stdout == ""
    (tmp_path / "old" / "kept").touch()
    (tmp_path / "old").rename(tmp_path / "new")
    again = script("venv", sys.executable, str(tmp_path / "new"))
    assert "making it anew" in again.stdout
    assert not (tmp_path / "new" / "kept").exists()
    assert (tmp_path / "new" / "bin" / "python").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    (tmp_path / "venv" / "bin" / "python").unlink()
    assert "making it anew" in script("venv", sys.executable, str(tmp_path / "venv")).stdout


def test_a_network_that_is_not_there_is_named(tmp_path: Path) -> None:
    cut_off = ("unshare", "-r", "-n")
    if subprocess.run([*cut_off, "true"], capture_output=True, check=False).returncode:
        pytest.skip("unshare cannot make a network namespace here")
    (tmp_path / "lock").write_text(f"click==8.2.0 --hash=sha256:{'0' * 64}\n")
    done = script("pip-install", sys.executable, str(tmp_path / "lock"), prefix=cut_off)
    assert done.returncode == 1
    assert "the package index cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
def test_a_place_that_cannot_be_written_is_named() -> None:
    done = script("venv", "/usr/bin/python3", "/usr/venv", prefix=AS_NOBODY)
    assert (done.returncode, done.stderr) == (
        1,
        "perfwatch: /usr cannot be written. Use a clone that you may write to\n",
    )


def test_an_environment_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    command = ["sh", str(SCRIPTS / "venv"), sys.executable, str(tmp_path / "venv")]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that puts us into the background has us ignore it, and our children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as making:
        wait_until((tmp_path / "venv").exists, "it has begun")
        os.killpg(making.pid, signal.SIGINT)
        said = making.communicate(timeout=60)[1]
    assert (making.returncode, said) == (130, "perfwatch: interrupted. Run the same command again\n")
    assert not (tmp_path / "venv").exists()
