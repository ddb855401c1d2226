"""PerfWatch itself as tests run it: real processes, started as a user would start them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.servers import accepts, free_port, wait_until

PASSWORD = "a password for tests"

# JSON nested deeper than msgspec follows, which raises what it raises for nothing else.
DEEP = b'{"new":' + b"[" * 4000 + b"]" * 4000 + b"}"
SERVICES = ("mosquitto", "collector", "bridge", "dashboard", "devices", "alerts")
COMMAND = [sys.executable, "-P", "-m"]
ROOT = Path(__file__).parents[1]


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without any setting of PerfWatch, plus `settings`.

    What is started is this checkout, whichever one is installed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PERFWATCH_")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    return kept | {f"PERFWATCH_{name.upper()}": value for name, value in settings.items()}


class Service:
    """One process of ours. Its output, both streams together, is in `log`."""

    def __init__(self, command: list[str], folder: Path, **settings: str) -> None:
        self.log = folder / f"{command[0].replace(' ', '-')}.out"
        self.command = [*COMMAND, *command]
        self._environment = environment(**settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def module_path(self, name: str) -> Path:
        """Where a process that is started as this one finds a module."""
        shown = [*COMMAND[:-1], "-c", f"import {name}; print({name}.__file__)"]
        return Path(subprocess.check_output(shown, env=self._environment, text=True).strip())

    def end(self, number: signal.Signals = signal.SIGTERM, timeout: float = 60) -> int:
        """Send it a signal and wait for it; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.end()


class Dashboard(Service):
    """`python -m dashboard` on a free port, against any broker."""

    def __init__(self, folder: Path, broker: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        given = {"admin_password": PASSWORD, "data_dir": str(folder), "port": str(self.port)}
        super().__init__(["dashboard"], folder, broker=broker, **(given | settings))

    def start(self) -> None:
        super().start()
        wait_until(lambda: accepts(self.port) or not self.running(), "the dashboard listens")
        assert self.running(), self.output()


class Apart(Dashboard):
    """One that finds no esbuild: its pages load Streamlit's modules one by one."""

    def __init__(self, folder: Path, broker: str, **settings: str) -> None:
        super().__init__(folder, broker, **settings)
        self._environment["PATH"] = str(Path(sys.executable).parent)


class Stack(Service):
    """`perfwatch up` with a data folder and ports of its own."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        self.folder = folder
        self.port, self.mqtt_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = ["perfwatch.cli", "up", "--data-dir", str(folder / "data")]
        command += ["--port", str(self.port), "--mqtt-port", str(self.mqtt_port), *options]
        super().__init__(command, folder, **settings)

    def start(self) -> None:
        before = self.output().count("Ctrl-C ends")
        super().start()
        wait_until(
            lambda: self.output().count("Ctrl-C ends") > before or not self.running(), "perfwatch is up", 90
        )
        assert self.running(), self.output()

    def printed_password(self) -> str:
        found = re.search(r"with password\s+(\S+)", self.output())
        assert found, self.output()
        return found[1]

    def credentials(self, account: str, *options: str) -> str:
        """What `perfwatch credentials ACCOUNT` prints."""
        command = [*COMMAND, "perfwatch.cli", "credentials", account, *options]
        command += ["--data-dir", str(self.folder / "data")]
        return subprocess.run(
            command, env=environment(), check=True, capture_output=True, text=True
        ).stdout.strip()

    def children(self) -> dict[str, int]:
        """The process ids of the services, by name."""
        assert self.process is not None
        found: dict[str, int] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
                command = (path.parent / "cmdline").read_text().replace("\0", " ").rpartition("/sbin/")[2]
            except (OSError, IndexError, ValueError):
                continue
            names = [name for name in SERVICES if command.startswith(name) or f" {name} " in command]
            if parent == self.process.pid:
                found |= dict.fromkeys(names, int(path.parent.name))
        return found


def log_in(url: str, password: str = PASSWORD) -> str:
    """A token of the first account."""
    answer = httpx.post(f"{url}/api/auth/login", json={"username": "admin", "password": password})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


class Person:
    """Somebody who is logged in. Each request is on a connection of its own."""

    def __init__(self, url: str, username: str = "admin", password: str = PASSWORD) -> None:
        self.url = url
        login = {"username": username, "password": password}
        answer = httpx.post(f"{url}/api/auth/login", json=login, timeout=30)
        assert answer.status_code == 200, answer.text
        self.token: str = answer.json()["access_token"]

    def ask(self, method: str, path: str, body: object = None, **given: Any) -> httpx.Response:
        given |= {} if body is None else {"json": body}
        return httpx.request(method, self.url + path, headers=bearer(self.token), timeout=30, **given)

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.ask("POST", path, body)

    def put(self, path: str, body: object = None) -> httpx.Response:
        return self.ask("PUT", path, body)

    def delete(self, path: str) -> httpx.Response:
        return self.ask("DELETE", path)

    def logged_in(self) -> bool:
        return self.get("/api/auth/me").status_code == 200


def await_one_script(url: str, token: str) -> None:
    """Wait until pages load Streamlit's modules as one script. They never do where esbuild is missing."""
    if shutil.which("esbuild"):
        page = f"{url}/live"
        wait_until(lambda: "/static/joined-" in httpx.get(page, headers=bearer(token)).text, "one script")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
