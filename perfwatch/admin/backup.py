"""A data folder in one file, and out of it again: history, accounts, secrets and what was set on hosts.

Queues are left out (`spool`, `outbox`, the broker's own): they empty themselves. A history on a server is
left to that server's own tool.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from perfwatch import distribution
from perfwatch.errors import StartError
from perfwatch.history.sqlite import file as sqlite_file
from perfwatch.lock import claimed
from perfwatch.readings.codec import format_time, now

FORMAT = 1
MANIFEST = "perfwatch-backup.json"
HISTORY = "history.db"

# What is kept of a data folder beside the history.
KEPT = ("users.json", "revoked.json", "api_tokens_used.json", "secrets", "collector", "home_assistant")

Progress = Callable[[float], None]


class Manifest(Struct):
    """The first member of a backup. `history` is false where it is on a server."""

    format: int
    version: str
    created_at: str
    history: bool


def back_up(folder: Path, history: Path | None, target: Path, progress: Progress) -> Manifest:
    """Write the folder, and the SQLite file `history`, to `target` (0600), while everything runs.

    `progress` is told how much of the history is copied, from 0 to 1. Raises StartError and StoreError.
    """
    if not any((folder / name).exists() for name in KEPT):
        raise StartError(f"There is nothing of PerfWatch in {folder}: name its data folder with --data-dir")
    manifest = Manifest(FORMAT, distribution.version(), format_time(now()), history is not None)
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
        manifest = _unpack(source, Path(place))
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


def _unpack(source: Path, place: Path) -> Manifest:
    try:
        with tarfile.open(source, "r:gz") as tar:
            for member in tar:
                _unpack_one(tar, member, place)
        manifest = msgspec.json.decode((place / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, tarfile.TarError, EOFError, zlib.error, msgspec.DecodeError) as exc:
        raise StartError(f"{source} is not a complete backup of PerfWatch: {exc}") from exc
    if manifest.format > FORMAT:
        raise StartError(
            f"{source} was written by a newer PerfWatch ({manifest.version}): upgrade this one first"
        )
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    """What we packed, private as it was; nothing else, and nothing that leads out of `place`."""
    path = PurePosixPath(member.name)
    if path.parts[:1] not in [(name,) for name in (*KEPT, MANIFEST, HISTORY)] or ".." in path.parts:
        return
    if member.isdir():
        (place / path).mkdir(mode=0o700)
    elif content := tar.extractfile(member) if member.isfile() else None:
        with content, open(place / path, "xb", opener=_private) as file:
            shutil.copyfileobj(content, file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
