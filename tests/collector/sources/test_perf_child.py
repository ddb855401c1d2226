"""perf as a real child process: the real one where it may count, and small programs that play it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector.sources.perf_child import PerfChild, find_perf
from collector.sources.perf_output import Interval
from tests.collector.recording import absent
from tests.servers import wait_until

RECORDINGS = Path(__file__).parents[1] / "recordings" / "perf"
EVENTS = ["cpu-clock", "context-switches", "cycles"]

# Two intervals, then it stays: `exec` so that the shell is not a second process.
COUNTS = """
echo "$@" >> {folder}/started
echo $$ >> {folder}/pid
for second in 1 2; do
  echo "$second.0,1000,msec,cpu-clock,1,100.00"
  echo "$second.0,5,,context-switches,1,100.00"
done
exec sleep 60
"""


def program(folder: Path, text: str) -> Path:
    path = folder / "perf"
    path.write_text("#!/bin/sh\n" + text.replace("{folder}", str(folder)))
    path.chmod(0o755)
    return path


@contextmanager
def child(find: Path | None, cores: str = "all", interval: float = 0.1) -> Iterator[PerfChild]:
    found = str(find) if find else None
    made = PerfChild(EVENTS, cores, interval, lambda: found, lambda _: "2\n", first_delay=0.05)
    made.start()
    try:
        yield made
    finally:
        made.close()


def wait_for_counts(perf: PerfChild) -> Interval:
    taken: list[Interval] = []

    def came() -> bool:
        interval = perf.take()
        if interval:
            taken.append(interval)
        return bool(taken)

    wait_until(came, "an interval of perf's")
    return taken[0]


def wait_for_trouble(perf: PerfChild, part: str) -> str:
    wait_until(lambda: part in (perf.trouble or ""), f"trouble with {part!r}")
    return perf.trouble or ""


def pids(folder: Path) -> list[int]:
    path = folder / "pid"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_is_told_what_to_count_where_and_how_often(tmp_path: Path) -> None:
    with child(program(tmp_path, COUNTS), cores="0-3,6", interval=2.5) as perf:
        wait_for_counts(perf)
    started = (tmp_path / "started").read_text()
    assert started == "stat -C 0-3,6 -I 2500 -x, --log-fd 1 -e cpu-clock -e context-switches -e cycles\n"


def test_all_cores_are_the_whole_machine(tmp_path: Path) -> None:
    with child(program(tmp_path, COUNTS)) as perf:
        wait_for_counts(perf)
    assert "stat -a -I 100 " in (tmp_path / "started").read_text()


def test_one_that_dies_is_started_again_and_its_counts_are_kept(tmp_path: Path) -> None:
    with child(program(tmp_path, COUNTS)) as perf:
        wait_until(lambda: len(pids(tmp_path)) == 1, "perf is there")
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        wait_until(lambda: len(pids(tmp_path)) == 2, "perf is there again")
        assert wait_for_counts(perf).counts["context-switches"].value in (5, 10, 15, 20)
        wait_until(lambda: perf.trouble is None, "the trouble is over")


def test_what_nobody_foresaw_in_its_thread_is_raised_in_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_text: str) -> None:
        raise TypeError("of this test")

    monkeypatch.setattr("collector.sources.perf_child.parse", breaks)
    monkeypatch.setattr("collector.sources.perf_child._MOST_LINES", 1)  # so it is the thread that counts
    with child(program(tmp_path, "echo $$ > {folder}/pid; echo 1.0,5,,cycles; exec sleep 600")) as perf:
        wait_until(lambda: bool(pids(tmp_path)) and not alive(pids(tmp_path)[0]), "perf is ended")
        with pytest.raises(TypeError, match="of this test"):
            wait_until(lambda: bool(perf.take()), "counts")


def test_how_it_died_is_told(tmp_path: Path) -> None:
    with child(program(tmp_path, "kill -KILL $$")) as perf:
        assert wait_for_trouble(perf, "ended") == "perf ended (SIGKILL)"


def test_what_it_said_before_it_ended_is_told(tmp_path: Path) -> None:
    text = "echo >&2; echo 'WARNING: perf not found for kernel 6.18' >&2; exit 2"
    with child(program(tmp_path, text)) as perf:
        told = wait_for_trouble(perf, "ended")
    assert told == "perf ended (exit code 2): WARNING: perf not found for kernel 6.18"


def test_without_permission_the_level_and_the_way_out_are_told(tmp_path: Path) -> None:
    path = program(tmp_path, f"cat '{RECORDINGS}/6.1_forbidden'; exit 255")
    with child(path) as perf:
        told = wait_for_trouble(perf, "may not count")
    assert "kernel.perf_event_paranoid is 2" in told
    assert "CAP_PERFMON" in told
    assert f"setcap cap_perfmon=ep {path}" in told


def test_a_level_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    path = str(program(tmp_path, f"cat '{RECORDINGS}/6.1_forbidden'; exit 255"))
    perf = PerfChild(EVENTS, "all", 1.0, lambda: path, absent)
    perf.start()
    wait_for_trouble(perf, "perf_event_paranoid is unknown")
    perf.close()


@pytest.mark.parametrize(
    "complaint",
    [
        "event syntax error: 'cycles'",
        "invalid or unsupported event: 'cycles'",
        "The sys_perf_event_open() syscall returned with 22 (Invalid argument) for event (cycles).",
    ],
)
def test_an_event_that_it_cannot_take_does_not_take_the_others_down(tmp_path: Path, complaint: str) -> None:
    text = f'case "$*" in *cycles*) echo "{complaint}" >&2; exit 129;; esac\n'
    with child(program(tmp_path, text + COUNTS)) as perf:
        assert set(wait_for_counts(perf).counts) == {"cpu-clock", "context-switches"}
    assert perf.refused == ["cycles"]
    assert (tmp_path / "started").read_text().endswith("-e cpu-clock -e context-switches\n")


def test_a_machine_without_perf_is_told_where_it_is() -> None:
    with child(None) as perf:
        assert "linux-perf" in wait_for_trouble(perf, "not installed")


def test_a_perf_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    path = program(tmp_path, "")
    path.chmod(0o644)
    with child(path) as perf:
        assert "Permission denied" in wait_for_trouble(perf, "cannot be started")


def test_a_perf_that_ignores_the_word_to_end_is_killed(tmp_path: Path) -> None:
    text = "trap '' TERM\n" + COUNTS.replace("exec sleep 60", "while :; do sleep 0.05; done")
    with child(program(tmp_path, text)) as perf:
        wait_for_counts(perf)
    assert not alive(pids(tmp_path)[0])


PARENT = """
import sys, time
from collector.sources.perf_child import PerfChild
perf = PerfChild(["cpu-clock"], "all", 0.1, lambda: sys.argv[1])
perf.start()
time.sleep(60)
"""


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(program(tmp_path, COUNTS))]
    with subprocess.Popen(command) as parent:
        wait_until(lambda: len(pids(tmp_path)) == 1, "perf is there")
        parent.kill()
    wait_until(lambda: not alive(pids(tmp_path)[0]), "perf has ended too")


def test_it_has_a_process_group_of_its_own_so_that_ctrl_c_is_ours(tmp_path: Path) -> None:
    with child(program(tmp_path, COUNTS)) as perf:
        wait_for_counts(perf)
        (pid,) = pids(tmp_path)
        assert os.getpgid(pid) == pid != os.getpgid(0)


def test_the_environment_that_it_gets_holds_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFWATCH_BROKER", "mqtt://me:hunter2@host")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with child(program(tmp_path, "env > {folder}/env\n" + COUNTS)) as perf:
        wait_for_counts(perf)
    environment = (tmp_path / "env").read_text()
    assert "LC_ALL=C\n" in environment
    assert "hunter2" not in environment


def counting() -> str:
    """Where perf is, when it may count here; the test is skipped with the reason otherwise."""
    path = find_perf()
    if path is None:
        pytest.skip("needs perf (Debian: linux-perf)")
    tried = subprocess.run(
        [path, "stat", "-a", "-x,", "-e", "cpu-clock", "true"], check=False, capture_output=True, text=True
    )
    if tried.returncode or "cpu-clock" not in tried.stderr:
        pytest.skip(f"perf may not count here: {tried.stderr.strip()[:200]}")
    return path


def test_the_real_perf_counts_the_time_of_every_core() -> None:
    path = counting()
    with child(Path(path), interval=0.2) as perf:
        interval = wait_for_counts(perf)
    clock = interval.counts["cpu-clock"]
    assert clock.unit == "msec"
    assert clock.value == pytest.approx(interval.seconds * 1000 * (os.cpu_count() or 1), rel=0.3)


def test_the_real_perf_does_not_fail_for_an_event_that_nobody_knows() -> None:
    path = counting()
    perf = PerfChild(["cpu-clock", "no-such-event"], "all", 0.1, lambda: path, first_delay=60.0)
    perf.start()
    assert set(wait_for_counts(perf).counts) == {"cpu-clock"}
    assert perf.refused == ["no-such-event"]
    perf.close()
