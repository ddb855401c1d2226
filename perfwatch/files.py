"""Small files that must be whole, or private, or both."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Replace `path` by `content` in one step, readable by its owner only (0600).

    A crash at any moment leaves the old file or the new one, never half of either. What root writes into
    another's folder is that owner's, whose service could not read it otherwise. Raises OSError,
    which names `path`.
    """
    try:
        _replace(path, content)
    except OSError as exc:
        raise OSError(exc.errno, exc.strerror, str(path)) from exc


def stamp(path: Path) -> tuple[int, int] | None:
    """What differs after each change of a file; None while there is none.

    The clock of its times stands still for milliseconds, so they alone would not do.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _replace(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    # Not tempfile's: it brings shutil and three compressors, 0.7 MB of each service.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if os.geteuid() == 0:
                owner = path.parent.stat()
                with suppress(OSError):  # root of a container may not, nor on every file system
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
            content = content.encode() if isinstance(content, str) else content
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
