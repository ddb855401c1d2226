"""Real servers for tests: each on a free port of the loopback, ended by its own process."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

SEARCHED = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin:/usr/local/bin"
BINARY = shutil.which("mosquitto", path=SEARCHED)

OPEN_BROKER = """
persistence false
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
"""


# Below those that the system gives to connections.
_PORTS = range(11_000, 32_000)
_next = random.choice(_PORTS)
# A UDP socket on the same port keeps other workers, and other runs, from choosing it before a server listens
# there, and while that server is away.
_held: deque[socket.socket] = deque()


def free_port() -> int:
    """Each time another one: what still asks for an earlier test's server does not meet this one's."""
    global _next
    while True:
        port, _next = _next, _next + 1 if _next + 1 in _PORTS else _PORTS[0]
        holding = socket.socket(type=socket.SOCK_DGRAM)
        with suppress(OSError), socket.socket() as probe:
            holding.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _held.append(holding)
            if len(_held) > 100:
                _held.popleft().close()
            return port
        holding.close()


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
    """Return as soon as `condition` holds; fail saying `what` did not happen."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:.0f} s: {what}")
        time.sleep(0.02)


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


class SilentServer:
    """Takes connections, and never answers: `with SilentServer() as server: … server.port`."""

    def __enter__(self) -> Self:
        # The kernel takes them; nobody reads.
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.port: int = self._socket.getsockname()[1]
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._socket.close()


def changed(path: Path) -> int:
    """When a file was last written, in nanoseconds; 0 when there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


def client(program: str, port: int, *arguments: str) -> list[str]:
    """The command of `mosquitto_pub` or `mosquitto_sub` at a broker here, with MQTT 5 and QoS 1."""
    return [program, "-h", "127.0.0.1", "-p", str(port), "-V", "5", "-q", "1", *arguments]


class Mosquitto:
    """A Mosquitto of its own: `with Mosquitto(folder) as broker: … broker.port`.

    It can be killed and started again on the same port with the same configuration. `within` is a
    command that runs it elsewhere, where its address is `host`.
    """

    def __init__(
        self,
        folder: Path,
        configuration: str = OPEN_BROKER,
        port: int | None = None,
        host: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port or free_port()
        self._within = within
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(f"listener {self.port} {host}\nuser root\n{configuration}")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> None:
        if BINARY is None:
            raise AssertionError("the tests need Mosquitto: run `make test`, which installs it")
        with (self.folder / "mosquitto.log").open("ab") as log:
            command = [*self._within, BINARY, "-c", str(self._configuration)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        process = self._process
        wait_until(
            lambda: accepts(self.port, self.host) or process.poll() is not None,
            "Mosquitto accepts connections",
        )
        assert process.poll() is None, (self.folder / "mosquitto.log").read_text()

    def save(self) -> None:
        """Have it write its database now, as it does each autosave_interval; returns when that is done."""
        assert self._process is not None
        database = self.folder / "mosquitto.db"
        before = changed(database)
        self._process.send_signal(signal.SIGUSR1)
        wait_until(lambda: changed(database) > before, "the broker has saved")

    def stop(self) -> None:
        """End it as a service manager would (SIGTERM)."""
        if self._process is not None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(60)
            self._process = None

    def freeze(self) -> None:
        """Let it hold its connections and do nothing any more, until it is stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It keeps its connections, and answers nothing (SIGSTOP)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
