"""A data folder is used by one run at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from perfwatch.errors import StartError
from perfwatch.settings import option


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the data folder for this run. Raises StartError when it cannot be used or is held."""
    lock = folder / "up.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Appending: the number of the run that holds it must not be lost by trying.
        file = lock.open("a+")
    except OSError as exc:
        raise StartError(
            f"The data folder {folder} cannot be written: {exc.strerror}. "
            f"Choose another with {option('data_dir')}"
        ) from exc
    with file:
        _lock(file, folder)
        yield


def _lock(file: TextIO, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        file.seek(0)
        raise StartError(
            f"PerfWatch is running already with the data folder {folder} (process {file.read().strip()}). "
            f"End that one, or choose another folder with {option('data_dir')}"
        ) from exc
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
