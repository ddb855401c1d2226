"""A bundle is made here, and installed where there is no network at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.documents import ROOT

CUT_OFF = ["unshare", "--map-root-user", "--net"]


def _missing() -> str:
    if shutil.which("unshare") is None:
        return "there is no unshare to cut the network off with"
    tried = subprocess.run([*CUT_OFF, "true"], capture_output=True, text=True, check=False)
    return f"this user may not cut the network off: {tried.stderr.strip()}" if tried.returncode else ""


WHY_NOT = _missing()
pytestmark = [pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT), pytest.mark.timeout(600)]


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PERFWATCH_")}
    return subprocess.run(
        command, cwd=ROOT, env=environ | variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "bundle"
    # No engine: the images of a stack are gigabytes, and another test's.
    made = run("scripts/bundle", sys.executable, str(folder), DOCKER_HOST="unix:///nowhere.sock")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed") / "perfwatch"
    # pip would compile pandas and all the others, for half a minute.
    done = run(*CUT_OFF, str(bundle / "install.sh"), str(folder), PYTHON=sys.executable, PIP_COMPILE="0")
    assert done.returncode == 0, done.stderr
    return folder


def test_installed_without_a_network_the_command_works(installed: Path) -> None:
    told = run(*CUT_OFF, str(installed / "bin" / "perfwatch"), "--version")
    assert told.stdout.startswith("perfwatch, version ")


def test_a_collector_reads_this_machine_without_a_network(installed: Path) -> None:
    told = run(
        *CUT_OFF, str(installed / "bin" / "perfwatch"), "collector", "--once", "--sources", "cpu,memory"
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["memory"]["total_bytes"] > 0


def test_the_services_are_all_there(installed: Path) -> None:
    code = "import mqtt5, streamlit, influxdb_client, bridge.app, dashboard.server"
    assert run(*CUT_OFF, str(installed / "bin" / "python"), "-P", "-c", code).returncode == 0


def test_a_wheel_that_was_changed_on_the_way_is_refused(bundle: Path, tmp_path: Path) -> None:
    changed = tmp_path / "bundle"
    shutil.copytree(bundle, changed)
    wheel = next((changed / "wheels").glob("perfwatch_mqtt-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    done = run(*CUT_OFF, str(changed / "install.sh"), str(tmp_path / "to"), PYTHON=sys.executable)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_another_python_is_told_which_it_was_made_for(bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "bundle"
    other.mkdir()
    shutil.copy(bundle / "install.sh", other)
    (other / "made-for").write_text("3.99 vax\n")
    done = run(str(other / "install.sh"), str(tmp_path / "to"), PYTHON=sys.executable)
    assert done.returncode == 1
    assert "This bundle is for Python 3.99 vax" in done.stderr
