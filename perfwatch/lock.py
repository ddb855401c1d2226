"""A folder is used by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from perfwatch.errors import StartError
from perfwatch.settings import option


def lock(path: Path) -> IO[str]:
    """Hold that file, which is made if need be, until it is closed or the process ends.

    Raises OSError; BlockingIOError when another process holds it.
    """
    # Appending: what the process that holds it wrote there must not be lost by trying.
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the data folder for this run. Raises StartError when it cannot be used or is held."""
    path = folder / "up.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = lock(path)
        note(file, str(os.getpid()))
    except BlockingIOError as exc:
        raise StartError(
            f"PerfWatch is running already with the data folder {folder} "
            f"(process {path.read_text().strip()}). "
            f"End that one, or choose another folder with {option('data_dir')}"
        ) from exc
    except OSError as exc:
        raise StartError(
            f"The data folder {folder} cannot be written: {exc.strerror}. "
            f"Choose another with {option('data_dir')}"
        ) from exc
    with file:
        yield


def is_claimed(folder: Path) -> bool:
    """Whether `perfwatch up` runs with that data folder."""
    try:
        lock(folder / "up.lock").close()
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def note(file: IO[str], text: str) -> None:
    """Write `text` in place of what the file holds. Closes the file and raises OSError when that fails."""
    try:
        os.truncate(file.fileno(), 0)
        os.write(file.fileno(), text.encode())
    except OSError:
        file.close()
        raise
