"""A child process that is ended with its parent."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from perfwatch.orphan import end_with_parent

_GRACE_SECONDS = 10.0
_LOG_BYTES = 5_000_000
_LOOK_BYTES = 65_536

# A commit of the history takes some 100 kB in its log.
_LEAST_BYTES = 200_000


class Child:
    """One service: started any number of times, its output appended to a file of its own.

    Each start sets `started`; whoever waits for that clears it.
    """

    def __init__(self, name: str, command: list[str], environ: dict[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._command = command
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._began = 0.0
        self._read_to = self.log.stat().st_size if self.log.exists() else 0
        self.started = asyncio.Event()

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches our parent alone, which ends us in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(OSError):  # a full disk
            self.rotate()
        with self._output() as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        self._began = time.monotonic()
        self.started.set()

    def written(self) -> bytes:
        """The whole lines that it logged since this was asked last; not those of an earlier run."""
        size = self.log.stat().st_size
        self._read_to = min(self._read_to, size)  # a log that was begun anew is shorter
        if self._read_to == size:
            return b""
        with self.log.open("rb") as file:
            file.seek(self._read_to)
            lines = file.read(_LOOK_BYTES)
        end = lines.rfind(b"\n") + 1
        whole = lines[:end] if end or len(lines) < _LOOK_BYTES else lines
        self._read_to += len(whole)
        return whole

    def _output(self) -> IO[bytes]:
        """Where it is to write; closed here once it has it."""
        return self.log.open("ab")

    def rotate(self) -> None:
        """Begin the log anew when it is long; the one before is kept as `.log.1`.

        The child goes on in the same file, at its new end, as it was opened to append to. What it writes in
        the moment between copying and emptying is lost.
        """
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    async def wait(self) -> tuple[float, str]:
        """Wait until it ends; returns the seconds it lived and how it ended, in words."""
        assert self._process is not None
        code = await self._process.wait()
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if code > 0 and (last := self.tail(1)):
            how = f"{how}: {last}"
        return time.monotonic() - self._began, how

    def reload(self) -> None:
        """Have it read its files again (SIGHUP). One that has ended reads them when it starts."""
        self._signal(signal.SIGHUP)

    def save(self) -> None:
        """Have it save what it has in memory, as Mosquitto does at SIGUSR1."""
        self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and not self.ended:
            self._process.send_signal(number)

    async def stop(self) -> None:
        """Ask it to end (SIGTERM); after ten seconds, end it (SIGKILL)."""
        if self._process is None or self.ended:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def last_words(self) -> str:
        """What it wrote at the end, as a sentence and lines."""
        last = self.tail()
        if last:
            return f"Its log, {self.log}, says:\n{last}"
        return f"Its log, {self.log}, is empty. {no_room(self.log.parent)}".rstrip()

    def tail(self, lines: int = 8) -> str:
        """The last lines that it wrote."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def no_room(folder: Path) -> str:
    """A sentence when nothing can be stored in that folder; otherwise empty."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize >= _LEAST_BYTES:
        return ""
    return f"The disk of {folder} is full: no reading is stored. Make room there"
