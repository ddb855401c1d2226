"""What each interface is, as the kernel tells over netlink (rtnetlink(7)): made of others, or its own."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from collector.sources.text import valid

# linux/rtnetlink.h and linux/if_link.h.
_ROUTE = 0
_NEWLINK, _GETLINK, _NEWROUTE, _GETROUTE = 16, 18, 24, 26
_REQUEST_DUMP = 0x0301
_ERROR, _DONE = 2, 3
_HEAD = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")
_NUMBER = struct.Struct("=I")
_IFNAME, _LINK_OF, _MASTER, _LINKINFO, _EXT_MASK = 3, 5, 10, 18, 29
_INFO_KIND = 1
_SKIP_STATS = 8  # RTEXT_FILTER_SKIP_STATS: the counters are half of an answer
_TYPE_MASK = 0x3FFF
_LOOPBACK = 772  # linux/if_arp.h
_DESTINATION, _OUT = 1, 4
_MAIN_HEAD = 12
_BUFFER_BYTES = 65536
_PATIENCE_SECONDS = 1.0


class Link(NamedTuple):
    """`kind` is the kernel's word for what made it: bridge, veth, wireguard …; None for hardware."""

    number: int
    kind: str | None
    loopback: bool = False
    master: int | None = None
    """The bridge or bond that it is a part of, by its number."""


def links() -> dict[str, Link]:
    """The interfaces of this network namespace, by their valid names. Raises OSError, ValueError."""
    # struct ifinfomsg, then one attribute: what is not wanted.
    body = bytes(_LINK.size) + _ATTRIBUTE.pack(8, _EXT_MASK) + _NUMBER.pack(_SKIP_STATS)
    return dict(_link(content) for content in _dump(_GETLINK, body, _NEWLINK))


def uplinks() -> frozenset[int]:
    """The interfaces that a default route leads to, by number. Raises OSError, ValueError."""
    routes = _dump(_GETROUTE, bytes(_MAIN_HEAD), _NEWROUTE)
    return frozenset(index for content in routes if (index := _default(content)) is not None)


def _dump(kind: int, body: bytes, wanted: int) -> Iterator[memoryview]:
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "this system has no netlink")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _ROUTE) as kernel:
        kernel.settimeout(_PATIENCE_SECONDS)
        kernel.send(_HEAD.pack(_HEAD.size + len(body), kind, _REQUEST_DUMP, 1, 0) + body)
        while True:
            for found, content in messages(kernel.recv(_BUFFER_BYTES)):
                if found == _DONE:
                    return
                if found == wanted:
                    yield content


def messages(batch: bytes) -> Iterator[tuple[int, memoryview]]:
    """The kind and the content of each message. Raises OSError when it is a refusal, and ValueError."""
    view, start = memoryview(batch), 0
    if not batch:
        yield _DONE, view
    while start + _HEAD.size <= len(batch):
        length, kind, _, _, _ = _HEAD.unpack_from(batch, start)
        if length < _HEAD.size:
            raise ValueError(f"a netlink message of {length} bytes")
        if kind == _ERROR:
            raise OSError(-struct.unpack_from("=i", batch, start + _HEAD.size)[0], "netlink refuses")
        yield kind, view[start + _HEAD.size : start + length]
        start += (length + 3) & ~3


def _link(content: memoryview) -> tuple[str, Link]:
    _, hardware, index, _, _ = _LINK.unpack_from(content)
    told = dict(_attributes(content[_LINK.size :]))
    name = bytes(told.get(_IFNAME, b"")).rstrip(b"\0").decode("utf-8", "surrogateescape")
    made = dict(_attributes(told[_LINKINFO])) if _LINKINFO in told else {}
    kind = bytes(made[_INFO_KIND]).rstrip(b"\0").decode("ascii", "replace") if _INFO_KIND in made else None
    master = _NUMBER.unpack_from(told[_MASTER])[0] if _MASTER in told else None
    return valid(name), Link(index, kind, hardware == _LOOPBACK, master)


def _default(content: memoryview) -> int | None:
    if content[1]:  # the length of the destination's prefix
        return None
    told = dict(_attributes(content[_MAIN_HEAD:]))
    return _NUMBER.unpack_from(told[_OUT])[0] if _OUT in told else None


def _attributes(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    start = 0
    while start + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, start)
        if length < _ATTRIBUTE.size:
            raise ValueError(f"a netlink attribute of {length} bytes")
        yield kind & _TYPE_MASK, content[start + _ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3
