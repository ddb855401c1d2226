"""A look for each change of a file, at once where the system tells of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from perfwatch import changes
from perfwatch.changes import Changes
from perfwatch.files import write_private


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look comes by itself within the time of a test."""
    monkeypatch.setattr(changes, "_LOOK_SECONDS", 1e6)
    monkeypatch.setattr(changes, "_RARELY_SECONDS", 1e6)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of changes")
@pytest.mark.usefixtures("only_told")
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("as an editor does"),
        lambda path: write_private(path, "as we do"),
        lambda path: path.unlink(),
    ],
    ids=["written", "replaced", "removed"],
)
async def test_a_change_is_a_reason_to_look(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = tmp_path / "devices.toml"
    path.write_text("before")
    with Changes([tmp_path]) as told:
        looks = told.looks()
        await anext(looks)
        change(path)
        async with asyncio.timeout(60):
            await anext(looks)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of changes")
@pytest.mark.usefixtures("only_told")
async def test_what_is_written_on_and_on_is_a_reason_among_logs_only(tmp_path: Path) -> None:
    folder, logs = tmp_path / "data", tmp_path / "logs"
    for one in (folder, logs):
        one.mkdir()
    store, log = (folder / "history.db").open("w"), (logs / "x.log").open("w")
    with store, log, Changes([folder], logs=[logs]) as told:
        looks = told.looks()
        await anext(looks)
        look = asyncio.ensure_future(anext(looks))
        print("a row", file=store, flush=True)
        for _ in range(3):  # Linux tells at once: reading it, waking up, ending
            await asyncio.sleep(0)
        assert not look.done()
        print("a line", file=log, flush=True)
        async with asyncio.timeout(60):
            await look


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of changes")
@pytest.mark.usefixtures("only_told")
async def test_a_change_during_a_look_is_not_missed_by_anyone(tmp_path: Path) -> None:
    with Changes([tmp_path]) as told:
        looks = [told.looks(), told.looks()]
        for one in looks:
            await anext(one)
        (tmp_path / "log").write_text("a line")
        async with asyncio.timeout(60):
            for one in looks:
                await anext(one)


async def test_where_nothing_is_told_it_is_looked_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(changes, "_RARELY_SECONDS", 1e6)
    with Changes([tmp_path, tmp_path / "not there"]) as told:
        looks = told.looks()
        async with asyncio.timeout(60):
            for _ in range(3):
                await anext(looks)
