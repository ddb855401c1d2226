"""What each interface is, as the kernel tells over netlink (rtnetlink(7)): made of others, or its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from collector.sources.netlink import dump
from collector.sources.text import valid

# linux/rtnetlink.h and linux/if_link.h.
_ROUTE = 0
_NEWLINK, _GETLINK, _NEWROUTE, _GETROUTE = 16, 18, 24, 26
_LINK = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")
_NUMBER = struct.Struct("=I")
_IFNAME, _LINK_OF, _MASTER, _LINKINFO, _EXT_MASK = 3, 5, 10, 18, 29
_INFO_KIND = 1
_SKIP_STATS = 8  # RTEXT_FILTER_SKIP_STATS: the counters are half of an answer
_TYPE_MASK = 0x3FFF
_LOOPBACK = 772  # linux/if_arp.h
_OUT = 4
_ROUTE_HEAD = 12


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
    return dict(link(content) for kind, content in dump(_ROUTE, _GETLINK, body) if kind == _NEWLINK)


def uplinks() -> frozenset[int]:
    """The interfaces that a default route leads to, by number. Raises OSError, ValueError."""
    routes = [content for kind, content in dump(_ROUTE, _GETROUTE, bytes(_ROUTE_HEAD)) if kind == _NEWROUTE]
    return frozenset(number for route in routes if (number := default(route)) is not None)


def link(content: memoryview) -> tuple[str, Link]:
    """One interface of the kernel's answer, with its name. Raises ValueError."""
    if len(content) < _LINK.size:
        raise ValueError(f"an interface of {len(content)} bytes")
    _, hardware, index, _, _ = _LINK.unpack_from(content)
    told = dict(_attributes(content[_LINK.size :]))
    name = bytes(told.get(_IFNAME, b"")).rstrip(b"\0").decode("utf-8", "surrogateescape")
    made = dict(_attributes(told[_LINKINFO])) if _LINKINFO in told else {}
    kind = bytes(made[_INFO_KIND]).rstrip(b"\0").decode("ascii", "replace") if _INFO_KIND in made else None
    master = _number(told, _MASTER)
    return valid(name), Link(index, kind, hardware == _LOOPBACK, master)


def default(content: memoryview) -> int | None:
    """Where a default route leads to; None for another route. Raises ValueError."""
    if len(content) < _ROUTE_HEAD:
        raise ValueError(f"a route of {len(content)} bytes")
    if content[1]:  # the length of the destination's prefix
        return None
    told = dict(_attributes(content[_ROUTE_HEAD:]))
    return _number(told, _OUT)


def _number(told: Mapping[int, memoryview], kind: int) -> int | None:
    content = told.get(kind, b"")
    return _NUMBER.unpack_from(content)[0] if len(content) >= _NUMBER.size else None


def _attributes(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    start = 0
    while start + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, start)
        if length < _ATTRIBUTE.size:
            raise ValueError(f"a netlink attribute of {length} bytes")
        yield kind & _TYPE_MASK, content[start + _ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3
