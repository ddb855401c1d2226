from __future__ import annotations

import pytest

from collector.sources.cpu_model import cpu_model


def read(cpuinfo: str, board: str = "") -> str | None:
    def given(path: str) -> str:
        if path == "/proc/cpuinfo":
            return cpuinfo
        if board:
            return board
        raise FileNotFoundError(2, "x", path)

    return cpu_model(given)


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        (
            "processor\t: 0\ncpu\t\t: POWER9 (architected), altivec supported\n",
            "POWER9 (architected), altivec supported",
        ),
        (
            "vendor_id : IBM/S390\nprocessor 0: version = FF, identification = 2733E8, machine = 2964\n",
            "IBM/S390 2964",
        ),
        (
            "processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\nmmu\t: sv39\nuarch\t: sifive,u74-mc\n",
            "sifive,u74-mc",
        ),
        ("processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\nmmu\t: sv39\n", "rv64imafdc"),
        (
            "processor : 0\nCPU Family : Loongson-64bit\nModel Name : Loongson-3A5000\n",
            "Loongson-3A5000",
        ),
        ("processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n", "ARM Neoverse-N1"),
        (
            "CPU implementer : 0x41\nCPU part : 0xd03\n\nCPU implementer : 0x41\nCPU part : 0xd08\n",
            "ARM Cortex-A53 + Cortex-A72",
        ),
        ("CPU implementer : 0xc0\nCPU part : 0xac3\n", "Ampere part 0xac3"),
        ("CPU implementer : 0x99\nCPU part : 0x1\n", "implementer 0x99 part 0x1"),
    ],
)
def test_every_kind_of_processor_has_a_name(cpuinfo: str, model: str) -> None:
    assert read(cpuinfo) == model


def test_a_board_names_itself() -> None:
    assert (
        read("CPU implementer : 0x41\nCPU part : 0xd08\n", "Pine64 RockPro64 v2.1\0")
        == "Pine64 RockPro64 v2.1"
    )
