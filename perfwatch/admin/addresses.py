"""The addresses by which other devices reach this machine."""

from __future__ import annotations

import socket
from contextlib import suppress
from importlib.util import find_spec
from io import StringIO
from ipaddress import ip_address
from textwrap import indent

EVERYWHERE = ("0.0.0.0", "::")

# Of the block that is set apart for documentation: nothing is sent, the kernel only says whence it would be.
_SOMEWHERE = "192.0.2.1"


def reachable(address: str) -> list[str]:
    """What others may ask for when we listen on `address`: best first, none for one of this machine only."""
    found = _own() if address in EVERYWHERE else [address]
    return [one for one in found if one != "localhost" and not ip_address(one).is_loopback]


def reachable_url(address: str, port: int) -> str:
    """The best address for others of the pages on `address`; empty when those are for this machine only."""
    return next(iter(_urls("http", address, port)), "")


def directions(scheme: str, address: str, port: int, on_terminal: bool) -> list[str]:
    """Lines that say how another device opens the pages; on a terminal with the best address as a QR code."""
    urls = _urls(scheme, address, port)
    if not urls:
        return ["  From another device: not yet; --address 0.0.0.0 lets them in"]
    code = qr_code(urls[0]) if on_terminal else ""
    return [f"  From another device: {url}" for url in urls] + ([code] if code else [])


def qr_code(text: str) -> str:
    """`text` for the camera of a phone, in half blocks; empty where the package `segno` is missing."""
    if find_spec("segno") is None:
        return ""
    import segno

    drawn = StringIO()
    segno.make_qr(text, error="l").terminal(drawn, border=2, compact=True)
    return indent(drawn.getvalue(), "    ")


def _urls(scheme: str, address: str, port: int) -> list[str]:
    shown = (f"[{one}]" if ":" in one else one for one in reachable(address))
    return [f"{scheme}://{one}:{port}" for one in shown]


def _own() -> list[str]:
    found: dict[str, None] = {}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_SOMEWHERE, 9))
        found[str(probe.getsockname()[0])] = None
    with suppress(OSError):
        for *_, address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM):
            found[str(address[0])] = None
    return list(found)
