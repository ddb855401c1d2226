from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from collector.sources.disk import Disk
from collector.sources.diskstats import Counters, Devices, parse
from collector.sources.mounts import Mount
from collector.sources.partitions import Partitions
from perfwatch.readings import core
from tests.collector.recording import tick


def disk(
    reads: int = 0, writes: int = 0, read: int = 0, written: int = 0, read_ms: int = 0, write_ms: int = 0
) -> Counters:
    return Counters(reads, writes, read, written, read_ms, write_ms, 0, 0)


def gather(*steps: Mapping[str, Counters], block: Path = Path("/nowhere")) -> list[core.Disk]:
    """A reading every two seconds."""
    ahead = iter(steps)
    source = Disk(lambda: Devices(dict(next(ahead)), {}), Partitions(list), str(block))
    return [source.gather(tick(1000.0 + 2 * number)) for number in range(len(steps))]


def test_the_first_tick_has_counters_and_no_rates() -> None:
    (first,) = gather({"sda": disk(reads=5, read=4096)})
    assert (first.read_bytes_per_sec, first.write_bytes_per_sec) == (None, None)
    device = first.devices["sda"]
    assert (device.read_count, device.read_bytes) == (5, 4096)
    assert (device.read_iops, device.read_latency_ms) == (None, None)


def test_rates_and_latencies_are_of_the_tick() -> None:
    later = disk(reads=10, writes=4, read=8192, written=2048, read_ms=25, write_ms=2)
    device = gather({"sda": disk()}, {"sda": later})[1].devices["sda"]
    assert (device.read_bytes_per_sec, device.write_bytes_per_sec) == (4096.0, 1024.0)
    assert (device.read_iops, device.write_iops) == (5.0, 2.0)
    assert (device.read_latency_ms, device.write_latency_ms) == (2.5, 0.5)


def test_a_tick_without_reads_has_no_read_latency() -> None:
    device = gather({"sda": disk(reads=9, read_ms=9)}, {"sda": disk(reads=9, read_ms=9)})[1].devices["sda"]
    assert (device.read_latency_ms, device.read_iops) == (None, 0.0)


def test_sums_are_over_whole_disks_and_partitions_are_listed(tmp_path: Path) -> None:
    later = {"sda": disk(read=4000), "sda1": disk(read=4000), "nvme0n1": disk(read=200)}
    for name in ("sda", "nvme0n1"):
        (tmp_path / name).mkdir()
    reading = gather({name: disk() for name in later}, later, block=tmp_path)[1]
    assert reading.read_bytes_per_sec == 2100.0
    assert reading.devices["sda1"].read_bytes_per_sec == 2000.0


def test_disks_made_of_disks_are_listed_and_not_summed() -> None:
    later = {name: disk(written=2000) for name in ("sda", "dm-0", "md127", "bcache0", "nvme0c1n1")}
    reading = gather({name: disk() for name in later}, later)[1]
    assert set(reading.devices) == set(later)
    assert reading.write_bytes_per_sec == 1000.0


def test_what_is_no_disk_is_left_out() -> None:
    names = ("loop0", "ram1", "zram0", "sda", "mmcblk0")
    text = "".join(f"8 0 {name} 1 2 3 4 5 6 7 8 9 10 11\n" for name in names)
    assert set(parse(text).counters) == {"sda", "mmcblk0"}


def test_a_counter_that_went_backwards_gives_null_for_that_tick_only() -> None:
    steps = [{"sda": disk(9, 9, 900, 900, 9, 9)}, {"sda": disk(2, 10, 10, 1000, 1, 19)}]
    _, second, third = gather(*steps, {"sda": disk(3, 10, 30, 1000, 5, 19)})
    assert (second.devices["sda"].read_iops, second.devices["sda"].read_latency_ms) == (None, None)
    assert (second.read_bytes_per_sec, second.write_bytes_per_sec) == (None, 50.0)
    assert (third.read_bytes_per_sec, third.devices["sda"].read_latency_ms) == (10.0, 4.0)


def test_a_disk_that_vanished_is_left_out_and_back_again_it_starts_anew() -> None:
    steps = [{"sda": disk(), "sdb": disk(read=500)}, {"sda": disk(read=200)}]
    _, second, third = gather(*steps, {"sda": disk(read=200), "sdb": disk(read=900)})
    assert (list(second.devices), second.read_bytes_per_sec) == (["sda"], 100.0)
    assert (third.devices["sdb"].read_bytes_per_sec, third.read_bytes_per_sec) == (None, 0.0)


def test_partitions_come_with_it() -> None:
    source = Disk(lambda: Devices({}, {}), Partitions(lambda: [Mount("/", "/dev/sda1", "ext4")]))
    assert source.gather(tick(0)).partitions["/"].device == "/dev/sda1"


def test_how_busy_a_disk_is_and_how_much_waits_for_it() -> None:
    steps = [
        {"sda": disk()._replace(busy_ms=busy, queued_ms=queued)} for busy, queued in ((0, 0), (500, 3000))
    ]
    device = gather(*steps)[1].devices["sda"]
    assert (device.usage_percent, device.queue_length) == (25.0, 1.5)


def test_devices_that_cannot_be_read_leave_the_partitions() -> None:
    def refused() -> Devices:
        raise PermissionError(13, "Permission denied", "/proc/diskstats")

    source = Disk(refused, Partitions(lambda: [Mount("/", "/dev/sda1", "ext4")]))
    reading = source.gather(tick(0))
    assert (reading.devices, list(reading.partitions)) == ({}, ["/"])
    assert "/proc/diskstats" in (source.missing or "")


def test_the_real_machine_agrees_with_proc() -> None:
    source = Disk()
    first = source.gather(tick(time.monotonic()))
    second = source.gather(tick(time.monotonic()))
    rows = [line.split() for line in Path("/proc/diskstats").read_text().splitlines()]
    sectors = {row[2]: int(row[5]) for row in rows}
    assert set(second.devices) <= set(sectors)
    for name, device in second.devices.items():
        assert (first.devices[name].read_bytes or 0) <= (device.read_bytes or 0) <= sectors[name] * 512
    assert len(second.devices) > 0
    assert second.read_bytes_per_sec is not None
