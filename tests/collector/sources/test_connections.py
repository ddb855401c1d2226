from __future__ import annotations

import socket

import pytest

from collector.sources.connections import connections, tcp_states
from collector.sources.source import read_text
from tests.collector.recording import absent, recorded


def test_sockets_are_counted_by_state_over_both_protocols() -> None:
    found = connections(recorded)
    assert found is not None
    assert (found.tcp.established, found.tcp.time_wait) == (4, 2)
    assert (found.tcp.close_wait, found.tcp.listen) == (1, 3)
    assert found.udp.count == 3


def test_a_kernel_without_ipv6_has_the_others() -> None:
    found = connections(lambda path: absent(path) if path.endswith("6") else recorded(path))
    assert found is not None
    assert (found.tcp.established, found.tcp.listen, found.udp.count) == (3, 2, 2)


def test_a_system_without_the_table_has_no_connections() -> None:
    assert connections(absent) is None


def test_a_sandbox_that_hides_the_table_has_no_connections() -> None:
    def forbidden(path: str) -> str:
        raise PermissionError(13, "Permission denied", path)

    assert connections(forbidden) is None


def test_a_table_of_another_shape_fails_the_source() -> None:
    with pytest.raises(IndexError):
        tcp_states("head\nshort line\n")


def test_the_real_machine_shows_sockets_that_we_open() -> None:
    before = connections(read_text)
    with socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        server.bind(("127.0.0.1", 0))
        server.listen()
        datagram.bind(("127.0.0.1", 0))
        row = f" 0100007F:{server.getsockname()[1]:04X} 00000000:0000 0A "
        assert row in read_text("/proc/net/tcp")
        during = connections(read_text)
    assert before is not None
    assert during is not None
    assert (during.tcp.listen or 0) >= 1
    assert (during.udp.count or 0) >= 1
