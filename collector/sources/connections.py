"""Open sockets, counted by state from the text of /proc/net, without a look at any process."""

from __future__ import annotations

from collections import Counter

from collector.sources.source import ReadText
from perfwatch.readings import Connections, TcpConnections, UdpConnections

# The kernel's tcp_states.h, as the `st` column prints them.
_ESTABLISHED, _TIME_WAIT, _CLOSE_WAIT, _LISTEN = "01", "06", "08", "0A"


def connections(read: ReadText) -> Connections | None:
    """The sockets of this network namespace; None where the system does not list them."""
    try:
        states = tcp_states(read("/proc/net/tcp")) + tcp_states(_ipv6(read, "tcp6"))
        datagrams = _sockets(read("/proc/net/udp")) + _sockets(_ipv6(read, "udp6"))
    except (FileNotFoundError, PermissionError):
        return None  # not Linux, or a sandbox that hides them: traffic is worth reading all the same
    tcp = TcpConnections(
        established=states[_ESTABLISHED],
        time_wait=states[_TIME_WAIT],
        close_wait=states[_CLOSE_WAIT],
        listen=states[_LISTEN],
    )
    return Connections(tcp=tcp, udp=UdpConnections(count=len(datagrams)))


def tcp_states(text: str) -> Counter[str]:
    """How many sockets are in each state, by its two hexadecimal digits. Raises IndexError."""
    return Counter(line.split(None, 4)[3] for line in _sockets(text))


def _ipv6(read: ReadText, name: str) -> str:
    try:
        return read(f"/proc/net/{name}")
    except FileNotFoundError:
        return ""  # a kernel without IPv6 has no such sockets


def _sockets(text: str) -> list[str]:
    return text.splitlines()[1:]  # the first line is the head of the table
