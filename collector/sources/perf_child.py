"""`perf stat` as a child process, for as long as its counts are wanted."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

from collector.sources.perf_output import Interval, Intervals, Tally, parse, plain_name
from collector.sources.source import ReadText, read_text
from collector.worker import Worker
from perfwatch.orphan import end_with_parent

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 300.0
_GRACE_SECONDS = 0.5  # twice: the whole service ends within 2 s
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PARANOID = "/proc/sys/kernel/perf_event_paranoid"
_REMARKS = 20
_MOST_LINES = 1000

_NOT_INSTALLED = (
    "perf is not installed: it is in the package linux-perf (Debian), linux-tools-generic (Ubuntu) "
    "or perf (Fedora, Arch)"
)
_FORBIDDEN = re.compile(r"perf_event_paranoid|permission|not permitted|access to performance", re.IGNORECASE)
# Three ways in which versions of perf name the one event because of which they count none.
_REFUSED = re.compile(r"(?:event syntax error: '|unsupported event: '|for event \()([^')]+)")


def find_perf() -> str | None:
    """Where perf is, if it is here."""
    return shutil.which("perf")


class PerfChild:
    """One perf: started again when it dies, ever later while it keeps dying; ended by `close`.

    A thread of its own sleeps until perf prints. `trouble` is why perf does not count at present.
    """

    def __init__(
        self,
        events: Sequence[str],
        cores: str,
        interval: float,
        find: Callable[[], str | None] = find_perf,
        read: ReadText = read_text,
        first_delay: float = _FIRST_DELAY,
    ) -> None:
        self.trouble: str | None = None
        self.refused: list[str] = []
        """Events that this perf does not know or cannot open: it counts the others."""
        self._events = events
        self._cores = cores
        self._interval = interval
        self._find = find
        self._read = read
        self._first_delay = first_delay
        self._tally = Tally()
        self._intervals = Intervals()
        self._counted = False
        self._printed: deque[str] = deque()
        self._remarks: deque[str] = deque(maxlen=_REMARKS)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._worker = Worker("perf", self._run)

    def start(self) -> None:
        """Begin to count. Returns at once."""
        self._worker.start()

    def take(self) -> Interval | None:
        """The sum of all intervals that ended since the last call; None when there was none.

        Raises what ended the thread.
        """
        self._worker.check()
        with self._lock:
            self._count()
            return self._tally.take()

    def close(self) -> None:
        """End perf, and wait until it has ended."""
        with self._lock:
            self._closing.set()
            if self._process:
                self._process.terminate()
        if not self._worker.join(_GRACE_SECONDS) and self._process:
            self._process.kill()
            self._worker.join(_GRACE_SECONDS)

    def _run(self) -> None:
        delay = self._first_delay
        while not self._closing.is_set():
            refused = len(self.refused)
            counted = self._run_once()
            if len(self.refused) > refused:
                continue
            delay = self._first_delay if counted else min(delay * 2, _LONGEST_DELAY)
            self._closing.wait(delay)

    def _run_once(self) -> bool:
        """Start perf and read it to its end; whether it counted anything."""
        path = self._find()
        if path is None:
            self.trouble = _NOT_INSTALLED
            return False
        try:
            process = self._spawn(path)
        except OSError as exc:
            self.trouble = f"{path} cannot be started: {exc}"
            return False
        if process is None:
            return False
        with process:
            try:
                remarks, counted = self._listen(process)
            except BaseException:
                process.kill()  # it would be waited for, and it ends with us only
                raise
        self._explain(path, process.returncode, remarks)
        return counted

    def _spawn(self, path: str) -> subprocess.Popen[str] | None:
        with self._lock:  # so that close finds either no process or one that it can end
            if self._closing.is_set():
                return None
            self._process = subprocess.Popen(
                [path, *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Numbers with a point, no configuration of the user's, no secrets of ours.
                env={"LC_ALL": "C", "PATH": _PATH},
                encoding="utf-8",
                errors="replace",
                process_group=0,
                preexec_fn=end_with_parent(),
            )
            return self._process

    def _arguments(self) -> list[str]:
        where = ["-a"] if self._cores == "all" else ["-C", self._cores]
        # To its standard output perf writes an interval at a time; to its error output, piece by piece.
        arguments = ["stat", *where, "-I", str(round(self._interval * 1000)), "-x,", "--log-fd", "1"]
        # One -e for each: a complaint about one then names that one.
        wanted = (event for event in self._events if event not in self.refused)
        return arguments + [part for event in wanted for part in ("-e", event)]

    def _listen(self, process: subprocess.Popen[str]) -> tuple[list[str], bool]:
        self._intervals, self._counted = Intervals(), False
        self._remarks.clear()
        assert process.stdout is not None
        for text in process.stdout:
            self._printed.append(text)
            if self.trouble or len(self._printed) >= _MOST_LINES:
                with self._lock:
                    self._count()
        with self._lock:
            self._count()
        return [remark for remark in self._remarks if remark], self._counted

    def _count(self) -> None:
        """What perf has printed, at once: a line at a time, by the thread that waits, costs twice that."""
        while self._printed:
            text = self._printed.popleft()
            if (line := parse(text)) is None:
                self._remarks.append(text.strip())
                continue
            for interval in self._intervals.feed(line):
                self._counted = True
                self._tally.add(interval)
                self.trouble = None

    def _explain(self, path: str, code: int, remarks: list[str]) -> None:
        """Say in `trouble` why perf ended, or put the event that it cannot take on the list."""
        said = "\n".join(remarks)
        refused = _REFUSED.search(said)
        if _FORBIDDEN.search(said):
            self.trouble = self._forbidden(path)
        elif (
            event := plain_name(refused[1]) if refused else ""
        ) in self._events and event not in self.refused:
            self.refused.append(event)
        else:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            last = next((f": {remark}" for remark in remarks if remark != "Error:"), "")
            self.trouble = f"perf ended ({how}){last}"

    def _forbidden(self, path: str) -> str:
        try:
            level = self._read(_PARANOID).strip()
        except OSError:
            level = "unknown"
        return (
            f"perf may not count for the whole machine (kernel.perf_event_paranoid is {level}): give it "
            f"CAP_PERFMON (AmbientCapabilities=CAP_PERFMON in our systemd unit, or setcap cap_perfmon=ep "
            f"{path}), or set kernel.perf_event_paranoid to 0"
        )
