"""What is in a backup, unpacked. Whoever made the file may have meant ill, so nothing in it is believed.

Only what we pack is taken, private as it was. Its names, their number, and what they take of memory and disk
have limits, and these hold for what is there and not only for what is declared.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from perfwatch.errors import StartError
from perfwatch.readings.codec import UNREADABLE

FORMAT = 1
MANIFEST = "perfwatch-backup.json"
HISTORY = "history.db"

# What is kept of a data folder beside the history.
KEPT = (
    *("users.json", "revoked.json", "sessions.json", "api_tokens_used.json"),
    *("secrets", "collector", "home_assistant", "pages"),
)

# In bytes. A history packs to a third; what packs to a hundredth is none. All else is small.
_TIMES_PACKED, _LEAST_UNPACKED = 100, 64 * 1024 * 1024
_LARGEST_FILE = 16 * 1024 * 1024
_LARGEST_MANIFEST = 10_000
# Left free on the disk.
_RESERVE = 64 * 1024 * 1024
# tarfile reads a header of any length at once, and everything else in pieces.
_LARGEST_READ = 1024 * 1024
_MOST_MEMBERS = 10_000


class Manifest(Struct):
    """The first member of a backup. `history` is false where it is on a server. All of it may be printed."""

    format: Annotated[int, Meta(ge=1)]
    version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.+!_-]{1,60}$")]
    created_at: Annotated[str, Meta(pattern=r"^[0-9T:.Z+-]{1,40}$")]
    history: bool


def unpack(source: Path, place: Path) -> Manifest:
    """Unpack the backup `source` into the empty folder `place`. Raises StartError when anything is wrong."""
    most = min(_most_unpacked(source), shutil.disk_usage(place).free - _RESERVE)
    try:
        with (
            _Unpacked(source, most) as stream,
            tarfile.open(fileobj=stream, mode="r:") as tar,
        ):
            manifest = _manifest(tar, source)
            for number, member in enumerate(tar):
                if number > _MOST_MEMBERS:
                    raise tarfile.TarError(f"it has more than {_MOST_MEMBERS:,} members")
                _unpack_one(tar, member, place, most)
    except (OSError, tarfile.TarError, EOFError, zlib.error, ValueError, *UNREADABLE) as exc:
        raise StartError(f"{source} is no whole backup of PerfWatch: {exc}") from exc
    if manifest.history is not (place / HISTORY).exists():
        raise StartError(f"{source} is no whole backup of PerfWatch: its history is not as it says")
    return manifest


def _most_unpacked(source: Path) -> int:
    return max(_LEAST_UNPACKED, _TIMES_PACKED * source.stat().st_size)


class _Unpacked(gzip.GzipFile):
    """The archive in a gzip file, as far as `most` bytes of it."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "rb")
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _LARGEST_READ:
            raise tarfile.TarError("one of its headers is too large")
        self._check(self.tell())
        return super().read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._check(offset)
        return super().seek(offset, whence)

    def _check(self, offset: int) -> None:
        if offset > self._most:
            raise tarfile.TarError(f"unpacked it would take more than {self._most:,} bytes")


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    """What comes first, before anything is written. Raises StartError and what reading it raises."""
    member = tar.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > _LARGEST_MANIFEST:
        raise tarfile.TarError(f"it does not begin with {MANIFEST}")
    content = tar.extractfile(member)
    manifest = msgspec.json.decode(content.read() if content else b"", type=Manifest)
    if manifest.format > FORMAT:
        raise StartError(
            f"{source} was written by a newer PerfWatch ({manifest.version}): upgrade this one first"
        )
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path, most: int) -> None:
    """What we packed, and nothing that leads out of `place`."""
    path = PurePosixPath(member.name)
    if path.parts[:1] not in [(name,) for name in (*KEPT, HISTORY)] or ".." in path.parts:
        return
    if not member.name.isprintable():
        raise tarfile.TarError(f"the name {member.name!r} cannot be used")
    if member.issparse():
        raise tarfile.TarError(f"{path} has holes, as nothing has that we pack")
    if member.isdir():
        (place / path).mkdir(mode=0o700)
    elif content := tar.extractfile(member) if member.isfile() else None:
        if member.size > (most if path.parts == (HISTORY,) else _LARGEST_FILE):
            raise tarfile.TarError(f"{path} is declared to have {member.size:,} bytes, which is too large")
        with content, open(place / path, "xb", opener=_private) as file:
            shutil.copyfileobj(content, file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
