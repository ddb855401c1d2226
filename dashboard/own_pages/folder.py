"""Pages that the owner of this machine wrote: `<data folder>/pages/*.py`."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from perfwatch.errors import PageError

# Before the name of each: so none takes the address of a page of ours, now or later.
PREFIX = "page-"

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NOT_IN_AN_ADDRESS = re.compile(r"[^a-z0-9]+")


class OwnPage(NamedTuple):
    """One file: power_costs.py is called "Power costs", and is at /page-power-costs."""

    path: Path

    @property
    def title(self) -> str:
        words = self.path.stem.replace("_", " ").strip()
        return words[:1].upper() + words[1:]

    @property
    def address(self) -> str:
        return PREFIX + _NOT_IN_AN_ADDRESS.sub("-", self.path.stem.lower()).strip("-")


class OwnPages:
    """What is in the folder now: a file that comes or goes is a page that comes or goes."""

    def __init__(self, data_folder: Path) -> None:
        self._folders = (data_folder, data_folder / "pages")

    def all(self) -> list[OwnPage]:
        """By name. Files that begin with `_` or `.` are none, and neither is a second one of an address."""
        files = sorted(self._folders[-1].glob("[!_.]*.py"))
        return list({page.address: page for page in map(OwnPage, reversed(files))}.values())[::-1]

    def has(self, path: str) -> bool:
        """Whether `path` is the address of a page, as in a request."""
        return path.startswith(f"/{PREFIX}") and path[1:] in {page.address for page in self.all()}

    def source(self, page: OwnPage) -> str:
        """Its text. Raises PageError where somebody else may have written it, or when it cannot be read."""
        try:
            for folder in self._folders:
                _check(folder, folder.stat())
            # What is checked is what is read: the name may be another file's a moment later.
            opened = os.open(page.path, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(opened, encoding="utf-8") as file:
                _check(page.path, os.fstat(opened))
                return file.read()
        except (OSError, UnicodeDecodeError) as exc:
            what = "is a link" if page.path.is_symlink() else f"cannot be read: {exc}"
            raise PageError(f"{page.path} {what}. Put a file of your own there") from exc


def _check(path: Path, found: os.stat_result) -> None:
    """A page may do all that the dashboard may, so nobody else may have a hand in it."""
    if found.st_uid != os.geteuid():
        raise PageError(
            f"{path} is not run: it belongs to user {found.st_uid}, and the dashboard runs as user "
            f"{os.geteuid()}. If you trust it: chown {os.geteuid()} {path}"
        )
    if found.st_mode & _OTHERS_MAY_WRITE:
        raise PageError(f"{path} is not run: others may write to it. If you trust it: chmod go-w {path}")
