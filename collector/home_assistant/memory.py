"""The files that tell what was announced last, one for each host that this data folder has been."""

from __future__ import annotations

from pathlib import Path

from perfwatch.topics import plain_id


def memory_path(folder: Path, host: str) -> Path:
    """That host's file in a data folder."""
    return folder / "home_assistant" / f"{plain_id(host)}.json"


def former_hosts(folder: Path, host: str) -> list[str]:
    """The ids of other hosts that were announced from here: most likely earlier names of this machine."""
    own = memory_path(folder, host)
    return sorted(path.stem for path in own.parent.glob("*.json") if path != own)
