"""Brokers that are not Mosquitto, as `tests/brokers/install` gets them: each on the loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.servers import Mosquitto, accepts, free_port, wait_until

TOOLS = Path(os.environ["PERFWATCH_TEST_BROKERS"]).absolute()
ROOT = Path(__file__).parents[2]
Addresses: TypeAlias = list[str]

HIVEMQ = """<hivemq>
  <listeners><tcp-listener><port>{port}</port><bind-address>127.0.0.1</bind-address></tcp-listener></listeners>
  <mqtt>{mqtt}</mqtt>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
"""
RAISED = "<queued-messages><max-queue-size>10000000</max-queue-size></queued-messages>"


@contextmanager
def running(folder: Path, port: int, *command: object) -> Iterator[None]:
    """A server that keeps its data in `folder`, until the block ends."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen([str(one) for one in command], cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: accepts(port) or process.poll() is not None, f"{command[0]} accepts connections")
        assert process.poll() is None, (folder / "server.log").read_text()
        yield
    finally:
        process.kill()
        process.wait(60)


@contextmanager
def mosquitto(folder: Path) -> Iterator[Addresses]:
    """As shipped, but open to anybody."""
    shipped = (ROOT / "mosquitto/mosquitto.conf").read_text().replace("anonymous false", "anonymous true")
    with Mosquitto(folder, f"{shipped}\npersistence_location {folder}/\n") as server:
        yield [f"{server.host}:{server.port}"]


@contextmanager
def hivemq(folder: Path, mqtt: str = "") -> Iterator[Addresses]:
    """HiveMQ CE with that much of its `mqtt` settings, and the defaults for all else."""
    jars, java, port = TOOLS / "hivemq", shutil.which("java"), free_port()
    if not jars.exists() or not java:
        pytest.skip("HiveMQ CE is not installed: `make test-brokers` says why")
    for part in ("conf", "data", "extensions"):
        (folder / part).mkdir()
    (folder / "conf/config.xml").write_text(HIVEMQ.format(port=port, mqtt=mqtt))
    options = ("-Xmx512m", f"-Djava.io.tmpdir={folder}", "-cp", f"{jars}/*")
    with running(folder, port, java, *options, Path(__file__).with_name("HiveMQ.java"), folder):
        yield [f"127.0.0.1:{port}"]


@contextmanager
def comqtt(folder: Path, nodes: int = 3) -> Iterator[Addresses]:
    """A cluster, and the Redis that it keeps its data in."""
    program, redis = TOOLS / "comqtt", shutil.which("redis-server")
    if not program.exists() or not redis:
        pytest.skip("comqtt or redis-server is not installed: `make test-brokers` says why")
    ports, gossip = [free_port() for _ in range(nodes)], [free_udp_port() for _ in range(nodes)]
    store = free_port()
    members = ",".join(f"127.0.0.1:{port}" for port in gossip)
    with ExitStack() as stack:
        options = ("--port", store, "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        stack.enter_context(running(folder, store, redis, *options))
        for number, port in enumerate(ports):
            data = folder / f"node{number}"
            data.mkdir()
            further = {"ws": free_port(), "http": free_port(), "redis": store, "tcp": port}
            given = [f"-{name}=127.0.0.1:{value}" for name, value in further.items()]
            given += [f"-gossip-port={gossip[number]}", f"-raft-port={free_port()}", "-grpc-enable"]
            given += [f"-grpc-port={free_port()}", f"-node-name=n{number}", f"-members={members}"]
            given += [f"-raft-bootstrap={'false' if number else 'true'}", "-log-enable=false"]
            stack.enter_context(running(data, port, program, *given))
            wait_until(partial(met, data / "server.log", number + 1), f"{number + 1} nodes have met")
        yield [f"127.0.0.1:{port}" for port in ports]


def met(log: Path, nodes: int) -> bool:
    return log.read_text().count("EventMemberJoin") >= nodes


def free_udp_port() -> int:
    """One that is not held for its UDP, as those of `free_port` are."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def named(folder: Path) -> Iterator[Addresses]:
    """The nodes that PERFWATCH_TEST_BROKER names, as host:port[,…]: an MQTT 5 broker that lets anybody in."""
    addresses = os.environ.get("PERFWATCH_TEST_BROKER") or pytest.skip("PERFWATCH_TEST_BROKER names none")
    yield addresses.split(",")


BROKERS: dict[str, Callable[[Path], AbstractContextManager[Addresses]]] = {
    "Mosquitto": mosquitto,
    "HiveMQ CE": hivemq,
    "HiveMQ CE, queue raised": partial(hivemq, mqtt=RAISED),
    "comqtt": comqtt,
    "named": named,
}
