from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from collector.sources import rtnetlink
from collector.sources.interfaces import REFRESH_SECONDS, Interfaces, by_name, counted
from collector.sources.rtnetlink import Link


def refused() -> NoReturn:
    raise PermissionError(1, "no netlink here")


def hardware(number: int, master: int | None = None) -> Link:
    return Link(number, None, master=master)


LOOPBACK = Link(1, None, loopback=True)


@pytest.mark.parametrize(
    ("links", "uplinks", "expected"),
    [
        ({"lo": LOOPBACK, "eth0": hardware(2), "wlan0": hardware(3)}, {2}, {"eth0", "wlan0"}),
        ({"eth0": hardware(2, 4), "eth1": hardware(3, 4), "bond0": Link(4, "bond")}, {4}, {"eth0", "eth1"}),
        (
            {"eno1": hardware(2, 3), "vmbr0": Link(3, "bridge"), "tap1": Link(4, "tun", master=3)},
            {3},
            {"eno1"},
        ),
        ({"eth0": hardware(2), "eth0.5": Link(3, "vlan"), "wg0": Link(4, "wireguard")}, {4}, {"eth0"}),
        # Hyper-V: the card's own virtual function is a part of the synthetic one.
        ({"eth0": hardware(2), "eth1": hardware(3, 2)}, {2}, {"eth0"}),
        # In a container, which has a Docker of its own.
        (
            {"eth0": Link(2, "veth"), "docker0": Link(3, "bridge"), "veth1": Link(4, "veth", master=3)},
            {2},
            {"eth0"},
        ),
        # Without a bridge, as Calico does: only the route tells which leads out.
        ({"eth0": Link(2, "veth"), "cali1": Link(3, "veth")}, {2}, {"eth0"}),
        ({"veth0": Link(2, "veth", master=3), "br0": Link(3, "bridge")}, set[int](), {"veth0"}),
        ({"eth0": Link(2, "macvlan"), "tun0": Link(3, "tun")}, {3}, {"eth0"}),
        ({"tap0": Link(2, "tun"), "lo": LOOPBACK}, {2}, {"tap0"}),
        (
            {"ib0": Link(2, "ipoib"), "wwan0": Link(3, "wwan"), "dummy0": Link(4, "dummy")},
            {2},
            {"ib0", "wwan0"},
        ),
        ({"lo": LOOPBACK}, set[int](), set[str]()),
    ],
    ids=[
        *("two cards", "bond", "hypervisor", "vlan and tunnel", "fast path", "container", "calico"),
        *("veth in a bridge", "vpn in a container", "rootless", "no ethernet", "nothing"),
    ],
)
def test_a_byte_counts_once(links: dict[str, Link], uplinks: set[int], expected: set[str]) -> None:
    assert counted(links, frozenset(uplinks)) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("lo eth0 eth1 bond0", "eth0 eth1"),
        ("lo eth0 eth0.100 vlan5", "eth0"),
        ("lo ens3 docker0 br-0123456789ab veth12ab@if5 vethfe1", "ens3"),
        ("lo eno1 vmbr0 tap100i0 fwbr100i0 fwpr100p0 fwln100i0", "eno1"),
        ("lo wlan0 wg0 tailscale0 tun0 virbr0", "wlan0"),
        ("lo0 en0 utun0 awdl0 llw0 bridge0 gif0 stf0 anpi0 ap1", "en0"),
        ("lo enp1s0 cni0 flannel.1 cali0123 kube-ipvs0 cilium_host nodelocaldns", "enp1s0"),
        ("lo end0 wlx001122334455 usb0 ppp0 sit0 tunl0 ip6tnl0", "end0 wlx001122334455 usb0"),
    ],
)
def test_where_nobody_tells_names_do(names: str, expected: str) -> None:
    assert counted({name: by_name(name) for name in names.split()}) == set(expected.split())


def test_sys_is_believed_before_the_name(tmp_path: Path) -> None:
    for folder in ("lan/device", "uplink/bridge", "docker9/device"):
        (tmp_path / folder).mkdir(parents=True)
    interfaces = Interfaces(refused, refused, tmp_path)
    interfaces.look(["lan", "uplink", "docker9", "veth1"], 0.0)
    assert interfaces.counted == {"lan", "docker9"}
    assert interfaces.kinds == {"lan": "hardware", "uplink": "bridge", "docker9": "hardware", "veth1": "veth"}


def test_it_is_asked_again_when_one_comes_and_now_and_then() -> None:
    asked: list[int] = []

    def links() -> dict[str, Link]:
        asked.append(1)
        return {}

    interfaces = Interfaces(links, frozenset)
    for names, now in ((["a"], 0.0), (["a"], 1.0), (["a", "b"], 2.0), (["a", "b"], 2.0 + REFRESH_SECONDS)):
        interfaces.look(names, now)
    assert len(asked) == 3


def test_the_kernel_tells_what_its_interfaces_are() -> None:
    try:
        found = rtnetlink.links()
    except OSError as exc:
        pytest.skip(f"no netlink: {exc}")
    assert found["lo"].loopback
    assert rtnetlink.uplinks() <= {link.number for link in found.values()}
    shown = Path("/proc/net/dev").read_text().splitlines()[2:]
    assert set(found) == {line.rpartition(":")[0].strip() for line in shown}
