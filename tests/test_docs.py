"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfwatch.readings import (
    READINGS,
    Device,
    HostInfo,
    Interface,
    Partition,
    TcpConnections,
    UdpConnections,
)

ROOT = Path(__file__).parents[1]
PARTS = (Interface, Device, Partition, TcpConnections, UdpConnections)


@pytest.mark.parametrize("kind", [*READINGS.values(), *PARTS, HostInfo], ids=lambda kind: kind.__name__)
def test_every_field_of_a_reading_is_documented(kind: type) -> None:
    text = (ROOT / "docs" / "readings.md").read_text()
    fields: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
    assert [name for name in fields if not re.search(rf"[`.]{name}[`.]", text)] == []


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/delivery.md", "docs/scale.md"]
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_target_of_the_makefile_that_is_named_exists() -> None:
    declared = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`$ ])make ([a-z]+)\b", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named <= declared
