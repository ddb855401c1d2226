"""The systemd unit: its text, and what systemd's own tools and a shell make of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from collector.service.systemd_unit import settings_text, unit
from perfwatch.systemd import quoted
from tests.collector.listener import Listener
from tests.servers import Mosquitto, wait_until
from tests.stack import environment

RECORDED = Path(__file__).parents[1] / "recordings" / "perfwatch-collector.service"
COMMAND = ["/opt/perfwatch/bin/python", "-P", "-m", "collector"]
SETTINGS = "/etc/perfwatch/collector.env"


def options(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def test_the_unit_is_the_one_on_record() -> None:
    assert unit(COMMAND, SETTINGS) == RECORDED.read_text()


def test_perf_adds_one_capability_and_one_system_call_and_nothing_else() -> None:
    plain, perf = options(unit(COMMAND, SETTINGS)), options(unit(COMMAND, SETTINGS, perf=True))
    assert (plain["CapabilityBoundingSet"], plain["AmbientCapabilities"]) == ("", "")
    assert {name for name in perf if perf[name] != plain[name]} == {
        "CapabilityBoundingSet",
        "AmbientCapabilities",
        "SystemCallFilter",
    }
    assert perf["CapabilityBoundingSet"] == perf["AmbientCapabilities"] == "CAP_PERFMON"
    assert perf["SystemCallFilter"] == plain["SystemCallFilter"] + " perf_event_open"


def test_groups_are_added_when_asked_for() -> None:
    assert "SupplementaryGroups" not in options(unit(COMMAND, SETTINGS))
    assert (
        options(unit(COMMAND, SETTINGS, groups=["docker", "video"]))["SupplementaryGroups"] == "docker video"
    )


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/python3.11", "/usr/bin/python3.11"),
        ("/opt/my tools/python", '"/opt/my tools/python"'),
        ("/opt/100%/$HOME", "/opt/100%%/$$HOME"),
        ('/opt/a"b\\c', '"/opt/a\\"b\\\\c"'),
    ],
)
def test_the_command_is_quoted_as_systemd_reads_it(word: str, written: str) -> None:
    assert quoted(word) == written


def made(folder: Path, text: str) -> str:
    path = folder / "perfwatch-collector.service"
    path.write_text(text)
    return str(path)


def analyse(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("perf", [False, True])
def test_systemd_finds_no_fault_in_it(tmp_path: Path, perf: bool) -> None:
    path = made(tmp_path, unit([sys.executable, "-m", "collector"], SETTINGS, perf, ["root"] if perf else []))
    ended = analyse("verify", "--man=no", path)
    faults = [line for line in ended.stderr.splitlines() if "perfwatch-collector" in line]
    assert (faults, ended.returncode) == ([], 0), ended.stderr


def test_systemd_would_find_a_fault(tmp_path: Path) -> None:
    """So that the test above can fail."""
    text = unit([sys.executable], SETTINGS).replace("ProtectSystem=strict", "ProtectSystem=stict")
    stderr = analyse("verify", "--man=no", made(tmp_path, text)).stderr
    assert "perfwatch-collector.service" in stderr
    assert "stict" in stderr


def test_systemd_rates_its_exposure_low(tmp_path: Path) -> None:
    """Out of 10 and in tenths; an ordinary unit has 9.6."""
    path = made(tmp_path, unit(COMMAND, SETTINGS))
    ended = analyse("security", "--offline=true", "--threshold=25", path)
    assert "Overall exposure level" in ended.stdout, ended.stderr
    assert ended.returncode == 0, ended.stdout.splitlines()[-1]


HOSTILE = 'mqtt://k%C3%BCche:a"b\\c$d`e f@broker:1883'


def sourced(folder: Path, text: str, variable: str) -> str:
    """The variable as a shell reads the file; systemd reads double quotes in the same way."""
    path = folder / "collector.env"
    path.write_text(text)
    program = f'. {path}; printf %s "${variable}"'
    return subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True).stdout


def test_a_setting_is_read_back_as_it_was_given(tmp_path: Path) -> None:
    text = settings_text("", {"PERFWATCH_BROKER": HOSTILE})
    assert sourced(tmp_path, text, "PERFWATCH_BROKER") == HOSTILE


def test_a_new_file_says_what_belongs_in_it() -> None:
    lines = settings_text("", {}).splitlines()
    assert lines != []
    assert all(line.startswith("#") for line in lines)


def test_what_is_in_the_file_stays_and_what_is_given_again_is_replaced(tmp_path: Path) -> None:
    before = '# mine\nPERFWATCH_BROKER="mqtt://old"\nPERFWATCH_INTERVAL=1s\n'
    text = settings_text(before, {"PERFWATCH_BROKER": "mqtt://new"})
    assert text == '# mine\nPERFWATCH_INTERVAL=1s\nPERFWATCH_BROKER="mqtt://new"\n'
    assert settings_text(text, {}) == text


def allowed_calls(group: str) -> set[str]:
    """The system calls of one of systemd's groups and of the groups within it."""
    lines = analyse("syscall-filter", group).stdout.splitlines()
    names = {line.strip() for line in lines[1:] if line.strip() and not line.strip().startswith("#")}
    nested = {name for name in names if name.startswith("@")}
    return (names - nested).union(*(allowed_calls(name) for name in nested))


def test_the_collector_makes_no_system_call_that_the_unit_forbids(broker: Mosquitto, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    allowed = allowed_calls(options(unit(COMMAND, SETTINGS))["SystemCallFilter"])
    traced = tmp_path / "traced"
    command = ["strace", "-D", "-f", "-q", "-o", str(traced), sys.executable, "-P", "-m", "collector"]
    with Listener(broker.port) as listener:
        process = subprocess.Popen(
            [*command, "--host", "nas", "--interval", "500ms", "--broker", broker.url],
            env=environment(data_dir=str(tmp_path)),
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: len(listener.topic("perfwatch/nas/disk")) >= 2, "two ticks")
        finally:
            process.terminate()  # with -D this is the collector, and strace its grandchild
            process.wait(60)
    wait_until(
        lambda: re.search(rf"^{process.pid} +\+\+\+", traced.read_text(), re.MULTILINE) is not None, "its end"
    )
    used = set(re.findall(r"^\d+\s+(\w+)\(", traced.read_text(errors="replace"), re.MULTILINE))
    assert "openat" in used
    assert used - allowed - {"perf_event_open"} == set()  # perf is told that it may not, and says so
