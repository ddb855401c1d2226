"""Network, disks, sensors and cards against another program's reading of the same machine."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from collector.sources.connections import by_counting
from collector.sources.disk import Disk
from collector.sources.gpu import Gpu
from collector.sources.network import Network
from collector.sources.sensors import Sensors
from collector.sources.source import read_text
from tests.collector.agreement import CLOSE, MIB, agree, gather, now, run

STATES = {
    "established": "ESTAB",
    "close_wait": "CLOSE-WAIT",
    "listen": "LISTEN",
    "time_wait": "TIME-WAIT",
}


def test_interfaces_are_what_ip_says() -> None:
    def theirs() -> dict[str, list[int]]:
        links = json.loads(run("ip", "-s", "-j", "link"))
        return {
            link["ifname"]: [
                link["stats64"][way][name]
                for way in ("rx", "tx")
                for name in ("bytes", "packets", "errors", "dropped")
            ]
            for link in links
        }

    def ours() -> dict[str, list[int]]:
        return {
            name: [
                one.bytes_recv or 0,
                one.packets_recv or 0,
                one.errors_in or 0,
                one.drops_in or 0,
                one.bytes_sent or 0,
                one.packets_sent or 0,
                one.errors_out or 0,
                one.drops_out or 0,
            ]
            for name, one in Network().gather(now()).interfaces.items()
        }

    agree(ours, theirs)


def test_connections_are_what_ss_says() -> None:
    def theirs() -> dict[str, int]:
        states = Counter(line.split()[0] for line in run("ss", "-H", "-t", "-a", "-n").splitlines())
        datagrams = len(run("ss", "-H", "-u", "-a", "-n").splitlines())
        return {field: states[state] for field, state in STATES.items()} | {"udp": datagrams}

    def ours() -> dict[str, int]:
        found = by_counting(read_text)
        counts = {field: getattr(found.tcp, field) for field in found.tcp.__struct_fields__}
        return counts | {"udp": found.udp.count or 0}

    agree(ours, theirs)


def test_partitions_are_what_df_says() -> None:
    named = Disk().gather(now()).partitions.keys()

    def df(columns: str) -> dict[str, list[int]]:
        lines = run("df", "-B1", f"--output=target,{columns}", *named).splitlines()[1:]
        rows = [line.rsplit(None, columns.count(",") + 1) for line in lines]
        return {target.strip(): [int(number.rstrip("%")) for number in numbers] for target, *numbers in rows}

    def sizes() -> dict[str, list[int]]:
        found = Disk().gather(now()).partitions.items()
        return {name: [one.total_bytes or 0, one.used_bytes or 0, one.free_bytes or 0] for name, one in found}

    def shares() -> dict[str, list[int]]:
        found = Disk().gather(now()).partitions.items()
        return {name: [math.ceil(one.usage_percent or 0)] for name, one in found}  # df rounds up

    agree(sizes, lambda: df("size,used,avail"), CLOSE)
    agree(shares, lambda: df("pcent"), 1)


def test_devices_are_what_proc_diskstats_says_by_hand() -> None:
    named = Disk().gather(now()).devices.keys()

    def theirs() -> dict[str, list[int]]:
        rows = [line.split() for line in Path("/proc/diskstats").read_text().splitlines()]
        return {
            row[2]: [int(row[3]), int(row[5]) * 512, int(row[7]), int(row[9]) * 512]
            for row in rows
            if row[2] in named
        }

    def ours() -> dict[str, list[int]]:
        return {
            name: [one.read_count or 0, one.read_bytes or 0, one.write_count or 0, one.write_bytes or 0]
            for name, one in Disk().gather(now()).devices.items()
        }

    agree(ours, theirs)


def test_disk_rates_are_what_iostat_says() -> None:
    text = run("iostat", "-d", "-o", "JSON")
    named = {one["disk_device"] for one in json.loads(text)["sysstat"]["hosts"][0]["statistics"][0]["disk"]}
    assert named <= set(Disk().gather(now()).devices)


def test_temperatures_are_what_lm_sensors_says() -> None:
    ours = gather(Sensors()).temperatures
    chips = json.loads(run("sensors", "-j"))
    theirs = [
        value
        for chip, inputs in chips.items()
        if not chip.startswith("drivetemp")
        for one in inputs.values()
        if isinstance(one, dict)
        for name, value in one.items()
        if re.fullmatch(r"temp\d+_input", name)
    ]
    known = sorted(one.celsius for one in ours.values() if one.celsius is not None)
    assert known == pytest.approx(sorted(theirs), abs=5)


def test_nvidia_cards_are_what_nvidia_smi_says() -> None:
    text = run("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    rows = [line.rsplit(", ", 1) for line in text.splitlines()]
    ours = [one for name, one in gather(Gpu()).gpus.items() if name.startswith("nvidia")]
    assert [one.model for one in ours] == [name for name, _ in rows]
    for one, (_, total) in zip(ours, rows, strict=True):
        assert (one.memory_total_bytes or 0) / MIB == pytest.approx(int(total), rel=0.05)
