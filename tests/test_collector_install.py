"""A collector and nothing else, as people put it on a Pi: the wheel, in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from collector.service.install import check_reachable
from perfwatch.errors import StartError
from tests.collector.listener import Listener
from tests.servers import Mosquitto, wait_until
from tests.stack import environment

ROOT = Path(__file__).parents[1]
NOBODY = 65534

# It downloads packages.
pytestmark = pytest.mark.timeout(600)

OTHERS = ("streamlit", "starlette", "influxdb_client", "mqtt5", "aiomqtt", "argon2", "jwt", "uvicorn")


class Install:
    """An environment with the base dependencies only, and an unprivileged user's folder beside it."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.wheel = wheel
        self.home = folder / "home"
        self.bin = folder / "venv" / "bin"
        self._as_nobody: list[str] = []
        self.home.mkdir()
        if os.geteuid() == 0:
            os.chown(self.home, NOBODY, NOBODY)
            ids = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
            self._as_nobody = [_needed("setpriv"), *ids]

    def command(self, *words: str) -> list[str]:
        """That program of the environment, run by a user who is not root."""
        return [*self._as_nobody, str(self.bin / words[0]), *words[1:]]

    def environment(self, **settings: str) -> dict[str, str]:
        clean = {name: value for name, value in environment(**settings).items() if name != "PYTHONPATH"}
        return clean | {"HOME": str(self.home)}

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=self.environment(**settings),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def _needed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed, and root is no unprivileged user")
    return path


def _python_for_all() -> str:
    """A Python with pip's bootstrap that an unprivileged user may run."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            check_reachable([Path(python)])
        except (StartError, FileNotFoundError):
            continue
        test = "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"
        if subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("there is no Python 3.11 or newer, with ensurepip, that every user may run")


def _pip(python: str | Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pip", "--quiet", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def install() -> Iterator[Install]:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the wheel, is not installed: make install-dev")
    python = _python_for_all()
    # Not pytest's own folder, which is closed to other users.
    with tempfile.TemporaryDirectory(prefix="perfwatch-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        probe = _pip(sys.executable, "download", "--no-deps", "--dest", str(folder / "probe"), "click>=8.2")
        if probe.returncode:
            pytest.skip(f"pip reaches no package index: {probe.stderr.strip().splitlines()[-1]}")
        built = _pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "-w", name, ".")
        assert built.returncode == 0, built.stderr
        made = Install(folder, next(folder.glob("perfwatch_mqtt-*.whl")))
        subprocess.run([python, "-m", "venv", str(folder / "venv")], check=True)
        installed = _pip(made.bin / "python", "install", "--only-binary", ":all:", str(made.wheel))
        assert installed.returncode == 0, installed.stderr
        yield made


def test_it_brings_no_package_of_the_other_services(install: Install) -> None:
    program = f"from importlib.util import find_spec; print([n for n in {OTHERS} if find_spec(n)])"
    assert install.run("python", "-c", program).stdout == "[]\n"


def test_its_commands_tell_what_they_do(install: Install) -> None:
    for words in (("--help",), ("collector", "--help"), ("doctor", "--help")):
        ended = install.run("perfwatch", *words)
        assert ended.returncode == 0, ended.stderr
        assert "Usage: " in ended.stdout


@pytest.mark.parametrize("words", [("up",), ("dashboard",), ("bridge",)])
def test_what_needs_more_says_which_packages_those_are(install: Install, words: tuple[str, ...]) -> None:
    ended = install.run("perfwatch", *words)
    assert ended.returncode == 1
    assert "-m pip install " in ended.stderr
    assert "mqtt5" in ended.stderr or "streamlit" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unprivileged_user_publishes(install: Install, broker: Mosquitto) -> None:
    options = ("--host", "pi", "--interval", "500ms", "--broker", broker.url)
    with Listener(broker.port) as listener:
        process = subprocess.Popen(
            install.command("perfwatch", "collector", *options),
            env=install.environment(),
            cwd="/",
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for metric in ("cpu", "memory", "network", "disk"):
                topic = f"perfwatch/pi/{metric}"
                wait_until(lambda topic=topic: len(listener.topic(topic)) >= 2, topic)  # type: ignore[misc]
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    info = json.loads(listener.topic("perfwatch/pi/info")[-1])
    assert [name for name in ("cpu", "memory", "network", "disk") if info["sources"][name]] == []


def test_the_doctor_is_content_with_an_unprivileged_user(install: Install, broker: Mosquitto) -> None:
    ended = install.run("perfwatch", "doctor", "--json", broker=broker.url)
    checks = json.loads(ended.stdout)["checks"]
    assert [check for check in checks if check["part"] != "dashboard" and check["state"] == "failed"] == []
    user = next(check for check in checks if check["name"] == "user")
    assert "root" not in user["found"]
    # What this user may not read says why, and what to do.
    assert all(check["found"] for check in checks)


@pytest.mark.parametrize("platform", ["aarch64", "x86_64"])
def test_every_package_has_a_wheel_for_that_machine(install: Install, tmp_path: Path, platform: str) -> None:
    """So that a 64-bit Raspberry Pi needs no compiler."""
    tags = [f"--platform={tag}_{platform}" for tag in ("manylinux2014", "manylinux_2_28")]
    ended = _pip(
        sys.executable,
        *("install", "--dry-run", "--ignore-installed", "--target", str(tmp_path), "--python-version=3.11"),
        *(*tags, "--only-binary=:all:", str(install.wheel)),
    )
    assert ended.returncode == 0, ended.stderr
