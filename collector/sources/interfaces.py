"""What each network interface is, and which of them the sums count: each byte once.

What passes through a bridge, a bond, a VLAN or a tunnel passes through the hardware below it too. So
the hardware counts where there is some. A container has none: there count the ends that lead out of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from collector.sources import rtnetlink
from collector.sources.rtnetlink import Link

ROOT = Path("/sys/class/net")
LOOPBACK, HARDWARE = "loopback", "hardware"
REFRESH_SECONDS = 30.0

# The kernel's words (IFLA_INFO_KIND) for what is hardware all the same, and for ends that may lead out.
_OWN = frozenset({"ipoib", "wwan", "can", "netdevsim"})
_ENDS = frozenset({"veth", "netkit", "macvlan", "macvtap", "ipvlan", "ipvtap"})
_TUNNELS = frozenset({"tun", "ppp", "slip", "rmnet"})

# Where nobody tells what an interface is. What is called otherwise is taken for hardware.
_BY_NAME = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"lo\d*", LOOPBACK),
        (r"(vxlan|flannel|geneve|cilium)\W.*", "vxlan"),
        (r".+[.@]\d+|vlan.*", "vlan"),
        (r"((vm|vir|fw|lxc|lxd|incus)?br|docker|cni|podman|bridge|kube-bridge)[-\d].*|br|ovs-.*", "bridge"),
        (r"(bond|team|lagg|bat|hsr)\d.*", "bond"),
        (r"(veth|cali|lxc|lxd|fwpr|fwln|vnet|eni|gke|azv|vif).*", "veth"),
        (r"(tap|tun|utun|ppp|tailscale|zt|nebula|ham\d|wt\d).*", "tun"),
        (r"(wg|nordlynx|proton).*", "wireguard"),
        (r"(vxlan|flannel|geneve|cilium|kube-ipvs|nodelocaldns|weave|vti|xfrm|ipsec).*", "vxlan"),
        (r"(gre|gretap|erspan|ip6gre|sit|tunl|ip6tnl|ip6_vti|ip_vti|gif|stf)\d.*", "sit"),
        (r"(macvlan|macvtap|mac|ipvlan|ipvl).*", "macvlan"),
        (r"(dummy|ifb|nlmon|vcan|awdl|llw|anpi|ap)\d.*", "dummy"),
    )
)
# Of what /sys/class/net shows of an interface, and what it is then.
_BY_FOLDER = (("bridge", "bridge"), ("bonding", "bond"), ("device", HARDWARE), ("tun_flags", "tun"))


class Interfaces:
    """Asked anew when an interface comes or goes, and now and then: one may become a part of another."""

    def __init__(
        self,
        links: Callable[[], Mapping[str, Link]] = rtnetlink.links,
        uplinks: Callable[[], frozenset[int]] = rtnetlink.uplinks,
        root: Path = ROOT,
    ) -> None:
        self._ask_links = links
        self._ask_uplinks = uplinks
        self._root = root
        self._names: frozenset[str] = frozenset()
        self._at = 0.0
        self.kinds: dict[str, str] = {}
        self.counted: frozenset[str] = frozenset()

    def look(self, names: Iterable[str], now: float) -> None:
        """Know those interfaces. `now` is on the monotonic clock."""
        wanted = frozenset(names)
        if wanted == self._names and now - self._at < REFRESH_SECONDS:
            return
        self._names, self._at = wanted, now
        try:
            links, uplinks = self._ask_links(), self._ask_uplinks()
        except (OSError, ValueError, LookupError):
            links, uplinks = {}, frozenset()  # not Linux, or a sandbox that refuses netlink
        known = {name: links[name] if name in links else self._guessed(name) for name in wanted}
        self.kinds = {name: _kind(link) for name, link in known.items()}
        self.counted = counted(known, uplinks)

    def _guessed(self, name: str) -> Link:
        folder = self._root / name
        for shown, kind in _BY_FOLDER:
            if os.path.exists(folder / shown):  # noqa: PTH110  # a Path's raises what it does not know
                return Link(0, None if kind == HARDWARE else kind)
        return by_name(name)


def by_name(name: str) -> Link:
    kind = next((kind for pattern, kind in _BY_NAME if pattern.fullmatch(name)), None)
    return Link(0, None if kind == LOOPBACK else kind, kind == LOOPBACK)


def _kind(link: Link) -> str:
    return LOOPBACK if link.loopback else link.kind or HARDWARE


def counted(links: Mapping[str, Link], uplinks: frozenset[int] = frozenset()) -> frozenset[str]:
    """Those that the sums count: the first kind of these that there is."""
    there = {name: link for name, link in links.items() if not link.loopback}
    hardware = {name for name, link in there.items() if link.kind is None or link.kind in _OWN}
    # A virtual machine's fast path is a part of the slow one, which counts for both.
    masters = {there[name].number for name in hardware} - {0}
    hardware -= {name for name in hardware if there[name].master in masters}
    ends = {name for name, link in there.items() if link.kind in _ENDS}
    free = {name for name in ends if there[name].master is None}
    out = {name for name in free if there[name].number in uplinks}
    tunnels = {name for name, link in there.items() if link.kind in _TUNNELS}
    # A container without rights may have a tunnel in place of an end, and ends of its own containers inside.
    through = {name for name in tunnels if there[name].number in uplinks}
    return frozenset(next(filter(None, (hardware, out, free, through, ends, tunnels)), there.keys()))
