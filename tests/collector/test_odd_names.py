"""Names that are not UTF-8, given to the real collector by the real system."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import pytest

from collector.agent import Agent
from collector.host import os_name
from collector.sources.host_root import os_release
from collector.sources.source import Tick
from collector.stop import Stop
from perfwatch.readings import core
from tests.collector.agents import Fails, Kept, Works, hostinfo
from tests.collector.machine import once
from tests.collector.recording import tick

LATIN = "M\udcfcller"
SHOWN = "M\ufffdller"


def test_a_mount_point() -> None:
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    read = once(
        """
        mount -t tmpfs t /mnt
        truncate -s 8M /mnt/stick
        mkfs.ext4 -q /mnt/stick
        name=$(printf '/mnt/M\\374ller')
        mkdir "$name"
        mount -o loop /mnt/stick "$name"
        """,
        "disk",
        "memory",
    )
    assert read["disk"]["partitions"][f"/mnt/{SHOWN}"]["fstype"] == "ext4"
    assert read["memory"]["total_bytes"]


def test_an_interface() -> None:
    made = once("ip link add name $(printf 'k\\374che0') type veth", "network")
    assert "k\ufffdche0" in made["network"]["interfaces"]


def test_a_host() -> None:
    named = once("printf 'k\\374che' > /proc/sys/kernel/hostname", "memory")
    assert named["memory"]["total_bytes"]


def test_a_user(tmp_path: Path) -> None:
    record = struct.pack("hi32s4s32s256s", 7, 1, b"tty1", b"1", b"m\xfcller", b"").ljust(384, b"\0")
    (tmp_path / "utmp").write_bytes(record)
    change = f"mount -t tmpfs t /run\ncp {tmp_path}/utmp /run/utmp"
    assert once(change, "system")["system"]["users"] == {"m\ufffdller": {"terminals": 1}}


def test_an_operating_system(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_bytes(b'NAME="X\nPRETTY_NAME="K\xfcche OS"\n')
    assert os_name(lambda: os_release(tmp_path)) == "K\ufffdche OS"


class Unencodable:
    """Reads a name that nobody has made valid."""

    name = "disk"

    def gather(self, tick: Tick) -> core.Disk:
        return core.Disk(timestamp=tick.timestamp, partitions={LATIN: core.Partition()})


def test_a_reading_that_cannot_be_encoded_costs_its_source_alone() -> None:
    kept = Kept()
    Agent([Unencodable(), Works("memory")], kept, hostinfo, 1.0, Stop()).tick(tick(0))
    assert kept.metrics == ["memory"]


def test_a_reason_that_quotes_a_name_is_told() -> None:
    kept = Kept()
    error = ValueError(f"no such thing: {LATIN}")
    Agent([Fails(error)], kept, hostinfo, 1.0, Stop()).tick(tick(0))
    assert SHOWN in json.dumps(kept.sources, ensure_ascii=False)
