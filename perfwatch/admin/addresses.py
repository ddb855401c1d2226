"""The addresses by which other devices reach this machine."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address

EVERYWHERE = ("0.0.0.0", "::")

# Of the block that is set apart for documentation: nothing is sent, the kernel only says whence it would be.
_SOMEWHERE = "192.0.2.1"


def reachable(address: str) -> list[str]:
    """What others may ask for when we listen on `address`: best first, none for one of this machine only."""
    found = _own() if address in EVERYWHERE else [address]
    return [one for one in found if one != "localhost" and not ip_address(one).is_loopback]


def reachable_url(address: str, port: int) -> str:
    """The best address for others of the pages on `address`; empty when those are for this machine only."""
    found = next(iter(reachable(address)), "")
    return f"http://{f'[{found}]' if ':' in found else found}:{port}" if found else ""


def _own() -> list[str]:
    found: dict[str, None] = {}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_SOMEWHERE, 9))
        found[str(probe.getsockname()[0])] = None
    with suppress(OSError):
        for *_, address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM):
            found[str(address[0])] = None
    return list(found)
