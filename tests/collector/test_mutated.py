"""Each source on a machine whose files are odd, or fail, at random: a reading, or a reason."""

from __future__ import annotations

import errno
import json
import math
import os
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collector.sources import diskstats, net_dev, proc_stat
from collector.sources.amd import Amd
from collector.sources.apart import tell
from collector.sources.battery import battery
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.frequencies import Frequencies
from collector.sources.gpu import Gpu
from collector.sources.hwmon import Hwmon
from collector.sources.interfaces import Interfaces
from collector.sources.memory import Memory
from collector.sources.memory_bandwidth import MemoryBandwidth
from collector.sources.network import Network
from collector.sources.pressure import Pressure
from collector.sources.sensors import Sensors
from collector.sources.smartd import Drives
from collector.sources.source import FAILURES, Absent, ReadText, Source
from collector.sources.system import System
from collector.sources.temperatures import Heat
from collector.sources.text import valid
from collector.sources.zones import Zones
from perfwatch.readings import codec
from tests.collector.recording import tick

ERRORS = [errno.EIO, errno.ENODEV, errno.EPERM, errno.EAGAIN, errno.ENOENT, errno.EACCES, errno.ESTALE]
WORDS = [
    *(
        "",
        "nan",
        "-inf",
        "-1",
        "0",
        "4294967296",
        "18446744073709551615",
        str(2**63 - 1),
        "9" * 400,
        "9" * 5000,
        "1e400",
    ),
    *("<unknown>", "\ufffd", "\0", "x" * 10_000, "a/b+#c", "cpu99999999:", "٣", "kB", "1_000", "65535"),
]
CHIP = {"name": "nct6775", "temp1_input": "45000", "temp1_label": "SYSTIN", "temp1_max": "90000"}
FAN = {"fan1_input": "1200", "temp1_fault": "0", "device/power/runtime_status": "active"}
CARD = {
    "vendor": "0x1002",
    "mem_info_vram_used": "1000",
    "mem_info_vram_total": "8000",
    "gpu_busy_percent": "45",
}
BATTERY = "\n".join(
    f"POWER_SUPPLY_{line}"
    for line in (
        *("TYPE=Battery", "STATUS=Discharging", "CAPACITY=80", "ENERGY_NOW=40000000"),
        *("ENERGY_FULL=50000000", "POWER_NOW=9000000"),
    )
)
FILES = {
    **{f"hwmon/hwmon0/{name}": text for name, text in (CHIP | FAN).items()},
    **{f"drm/card0/device/{name}": text for name, text in CARD.items()},
    "drm/card0/device/hwmon/hwmon1/temp1_input": "50000",
    "thermal/thermal_zone0/type": "cpu-thermal",
    "thermal/thermal_zone0/temp": "50123",
    "power/BAT0/uevent": BATTERY,
    "cpufreq/policy0/affected_cpus": "0 1",
    "cpufreq/policy0/scaling_cur_freq": "1500000",
    "var/lib/smartmontools/smartd.A-1.nvme.state": "nvme-available-spare = 100\nnvme-percentage-used = 3",
    "var/lib/smartmontools/smartd.B-2.ata.state": "ata-smart-attribute.0.id = 5",
}
PSI = "some avg10=0.10 avg60=0.00 avg300=0.00 total=12\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1"
PROC = {
    "stat": "cpu  9 1 5 90 1 0 0 0\ncpu0 5 1 2 45 1 0 0 0\ncpu1 4 0 3 45\nintr 5 1\nctxt 7\nprocesses 9",
    "diskstats": "   8  0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8  1 sda1 1 2 3 4 5 6 7 8 9 10 11",
    "dev": "head\nhead\n  lo: 1 2 0 0 0 0 0 0 1 2 0 0 0 0 0 0\neth0: 9 8 0 0 0 0 0 0 7 6 0 0 0 0 0 0",
    "vmstat": "pgpgin 1\npgpgout 2\npswpin 0\npswpout 0\npgfault 9\npgmajfault 1",
    "meminfo": "MemTotal: 100 kB\nMemFree: 50 kB\nMemAvailable: 70 kB\nSwapTotal: 9 kB\nSwapFree: 9 kB",
    "arcstats": "name type data\nsize 4 4000\nc_min 4 1000",
    "mdstat": "md0 : active raid1 sdb1[1] sda1[0]\n  100 blocks [2/1] [U_]\n  recovery = 12.6% (1/2)",
    "wireless": "head\nhead\n eth0: 0000 54. -56. -256 0 0 0",
    "sockstat": "TCP: inuse 5 orphan 0 tw 2\nUDP: inuse 3 mem 1",
    "tcp": "head\n 0: 0100007F:0016 00000000:0000 0A 0",
    "udp": "head\n 0: 0100007F:0016 00000000:0000 07 0",
    "nf_conntrack_count": "12",
    "nf_conntrack_max": "65536",
    "uptime": "3725.21 6162.32",
    **dict.fromkeys(("cpu", "memory", "io"), PSI),
}


class Odd:
    """A machine's files, of which one in five is not as it should be, but never `sound`."""

    def __init__(self, root: Path, seed: int, sound: str) -> None:
        self._root = root
        self._sound = sound
        self._chance = random.Random(seed)

    def read(self, path: str) -> str:
        text = self.as_it_is(path)
        is_good = path.rpartition("/")[2] == self._sound or self._chance.random() > 0.2
        return valid(text if is_good else self._mutated(text, path)) + "\n"

    def as_it_is(self, path: str) -> str:
        if path.startswith(str(self._root)):
            return Path(path).read_text()
        if (name := path.rpartition("/")[2]) in PROC:
            return PROC[name]
        raise FileNotFoundError(errno.ENOENT, "No such file", path)

    def _mutated(self, text: str, path: str) -> str:
        chance = self._chance
        if chance.random() < 0.3:
            code = chance.choice(ERRORS)
            raise OSError(code, os.strerror(code), path)
        lines = text.split("\n")
        words = text.split(" ")
        words[chance.randrange(len(words))] = chance.choice(WORDS)
        chance.shuffle(lines)
        cut = text[: chance.randrange(len(text) + 1)]
        return chance.choice(["", cut, chance.choice(WORDS), " ".join(words), "\n".join(lines), text * 2])


def frequencies(read: ReadText, root: Path) -> Frequencies:
    return Frequencies(read, str(root / "cpufreq"))


def hwmon(read: ReadText, root: Path) -> Hwmon:
    return Hwmon(root / "hwmon", read)


def zones(read: ReadText, root: Path) -> Zones:
    return Zones(root / "thermal", read)


SOURCES: dict[str, Callable[[ReadText, Path], Source]] = {
    "cpu": lambda read, root: Cpu(
        lambda: proc_stat.parse(read("/proc/stat")),
        frequencies(read, root).megahertz,
        Heat(hwmon(read, root), zones(read, root)),
    ),
    "memory": lambda read, _root: Memory(read),
    "network": lambda read, root: Network(
        lambda: net_dev.parse(read("/proc/net/dev")), read, Interfaces(root=root / "net")
    ),
    "disk": lambda read, root: Disk(
        lambda: diskstats.parse(read("/proc/diskstats")), read=read, drives=Drives(root, read)
    ),
    "memory_bandwidth": lambda read, _root: MemoryBandwidth(read),
    "pressure": lambda read, _root: Pressure(read),
    "sensors": lambda read, root: Sensors(
        hwmon(read, root), partial(battery, read, root / "power"), zones(read, root)
    ),
    "gpu": lambda read, root: Gpu(nvidia=dict, amd=Amd(root / "drm", read).read),
    "system": lambda read, root: System(read=read, utmp=root / "none"),
}
# Without that file there is no reading; whatever else is odd costs itself. "" is no file.
WHOLE = {"cpu": "stat", "network": "dev", "memory": "meminfo", "memory_bandwidth": "vmstat"}
WHOLE |= {"disk": "", "system": ""}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(tmp_path_factory.mktemp("machine"))
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def numbers(told: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers with the names of their fields."""
    if isinstance(told, dict):
        for key, inner in told.items():
            yield from numbers(inner, key)
    elif isinstance(told, list):
        for inner in told:
            yield from numbers(inner, name)
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield name, told


def is_possible(name: str, number: float) -> bool:
    if name.endswith("celsius"):
        return -55 <= number <= 250
    if name.endswith("dbm"):
        return number < 0
    highest = 255 if name == "wear_percent" else 100 if name.endswith(("_percent", "per_core")) else 2**63
    return math.isfinite(number) and 0 <= number <= highest


@pytest.mark.parametrize("name", SOURCES)
def test_odd_files_give_possible_numbers_or_a_reason(name: str, root: Path) -> None:
    given = 0
    for seed in range(60):
        whole = WHOLE.get(name) if seed % 2 else None
        source = SOURCES[name](Odd(root, seed, whole or "").read, root)
        for second in (0.0, 5.0):
            reading, error = tell(partial(source.gather, tick(second)))
            assert error is None or (whole is None and isinstance(error, (*FAILURES, Absent))), (seed, error)
            if reading is not None:
                given += 1
                told = list(numbers(json.loads(codec.encode(reading))))
                assert [one for one in told if not is_possible(*one)] == [], seed
                assert len(told) < 1000
    assert given >= 60


@pytest.mark.parametrize("largest", [2**63 - 1, 2**62, 2**53])
@pytest.mark.parametrize("name", SOURCES)
def test_the_largest_numbers_that_a_kernel_has_can_be_told(name: str, root: Path, largest: int) -> None:
    sound = Odd(root, 0, "")

    def read(path: str) -> str:
        return re.sub(r"(?<![\w.])[0-9]+(?![\w.])", str(largest), sound.as_it_is(path)) + "\n"

    source = SOURCES[name](read, root)
    for second in (0.0, 5.0):
        reading, error = tell(partial(source.gather, tick(second)))
        assert error is None or isinstance(error, (*FAILURES, Absent)), error
        if reading is not None:
            told = list(numbers(json.loads(codec.encode(reading))))
            assert [one for one in told if not is_possible(*one)] == []
