"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import collector.__main__ as collector
from perfwatch import cli
from perfwatch.readings.core import (
    READINGS,
    Device,
    HostInfo,
    Interface,
    Partition,
    PerfEvent,
    TcpConnections,
    UdpConnections,
)
from perfwatch.readings.optional import Container, FailedUnit, Fan, Gpu, Stall, Temperature, TopProcess, User

ROOT = Path(__file__).parents[1]
PARTS = (
    *(Interface, Device, Partition, PerfEvent, TcpConnections, UdpConnections),
    *(Temperature, Fan, Gpu, Stall, TopProcess, Container, User, FailedUnit),
)


@pytest.mark.parametrize("kind", [*READINGS.values(), *PARTS, HostInfo], ids=lambda kind: kind.__name__)
def test_every_field_of_a_reading_is_documented(kind: type) -> None:
    text = (ROOT / "docs" / "readings.md").read_text()
    fields: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
    assert [name for name in fields if not re.search(rf"[`.]{name}[`.]", text)] == []


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    ],
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("command", [collector.main, *collector.main.commands.values(), cli.doctor])
def test_every_option_of_the_collector_and_the_doctor_is_documented(command: click.Command) -> None:
    text = (ROOT / "docs" / "collector.md").read_text()
    options = [option for each in command.params if not command.hidden for option in each.opts]
    assert [option for option in options if not re.search(rf"`{option}[` ]", text)] == []


def test_every_target_of_the_makefile_that_is_named_exists() -> None:
    declared = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`$ ])make ([a-z]+)\b", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named <= declared


def test_the_map_names_modules_that_are_there() -> None:
    """The words before the gap in each line of the tree, in the room that it stands below."""
    tree = (ROOT / "docs" / "architecture.md").read_text().split("```")[3]
    room, missing = "", list[str]()
    for indent, names in re.findall(r"^(| {2}| {4})(\S+(?: \S+)*)", tree, re.MULTILINE):
        if not indent:
            room = names.split()[0]
            continue
        places = [f"{room}{'*/' if len(indent) > 2 else ''}{name}" for name in names.split()]
        missing += [one for one in places if not any((*ROOT.glob(one), *ROOT.glob(f"{one}.py")))]
    assert missing == []
