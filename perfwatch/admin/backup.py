"""A data folder in one file, and out of it again: history, accounts, secrets and what was set on hosts.

Queues are left out (`spool`, `outbox`, the broker's own): they empty themselves. A history on a server is
left to that server's own tool.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from perfwatch import distribution
from perfwatch.admin.unpack import FORMAT, HISTORY, KEPT, MANIFEST, Manifest, unpack
from perfwatch.errors import StartError
from perfwatch.history.sqlite import file as sqlite_file
from perfwatch.lock import claimed
from perfwatch.readings.codec import format_time, now

Progress = Callable[[float], None]


def back_up(folder: Path, history: Path | None, target: Path, progress: Progress) -> Manifest:
    """Write the folder, and the SQLite file `history`, to `target` (0600), while everything runs.

    `progress` is told how much of the history is copied, from 0 to 1. Raises StartError and StoreError.
    """
    if not any((folder / name).exists() for name in KEPT):
        raise StartError(f"There is nothing of PerfWatch in {folder}: name its data folder with --data-dir")
    manifest = Manifest(FORMAT, distribution.VERSION, format_time(now()), history is not None)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as place:
            if history is not None:
                sqlite_file.copy(history, Path(place) / HISTORY, progress)
            (Path(place) / MANIFEST).write_bytes(msgspec.json.encode(manifest))
            _pack(Path(place), folder, target)
    except OSError as exc:
        raise StartError(f"The backup {target} cannot be written: {exc.strerror or exc}") from exc
    return manifest


def restore(source: Path, folder: Path, history: Path | None) -> Manifest:
    """Unpack a backup into a data folder that is empty or not there; its history goes to `history`.

    Nothing is left there when anything is wrong with it. Raises StartError and StoreError.
    """
    if any((folder / name).exists() for name in KEPT) or (history is not None and history.exists()):
        raise StartError(f"{folder} is in use: a backup is restored into an empty folder (--data-dir)")
    with claimed(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".restore.") as place:
        manifest = unpack(source, Path(place))
        if manifest.history and history is not None:
            sqlite_file.check(Path(place) / HISTORY)
            history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(Path(place) / HISTORY, history)
        for name in KEPT:
            if (Path(place) / name).exists():
                (Path(place) / name).rename(folder / name)
    return manifest


def _pack(place: Path, folder: Path, target: Path) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=place)  # 0600
    # Level 1: a history packs to a third at any level, and at 6 in four times the time.
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
        tar.add(place / MANIFEST, MANIFEST)
        for name in KEPT:
            if (folder / name).exists():
                tar.add(folder / name, name)
        if (place / HISTORY).exists():
            tar.add(place / HISTORY, HISTORY)
    Path(temporary).replace(target)
