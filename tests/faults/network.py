"""A broker on another network, behind a router that can swallow every packet. For root on Linux."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import Mosquitto

# From the range that is set aside for tests of networks (RFC 2544), apart from another run's.
NETWORK = f"198.18.{os.getpid() % 256}"
HOST, NEAR, FAR, BROKER = (f"{NETWORK}.{number}" for number in (1, 2, 5, 6))


class Router:
    """Two network namespaces: a router, and behind it where the broker is to run."""

    def __init__(self) -> None:
        self._names = [f"pw{os.getpid()}{part}" for part in ("router", "broker")]
        self.within = ("ip", "netns", "exec", self._names[1])

    def build(self) -> str:
        """Make it all; returns what is missing where that cannot be."""
        router, broker = self._names
        near, far = f"pw{os.getpid()}n", f"pw{os.getpid()}f"
        commands = [
            f"ip netns add {router}",
            f"ip netns add {broker}",
            f"ip link add {near} type veth peer name near netns {router}",
            f"ip link add {far} netns {router} type veth peer name far netns {broker}",
            f"ip addr add {HOST}/30 dev {near}",
            f"ip -n {router} addr add {NEAR}/30 dev near",
            f"ip -n {router} addr add {FAR}/30 dev {far}",
            f"ip -n {broker} addr add {BROKER}/30 dev far",
            f"ip link set {near} up",
            f"ip -n {router} link set near up",
            f"ip -n {router} link set {far} up",
            f"ip -n {broker} link set far up",
            f"ip route add {BROKER} via {NEAR}",
            f"ip -n {broker} route add default via {FAR}",
        ]
        for command in commands:
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                return f"`{command}`: {done.stderr.strip()}"
        self.mend()
        return ""

    def cut(self) -> None:
        """From now on the router drops what is not for itself, and tells nobody."""
        self._forward(0)

    def mend(self) -> None:
        self._forward(1)

    def remove(self) -> None:
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def _forward(self, whether: int) -> None:
        within = ["ip", "netns", "exec", self._names[0]]
        setting = f"echo {whether} > /proc/sys/net/ipv4/ip_forward"
        subprocess.run([*within, "sh", "-c", setting], check=True)


def far_broker(folder: Path, configuration: str, router: Router) -> Mosquitto:
    return Mosquitto(folder, configuration, host=BROKER, within=router.within)


@contextmanager
def routed(folder: Path, configuration: str) -> Iterator[tuple[Router, Mosquitto]]:
    """A broker (not started) and the router before it. Skips where we may not make networks."""
    router = Router()
    try:
        if missing := router.build():
            pytest.skip(f"needs the right to make network namespaces (run as root): {missing}")
        yield router, far_broker(folder, configuration, router)
    finally:
        router.remove()
