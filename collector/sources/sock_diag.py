"""How many TCP sockets are in each state, asked of the kernel over netlink (sock_diag(7)).

A dump costs a walk over the kernel's hash table and then, for each socket that it prints, some 130
bytes for us to take apart. So only the states that few sockets are in are asked for.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# linux/netlink.h and linux/inet_diag.h. The first version of the request asks for both families in
# one walk; its successor takes one family, so that two walks are needed.
_SOCK_DIAG = 4
_TCPDIAG_GETSOCK = 18
_REQUEST_DUMP = 0x0301
_ERROR, _DONE = 2, 3
_HEAD = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBB48xII")
_STATE_OFFSET, _TIMER_OFFSET = 1, 2
_TIME_WAIT_TIMER = 3
_BUFFER_BYTES = 65536
_PATIENCE_SECONDS = 1.0


class Seen(NamedTuple):
    """A socket's state by its number in tcp_states.h, and whether only its last wait is left of it."""

    state: int
    minimal: bool


def ask(states: Iterable[int]) -> Counter[Seen]:
    """The TCP sockets of this network namespace that are in those states. Raises OSError."""
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "this system has no netlink")
    mask = sum(1 << state for state in states)
    request = _REQUEST.pack(socket.AF_INET, 0, 0, 0, mask, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(_PATIENCE_SECONDS)
        kernel.send(_HEAD.pack(_HEAD.size + len(request), _TCPDIAG_GETSOCK, _REQUEST_DUMP, 1, 0) + request)
        return Counter(_answers(kernel))


def _answers(kernel: socket.socket) -> Iterator[Seen]:
    while True:
        batch = kernel.recv(_BUFFER_BYTES)
        yield from seen(batch)
        if ended(batch):
            return


def seen(batch: bytes) -> Iterator[Seen]:
    """The sockets in one answer of the kernel. Raises OSError when it is a refusal."""
    for kind, start in _messages(batch):
        if kind == _ERROR:
            number = -struct.unpack_from("=i", batch, start)[0]
            raise OSError(number, os.strerror(number))
        if kind == _TCPDIAG_GETSOCK:
            yield Seen(batch[start + _STATE_OFFSET], batch[start + _TIMER_OFFSET] == _TIME_WAIT_TIMER)


def ended(batch: bytes) -> bool:
    """Whether that was the kernel's last answer."""
    return not batch or any(kind == _DONE for kind, _ in _messages(batch))


def _messages(batch: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each message, and where its content starts. Raises ValueError."""
    start = 0
    while start + _HEAD.size <= len(batch):
        length, kind, _, _, _ = _HEAD.unpack_from(batch, start)
        if length < _HEAD.size:
            raise ValueError(f"a netlink message of {length} bytes")
        yield kind, start + _HEAD.size
        start += (length + 3) & ~3
