"""`perfwatch` on the package index is a stranger's: nothing of ours may install that."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from perfwatch import distribution

ROOT = Path(__file__).parents[2]
# As a whole word after an installer's name and verb, or as a line of requirements.
STRANGER = re.compile(
    r"""\b(?:pipx?|uvx?)\b[^\n#]*\b(?:install|upgrade|run|download|wheel)\b[^\n]*?[\s'"]"""
    r"""perfwatch(?=\[|[=>~]=|['"]?\s*(?:$|[;`'")<&|]))|^\s*(?:name:\s*)?["']?perfwatch(?:\[|==)"""
)
NAMED = re.compile(r"""(?:metadata\.)?(?:version|requires|distribution)\(["']perfwatch["']\)""")


def ours() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    texts = (ROOT / line for line in listed.stdout.splitlines() if not line.endswith((".png", ".db", ".gz")))
    return [path for path in texts if path.is_file() and path != Path(__file__)]


@pytest.mark.parametrize(
    "line",
    [
        "pip install perfwatch",
        "python -m pip install -U 'perfwatch[bridge]'",
        "raise E(\"it needs: pip install 'perfwatch[parquet]'\")",
        "sudo PIPX_HOME=/opt/pipx pipx install --force perfwatch </dev/null && perfwatch collector",
        "`pipx upgrade perfwatch`, then",
        '        name: "perfwatch=={{ perfwatch_version }}"',
        "perfwatch==0.1.0 --hash=sha256:00",
    ],
)
def test_the_stranger_is_recognised(line: str) -> None:
    assert STRANGER.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "pip install perfwatch-mqtt",
        "pip install ./perfwatch",
        "pip install --no-index /wheel/perfwatch_mqtt-0.1.0-py3-none-any.whl",
        "pip install -r requirements.lock && perfwatch up",
    ],
)
def test_what_is_ours_is_not(line: str) -> None:
    assert not STRANGER.search(line)


def test_nothing_installs_it() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in ours()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if STRANGER.search(line) or NAMED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("extra", "package"), [("bridge", "mqtt5"), ("dashboard", "streamlit"), ("gpu", "nvidia-ml-py")]
)
def test_a_missing_extra_is_told_as_its_packages(extra: str, package: str) -> None:
    line = distribution.install_line(extra)
    assert line.startswith(f"{sys.executable} -m pip install ")
    assert package in line
    assert "perfwatch" not in line.removeprefix(sys.executable)
