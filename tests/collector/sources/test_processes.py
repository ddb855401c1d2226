from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collector.sources.processes import Processes, parse, scan, shown, top
from collector.sources.source import Absent
from perfwatch.readings.optional import TopProcess
from tests.collector.recording import tick

HERTZ = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def stat(
    number: int,
    name: bytes = b"cat",
    state: str = "S",
    spent: int = 0,
    started: int = 50,
    pages: int = 0,
    flags: int = 0,
) -> bytes:
    """A line of /proc/<pid>/stat."""
    head = f"{state} 1 1 1 0 -1 {flags} 9 9 9 9 {spent} 0 0 0 20 0 2 0"
    return (
        f"{number} (".encode() + name + f") {head} {started} 999999 {pages} 18446744073709551615 1\n".encode()
    )


class Machine:
    """A /proc of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "self").mkdir()

    def put(self, number: int, line: bytes) -> None:
        (self.root / str(number)).mkdir(exist_ok=True)
        (self.root / str(number) / "stat").write_bytes(line)

    def source(self, share: float = 1e9) -> Processes:
        return Processes(str(self.root), share)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_processes_are_counted_by_state(machine: Machine) -> None:
    for number, state in enumerate("RRSDDDZIt", start=1):
        machine.put(number, stat(number, state=state))
    reading = machine.source().gather(tick(0))
    assert (reading.count, reading.running, reading.blocked, reading.zombies) == (9, 2, 3, 1)
    assert reading.threads == 18


def test_processes_of_one_name_are_taken_together(machine: Machine) -> None:
    source = machine.source()
    for number in (1, 2):
        machine.put(number, stat(number, b"postgres", spent=1000, pages=10))
    first = source.gather(tick(100)).top["postgres"]
    assert (first.processes, first.cpu_percent, first.memory_bytes) == (2, None, 20 * PAGE)
    for number in (1, 2):
        machine.put(number, stat(number, b"postgres", spent=1000 + 2 * HERTZ, pages=10))
    assert source.gather(tick(105)).top["postgres"].cpu_percent == 80.0


def test_a_process_started_since_then_has_spent_all_its_time_since(machine: Machine) -> None:
    source = machine.source()
    machine.put(1, stat(1, b"init", pages=1))
    machine.put(7, stat(7, b"old", spent=5000, started=50))
    source.gather(tick(100))
    machine.put(7, stat(7, b"new", spent=HERTZ, started=9000))  # of the same number
    assert source.gather(tick(110)).top["new"].cpu_percent == 10.0


def test_a_process_that_vanishes_is_left_out(machine: Machine) -> None:
    machine.put(1, stat(1))
    (machine.root / "2").mkdir()
    assert [number for number, _ in scan(str(machine.root))] == [1]


@pytest.mark.parametrize(
    "name", [b"a b", b"((", b")) R 0 0", b"two\nlines", b"\xff\xfe", b"", b"tmux: server", "ä".encode()]
)
def test_a_name_may_hold_anything(name: bytes) -> None:
    process = parse(stat(7, name, state="Z", spent=12, pages=3))
    assert process.name == name.decode("utf-8", "replace")
    assert (process.state, process.spent, process.started, process.resident_pages) == ("Z", 12, 50, 3)
    assert shown(process) != ""


def test_kernel_threads_go_by_what_they_have_in_common() -> None:
    kernel = 0x00200000
    assert shown(parse(stat(9, b"kworker/0:1-events", flags=kernel))) == "kworker"
    assert shown(parse(stat(9, b"scsi_eh:0", flags=kernel))) == "scsi_eh"
    assert shown(parse(stat(9, b"a/b:c"))) == "a/b:c"


@pytest.mark.parametrize("line", [b"7 cat S", b"7 (cat) S 1", b"\0\0"])
def test_a_line_of_another_shape_fails_the_source(line: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse(line)


def test_the_five_highest_of_each_are_shown_by_processor_first() -> None:
    names = {f"p{n}": TopProcess(cpu_percent=float(n), memory_bytes=100 - n) for n in range(20)}
    assert list(top(names)) == ["p19", "p18", "p17", "p16", "p15", "p0", "p1", "p2", "p3", "p4"]
    assert top({"idle": TopProcess(cpu_percent=0.0, memory_bytes=0)}) == {}


def test_a_slow_scan_is_made_less_often(machine: Machine) -> None:
    """10 ms of work may take a thousandth of a core: one scan in 10 s."""
    clock = iter([0.0, 0.010, 1.0, 1.010, 2.0, 2.010])
    source = Processes(str(machine.root), 0.001, lambda: next(clock))
    machine.put(1, stat(1))
    first = source.gather(tick(100))
    machine.put(2, stat(2))
    assert [source.gather(tick(100 + late)).count for late in (5.0, 9.9, 10.1)] == [1, 1, 2]
    assert first.count == 1


def test_a_machine_without_proc_has_none(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(Absent):
            Processes(str(root)).gather(tick(0))


def test_the_real_machine_shows_a_process_that_is_busy() -> None:
    source = Processes(share=1e9)
    program = "import time\nuntil = time.process_time() + 60\nwhile time.process_time() < until: pass"
    began = time.monotonic()
    source.gather(tick(began))
    with subprocess.Popen([sys.executable, "-c", program]) as busy:
        try:
            line = Path(f"/proc/{busy.pid}/stat")
            while parse(line.read_bytes()).spent < HERTZ // 5:
                time.sleep(0.01)
            name = parse(line.read_bytes()).name
            reading = source.gather(tick(ended := time.monotonic()))
        finally:
            busy.kill()
    # A fifth of a second of work, in however long that took.
    assert (reading.top[name].cpu_percent or 0) > 0.5 * 20 / (ended - began)
    assert (reading.top[name].memory_bytes or 0) > 1_000_000
