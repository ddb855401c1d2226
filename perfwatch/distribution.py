"""What we are called where packages are installed, and what our optional parts need."""

from __future__ import annotations

import shlex
import sys

NAME = "perfwatch-mqtt"
"""On the index `perfwatch` is somebody else's: nothing that we print may install that."""


_VERSION = "0.1.0"


def version() -> str:
    """The version of a process: that with which it was started."""
    return _VERSION


def install_line(extra: str) -> str:
    """The command that adds the packages of an extra to this environment.

    It names those packages and not us, so that it asks an index for nothing of ours.
    """
    packages = [shlex.quote(package) for package in _packages(extra)]
    return " ".join([shlex.quote(sys.executable), "-m", "pip", "install", *packages])


def _packages(extra: str) -> list[str]:
    from importlib import metadata  # takes 0.9 MB, which no service needs otherwise

    requirements = (text.partition(";") for text in metadata.requires(NAME) or ())
    markers = (f'extra == "{extra}"', f"extra == '{extra}'")
    return [package.strip() for package, _, marker in requirements if marker.strip() in markers]
