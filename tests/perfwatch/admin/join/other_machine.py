"""Another machine, nearly: an /opt, /etc and /run of its own, and a systemctl that notes what it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

# From the range that is set aside for tests of networks (RFC 2544), apart from another run's.
SERVER, THERE = (f"198.19.{os.getpid() % 256}.{number}" for number in (9, 10))
OWN = ("opt", "etc", "run")


class OtherMachine:
    """`within` is a command that runs others in its network; empty: in ours."""

    def __init__(self, folder: Path, within: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._within = within
        for name in ("opt", "run/systemd/system", "bin"):
            (folder / name).mkdir(parents=True)
        shutil.copytree("/etc", folder / "etc", symlinks=True, ignore_dangling_symlinks=True)
        (folder / "bin" / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {folder}/systemctl.log\n')
        (folder / "bin" / "systemctl").chmod(0o755)

    def command(self, line: str) -> list[str]:
        """What runs a line of a shell there. dash knows no more than POSIX."""
        mounts = [f"mount --bind {self.folder / name} /{name}" for name in OWN]
        script = " && ".join([*mounts, 'exec sh -c "$0"'])
        return [*self._within, "unshare", "--mount", "sh", "-c", script, line]

    def run(self, line: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
        environ = {"PATH": f"{self.folder / 'bin'}:{path}", "HOME": "/root"}
        return subprocess.run(
            self.command(line), env=environ, cwd="/", capture_output=True, text=True, check=False, timeout=280
        )

    def collector(self) -> subprocess.Popen[bytes]:
        """Start what the unit would start, with the settings that it names."""
        unit = (self.folder / "etc/systemd/system/perfwatch-collector.service").read_text()
        start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
        line = f"set -a; . /etc/perfwatch/collector.env; exec {start.removeprefix('ExecStart=')}"
        environ = {"PATH": "/usr/bin:/bin", "PERFWATCH_DATA_DIR": str(self.folder / "state")}
        return subprocess.Popen(self.command(line), env=environ, cwd="/")

    def told_systemd(self) -> list[str]:
        log = self.folder / "systemctl.log"
        return log.read_text().splitlines() if log.exists() else []


class Network:
    """A network of its own, which reaches this machine at `SERVER` and nothing else."""

    def __init__(self) -> None:
        self.name = f"pw{os.getpid()}join"
        self.within = ("ip", "netns", "exec", self.name)

    def __enter__(self) -> Self:
        near = f"pw{os.getpid()}j"
        for command in (
            f"ip netns add {self.name}",
            f"ip link add {near} type veth peer name far netns {self.name}",
            f"ip addr add {SERVER}/30 dev {near}",
            f"ip link set {near} up",
            f"ip -n {self.name} addr add {THERE}/30 dev far",
            f"ip -n {self.name} link set far up",
            f"ip -n {self.name} link set lo up",
        ):
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                self.__exit__(None, None, None)
                pytest.skip(f"needs the right to make networks (run as root): `{command}`: {done.stderr}")
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


@contextmanager
def running(machine: OtherMachine) -> Iterator[None]:
    """Its collector runs meanwhile."""
    process = machine.collector()
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def why_not() -> str:
    """Why there can be no other machine here; empty when there can be one."""
    if shutil.which("unshare") is None:
        return "there is no unshare to give a machine folders of its own"
    if os.geteuid() != 0:
        return "only root may give a machine folders of its own"
    python = "/usr/bin/python3"
    check = "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run([python, "-c", check], capture_output=True, check=False).returncode:
        return f"{python} is not Python 3.11 or newer with python3-venv"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "--bind", "/etc", "/opt"], capture_output=True, text=True, check=False
    )
    return f"this root may not mount: {tried.stderr.strip()}" if tried.returncode else ""
