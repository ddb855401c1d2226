"""Every parser of /proc, /sys and perf with text that nobody foresaw: it may refuse, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.cpu_list import parse as cpu_list
from collector.sources import (
    diskstats,
    mdstat,
    memory,
    memory_bandwidth,
    mounts,
    net_dev,
    netlink,
    perf_output,
    proc_stat,
    processes,
    rtnetlink,
    sock_diag,
    systemd,
)
from collector.sources.battery import battery
from collector.sources.connections import by_listing, sockstat, tcp_states
from collector.sources.cpu import Cpu
from collector.sources.cpu_model import cpu_model
from collector.sources.frequencies import cpuinfo_mhz
from collector.sources.host_root import os_release
from collector.sources.network import signals
from collector.sources.pressure import stalls
from collector.sources.source import FAILURES
from collector.sources.system import session_user
from collector.sources.text import valid
from perfwatch.readings import codec
from tests.collector.recording import tick

WORDS = (
    *(
        "0",
        "1",
        "-1",
        "18446744073709551615",
        "9223372036854775807",
        "9" * 400,
        "9" * 5000,
        "1e400",
        "nan",
        "inf",
        "<unknown>",
        "",
        "kB",
        "é",
        "\udcff",
    ),
    *("cpu", "cpu0", "cpu99999", "intr", "ctxt", "btime", "processes", "MemTotal:", "SwapFree:", "Cached:"),
    *("sda", "sda1", "my disk", "eth0:", "lo:", "a:b:", "-", "/", "ext4", "8:1", "subvol=/", "size", "c_min"),
    *(
        "some",
        "avg10=1.00",
        "total=5",
        "TCP:",
        "inuse",
        "processor",
        ":",
        "=",
        "cpu MHz",
        "policy",
        '"',
        "'",
        "\\",
    ),
    *(
        "1.0,5,,cycles",
        "<not counted>",
        "cpu_atom/cycles/",
        "POWER_SUPPLY_CAPACITY=300",
        "\0",
        "\x85",
        "\u2028",
    ),
)
TEXTS = st.lists(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=22).map(" ".join), max_size=8
).map("\n".join)


def of_lines(parse: Callable[[str], object]) -> Callable[[str], object]:
    return lambda text: [parse(line) for line in text.splitlines()]


PARSERS: dict[str, Callable[[str], object]] = {
    "stat": proc_stat.parse,
    "meminfo": memory.meminfo,
    "arcstats": memory.arcstats,
    "mdstat": mdstat.parse,
    "wireless": signals,
    "diskstats": diskstats.parse,
    "net/dev": net_dev.parse,
    "mountinfo": lambda text: list(mounts.once(mounts.parse(text, frozenset({"ext4"})))),
    "filesystems": mounts.on_device,
    "vmstat": memory_bandwidth.vmstat,
    "cpuinfo": lambda text: (cpu_model(lambda _path: text), cpuinfo_mhz(text)),
    "cpu list": cpu_list,
    "pressure": stalls,
    "sockstat": sockstat,
    "net/tcp": tcp_states,
    "net": lambda text: by_listing(lambda _path: text),
    "power_supply": lambda text: battery(lambda _path: text),
    "os-release": lambda text: os_release(read=lambda _path: text),
    "session": session_user,
    "systemctl": systemd.failed,
    "perf": of_lines(perf_output.parse),
    "pid/stat": lambda text: processes.parse(text.encode("utf-8", "surrogatepass")),
}
# What no line of which can be wrong by itself.
FORGIVING = (
    "meminfo",
    "diskstats",
    "net/dev",
    "mountinfo",
    "filesystems",
    "cpuinfo",
    "power_supply",
    "os-release",
    "session",
    "perf",
)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_a_parser_reads_or_refuses(name: str, text: str) -> None:
    try:
        PARSERS[name](valid(text))
    except FAILURES:
        assert name not in FORGIVING


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_an_odd_line_among_good_ones_costs_itself(text: str) -> None:
    good = "   8       0 vdz 1 2 3 4 5 6 7 8 9 10 11"
    lines = "\n".join(line for line in text.splitlines() if "vdz" not in line)
    assert diskstats.parse(f"{good}\n{valid(lines)}").counters["vdz"].read_count == 1
    counted = "  vdz: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"
    assert net_dev.parse(f"{counted}\n{valid(lines)}").traffic["vdz"].bytes_sent == 9


@settings(max_examples=200, deadline=None)
@given(batch=st.binary(max_size=200))
def test_what_the_kernel_says_over_netlink_is_read_or_refused(batch: bytes) -> None:
    readers: list[Callable[[], object]] = [
        lambda: sock_diag.seen(netlink.messages(batch)),
        lambda: rtnetlink.link(memoryview(batch)),
        lambda: rtnetlink.default(memoryview(batch)),
    ]
    for read in readers:
        with suppress(*FAILURES):
            read()


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.lists(st.integers(-(2**70), 2**70), min_size=8, max_size=10), min_size=2, max_size=2))
def test_shares_are_of_a_whole_whatever_the_counters_say(rows: list[list[int]]) -> None:
    steps = iter([proc_stat.parse(f"cpu {' '.join(map(str, row))}\n") for row in rows])
    source = Cpu(stat=lambda: next(steps), frequencies=lambda _online: {})
    source.gather(tick(0))
    told: dict[str, Any] = json.loads(codec.encode(source.gather(tick(1))))
    shares = [told[name] for name in ("usage_percent", "user", "system", "idle", "iowait", "steal")]
    assert all(share is None or 0 <= share <= 100 for share in shares)
