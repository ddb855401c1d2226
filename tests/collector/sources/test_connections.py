from __future__ import annotations

import errno
import socket
import struct
from collections import Counter
from collections.abc import Iterable

import pytest

from collector.sources import netlink, sock_diag
from collector.sources.connections import (
    by_counting,
    by_listing,
    connections,
    sockstat,
    tcp_states,
)
from collector.sources.sock_diag import SocketKind
from collector.sources.source import read_text
from perfwatch.readings.core import Connections
from tests.collector.recording import absent, recorded
from tests.servers import wait_until


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


SOCKSTAT = """sockets: used 300
TCP: inuse 12 orphan 0 tw 9 alloc 40 mem 2
UDP: inuse 4 mem 0
FRAG: inuse 0 memory 0
"""
SOCKSTAT6 = "TCP6: inuse 3\nUDP6: inuse 2\n"


def counted(path: str) -> str:
    return SOCKSTAT6 if path.endswith("6") else SOCKSTAT


def rare(_states: Iterable[int]) -> Counter[SocketKind]:
    """Three listen, two wait to be closed, one is half closed, and four of the `tw` are as well."""
    return Counter(
        {SocketKind(10, False): 3, SocketKind(8, False): 2, SocketKind(5, False): 1, SocketKind(5, True): 4}
    )


def refused(_states: Iterable[int]) -> Counter[SocketKind]:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_what_the_kernel_counts_beyond_the_rare_states_is_established() -> None:
    found = by_counting(counted, rare)
    assert (found.tcp.established, found.tcp.time_wait) == (9, 5)
    assert (found.tcp.close_wait, found.tcp.listen, found.udp.count) == (2, 3, 6)


def test_sockets_that_went_between_the_two_questions_do_not_make_it_negative() -> None:
    found = by_counting(counted, lambda _states: Counter({SocketKind(8, False): 20, SocketKind(5, True): 20}))
    assert (found.tcp.established, found.tcp.time_wait) == (0, 0)


def test_where_netlink_is_refused_the_table_is_read() -> None:
    found = connections(lambda path: counted(path) if "sockstat" in path else recorded(path), refused)
    assert found == by_listing(recorded)


def test_counts_of_another_shape_are_not_believed() -> None:
    for text in ("TCP: inuse\n", "TCP: inuse many\n", "sockets: used 3\n", ""):

        def read(path: str, text: str = text) -> str:
            return text if "sockstat" in path else recorded(path)

        assert connections(read, rare) == by_listing(recorded)


def test_the_words_of_sockstat_have_their_numbers() -> None:
    assert sockstat(SOCKSTAT)["TCP", "tw"] == 9


def message(kind: int, content: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(content), kind, 2, 1, 0) + content


def test_a_refusal_in_the_kernels_answer_is_raised() -> None:
    with pytest.raises(FileNotFoundError):
        list(netlink.messages(message(2, struct.pack("=i", -errno.ENOENT))))


def test_messages_are_counted_by_state() -> None:
    socket_row = message(
        18, bytes([2, 8, 0]) + bytes(71)
    )  # 74 bytes: the next one starts at a multiple of four
    batch = socket_row + bytes(2) + message(18, bytes([10, 5, 3]) + bytes(69))
    assert sock_diag.seen(netlink.messages(batch)) == {SocketKind(8, False): 1, SocketKind(5, True): 1}


def test_a_message_without_a_length_does_not_hold_us() -> None:
    with pytest.raises(ValueError, match="0 bytes"):
        list(netlink.messages(bytes(32)))


def both() -> tuple[Connections, Connections]:
    return by_counting(read_text), by_listing(read_text)


def test_both_ways_count_the_same_sockets_of_every_state() -> None:
    with socket.socket() as server, socket.socket(socket.AF_INET6) as server6:
        kept: list[socket.socket] = []
        for one, address in ((server, "127.0.0.1"), (server6, "::1")):
            one.bind((address, 0))
            one.listen()
            for ended in ("neither", "theirs", "ours then theirs"):
                ours, theirs = socket.create_connection(one.getsockname()[:2]), one.accept()[0]
                kept += [ours, theirs]
                if ended != "neither":
                    theirs.close()  # ours waits to be closed, and theirs for that
                if ended == "ours then theirs":
                    assert ours.recv(1) == b""
                    ours.close()
        # Other programs open and close sockets between the two looks.
        wait_until(lambda: len(set(map(repr, both()))) == 1, "both ways give the same counts")
        found, _ = both()
        assert (found.tcp.listen or 0) >= 2
        assert (found.tcp.close_wait or 0) >= 2
        assert (found.tcp.established or 0) >= 4
        assert (found.tcp.time_wait or 0) >= 2
        for one in kept:
            one.close()
