"""How many TCP sockets are in each state, asked of the kernel over netlink (sock_diag(7)).

A dump costs a walk over the kernel's hash table and then, for each socket that it prints, some 130
bytes for us to take apart. So only the states that few sockets are in are asked for.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from collector.sources.netlink import Message, dump

# linux/netlink.h and linux/inet_diag.h. The first version of the request asks for both families in
# one walk; its successor takes one family, so that two walks are needed.
_SOCK_DIAG = 4
_TCPDIAG_GETSOCK = 18
_REQUEST = struct.Struct("=BBBB48xII")
_STATE_OFFSET, _TIMER_OFFSET = 1, 2
_TIME_WAIT_TIMER = 3


class SocketKind(NamedTuple):
    """A socket's state by its number in tcp_states.h, and whether only its last wait is left of it."""

    state: int
    minimal: bool


def ask(states: Iterable[int]) -> Counter[SocketKind]:
    """The TCP sockets of this network namespace that are in those states. Raises OSError, ValueError."""
    mask = sum(1 << state for state in states)
    return seen(dump(_SOCK_DIAG, _TCPDIAG_GETSOCK, _REQUEST.pack(socket.AF_INET, 0, 0, 0, mask, 0)))


def seen(messages: Iterable[Message]) -> Counter[SocketKind]:
    """The sockets in the kernel's answer."""
    counts = Counter(
        (content[_STATE_OFFSET], content[_TIMER_OFFSET])
        for kind, content in messages
        if kind == _TCPDIAG_GETSOCK and len(content) > _TIMER_OFFSET
    )
    found: Counter[SocketKind] = Counter()
    for (state, timer), number in counts.items():
        found[SocketKind(state, timer == _TIME_WAIT_TIMER)] += number
    return found
