"""The name of the processor, as the kernel gives it: /proc/cpuinfo, and the board's device tree."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from collector.sources.source import ReadText, read_text
from collector.sources.text import valid

# In the order in which they are believed: x86 and newer ARM, LoongArch, MIPS, POWER, RISC-V, older
# ARM, and the boards of the 64-bit Raspberry Pi, which name only themselves.
_KEYS = ("model name", "Model Name", "cpu model", "cpu", "uarch", "Hardware", "Model", "model", "machine")
_DEVICE_TREE = "/proc/device-tree/model"

# Main ID Register, Implementer and PartNum: 64-bit ARM has numbers only. The commonest ones.
_IMPLEMENTERS = {
    0x41: "ARM",
    0x42: "Broadcom",
    0x43: "Cavium",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x50: "APM",
    0x51: "Qualcomm",
    0x53: "Samsung",
    0x61: "Apple",
    0x6D: "Microsoft",
    0x70: "Phytium",
    0xC0: "Ampere",
}
_ARM_PARTS = {
    0xB76: "ARM1176",
    0xC07: "Cortex-A7",
    0xC08: "Cortex-A8",
    0xC09: "Cortex-A9",
    0xC0F: "Cortex-A15",
    0xD03: "Cortex-A53",
    0xD04: "Cortex-A35",
    0xD05: "Cortex-A55",
    0xD07: "Cortex-A57",
    0xD08: "Cortex-A72",
    0xD09: "Cortex-A73",
    0xD0A: "Cortex-A75",
    0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1",
    0xD0D: "Cortex-A77",
    0xD40: "Neoverse-V1",
    0xD41: "Cortex-A78",
    0xD44: "Cortex-X1",
    0xD46: "Cortex-A510",
    0xD47: "Cortex-A710",
    0xD49: "Neoverse-N2",
    0xD4F: "Neoverse-V2",
    0xD80: "Cortex-A520",
    0xD81: "Cortex-A720",
}


def cpu_model(read: ReadText = read_text) -> str | None:
    """None when nobody names it."""
    rows = _rows(_or_nothing(read, "/proc/cpuinfo"))
    named = {key: values[0] for key, values in rows.items()}
    models = (named[key] for key in _KEYS if key in named)
    return (
        next(models, None)
        or _of_ibm(named)
        or _board(read)
        or _of_arm(rows)
        or named.get("isa")
        or valid(platform.processor())
        or None
    )


def _rows(text: str) -> dict[str, list[str]]:
    """What is said of each key, once each, in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        # MIPS and POWER boards write "cpu : POWER9 (architected), altivec supported".
        if key and value and value not in (seen := found.setdefault(key, [])):
            seen.append(value)
    return found


def _of_ibm(named: Mapping[str, str]) -> str | None:
    """S/390: `vendor_id : IBM/S390` and `processor 0: version = FF, identification = …, machine = 2964`."""
    vendor, machine = named.get("vendor_id", ""), named.get("processor 0", "").rpartition("machine = ")[2]
    return f"{vendor} {machine}".strip() if vendor.startswith("IBM") else None


def _of_arm(rows: Mapping[str, list[str]]) -> str | None:
    try:
        maker = int(rows["CPU implementer"][0], 16)
        parts = [int(part, 16) for part in rows["CPU part"]]
    except (LookupError, ValueError):
        return None
    names = [(_ARM_PARTS.get(part) if maker == 0x41 else None) or f"part {part:#x}" for part in parts]
    return f"{_IMPLEMENTERS.get(maker, f'implementer {maker:#x}')} {' + '.join(names)}"


def _board(read: ReadText) -> str | None:
    return _or_nothing(read, _DEVICE_TREE).strip("\0 \n") or None


def _or_nothing(read: ReadText, path: str) -> str:
    try:
        return read(path)
    except OSError:
        return ""
