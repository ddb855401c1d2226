from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from collector.sources import net_dev
from collector.sources.interfaces import Interfaces
from collector.sources.net_dev import Traffic
from collector.sources.network import Network, signals
from perfwatch.readings import core
from tests.collector.recording import absent, recorded, tick


def nic(sent: int = 0, received: int = 0) -> Traffic:
    """A packet is a hundred bytes here."""
    return Traffic(received, received // 100, 1, 3, sent, sent // 100, 2, 4)


def refused() -> NoReturn:
    raise PermissionError(1, "no netlink here")


def by_name() -> Interfaces:
    """What knows interfaces by their names alone."""
    return Interfaces(refused, refused, Path("/nowhere"))


def gather(*steps: Mapping[str, Traffic]) -> list[core.Network]:
    """A reading every two seconds."""
    ahead = iter(steps)
    source = Network(lambda: net_dev.Interfaces(dict(next(ahead)), {}), recorded, by_name())
    return [source.gather(tick(1000.0 + 2 * number)) for number in range(len(steps))]


def test_the_first_tick_has_counters_and_no_rates() -> None:
    (first,) = gather({"eth0": nic(500, 700)})
    assert (first.bytes_sent_per_sec, first.bytes_recv_per_sec) == (None, None)
    assert first.interfaces["eth0"].bytes_sent == 500
    assert first.interfaces["eth0"].bytes_sent_per_sec is None


def test_rates_are_per_second_of_the_monotonic_clock() -> None:
    interface = gather({"eth0": nic(500, 700)}, {"eth0": nic(1500, 4700)})[1].interfaces["eth0"]
    assert (interface.bytes_sent_per_sec, interface.bytes_recv_per_sec) == (500.0, 2000.0)
    assert (interface.packets_sent_per_sec, interface.packets_recv_per_sec) == (5.0, 20.0)


def test_errors_and_drops_have_their_places() -> None:
    interface = gather({"eth0": nic()})[0].interfaces["eth0"]
    assert (interface.errors_in, interface.errors_out) == (1, 2)
    assert (interface.drops_in, interface.drops_out) == (3, 4)


def test_sums_leave_the_loopback_out_but_it_is_listed() -> None:
    for loopback in ("lo", "lo0"):
        step = {"eth0": nic(100, 100), "wlan0": nic(0, 0), loopback: nic(0, 0)}
        later = {"eth0": nic(300, 500), "wlan0": nic(20, 10), loopback: nic(9000, 9000)}
        reading = gather(step, later)[1]
        assert (reading.bytes_sent_per_sec, reading.bytes_recv_per_sec) == (110.0, 205.0)
        assert reading.interfaces[loopback].bytes_sent_per_sec == 4500.0


def test_a_counter_that_went_backwards_gives_null_for_that_tick_only() -> None:
    _, second, third = gather({"eth0": nic(500, 100)}, {"eth0": nic(20, 300)}, {"eth0": nic(40, 500)})
    assert second.interfaces["eth0"].bytes_sent_per_sec is None
    assert second.interfaces["eth0"].bytes_recv_per_sec == 100.0
    assert second.bytes_sent_per_sec is None
    assert (third.bytes_sent_per_sec, third.bytes_recv_per_sec) == (10.0, 100.0)


def test_a_new_interface_joins_the_sums_at_its_second_tick() -> None:
    steps = [
        {"eth0": nic(0, 0)},
        {"eth0": nic(200, 0), "eth1": nic(9000, 0)},
        {"eth0": nic(200, 0), "eth1": nic(9100, 0)},
    ]
    _, second, third = gather(*steps)
    assert second.interfaces["eth1"].bytes_sent_per_sec is None
    assert (second.bytes_sent_per_sec, third.bytes_sent_per_sec) == (100.0, 50.0)


def test_a_vanished_interface_is_left_out() -> None:
    second = gather({"eth0": nic(0, 0), "eth1": nic(500, 0)}, {"eth0": nic(200, 0)})[1]
    assert list(second.interfaces) == ["eth0"]
    assert second.bytes_sent_per_sec == 100.0


def test_connections_come_with_it_and_are_null_where_they_are_not_listed() -> None:
    reading = gather({"eth0": nic()})[0]
    assert reading.connections is not None
    assert reading.connections.tcp.listen == 3
    assert Network(lambda: net_dev.Interfaces({}, {}), absent).gather(tick(0)).connections is None


def test_a_wireless_interface_has_its_signal() -> None:
    text = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0     17        0
 wlan1: 0000   54.   60.  -256        0      0      0      0     17        0
 wlan2:
"""
    assert signals(text) == {"wlan0": -56.0, "wlan1": None}


def test_the_firewalls_connections_are_counted_where_it_follows_them() -> None:
    def read(path: str) -> str:
        return (
            {"count": "300\n", "max": "65536\n"}[path.rpartition("_")[2]]
            if "conntrack" in path
            else absent(path)
        )

    reading = Network(lambda: net_dev.Interfaces({}, {}), read, by_name()).gather(tick(0))
    assert (reading.tracked_connections, reading.tracked_connections_limit) == (300, 65536)


def received(interface: str) -> int:
    """What /proc/net/dev says, read on its own."""
    rows = Path("/proc/net/dev").read_text().splitlines()
    return next(int(row.split(":")[1].split()[0]) for row in rows if row.strip().startswith(f"{interface}:"))


def test_the_real_machine_agrees_with_proc() -> None:
    source = Network()
    low = received("lo")
    source.gather(tick(time.monotonic()))
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        for _ in range(20):
            sender.sendto(bytes(1000), receiver.getsockname())
            receiver.recv(2000)
    loopback = source.gather(tick(time.monotonic())).interfaces["lo"]
    assert low + 20_000 <= (loopback.bytes_recv or 0) <= received("lo")
    assert (loopback.bytes_recv_per_sec or 0) > 0


def test_a_table_of_sockets_that_cannot_be_read_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    def read(path: str) -> str:
        raise OSError(5, "Input/output error", path)

    source = Network(lambda: net_dev.Interfaces({"eth0": nic(1, 2)}, {}), read, by_name())
    assert source.gather(tick(0)).interfaces["eth0"].bytes_sent == 1
    assert source.gather(tick(1)).connections is None
    assert source.missing is not None
    assert source.missing.startswith("connections: OSError: [Errno 5]")
    assert len(caplog.records) == 1
