"""A wheel of PerfWatch, made from the files that run here: without a network, without a build tool."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from perfwatch.distribution import NAME, VERSION

PACKAGES = ("alerts", "bridge", "collector", "dashboard", "devices", "mosquitto", "perfwatch")

# Beside each other in a clone as in an installation.
_PLACE = Path(__file__).parents[3]
_TAG = "py3-none-any"
_WHEEL = f"Wheel-Version: 1.0\nGenerator: perfwatch\nRoot-Is-Purelib: true\nTag: {_TAG}\n"
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold: the same files make the same bytes


def file_name() -> str:
    """The wheel's name, as pip expects it."""
    return f"{_stem()}-{_TAG}.whl"


def build() -> bytes:
    """The wheel. The same files give the same bytes."""
    contents = dict(_contents())
    record = f"{_stem()}.dist-info/RECORD"
    rows = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in contents.items()]
    contents[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


def _contents() -> Iterator[tuple[str, bytes]]:
    for package in PACKAGES:
        for path in sorted((_PLACE / package).rglob("*")):
            name = path.relative_to(_PLACE)
            if path.is_file() and not any(part[0] == "." or part == "__pycache__" for part in name.parts):
                yield name.as_posix(), path.read_bytes()
    ours = metadata.distribution(NAME)
    licenses = (f"licenses/{name}" for name in ours.metadata.get_all("License-File") or ())
    for about in ("METADATA", "entry_points.txt", *licenses):
        if text := ours.read_text(about):
            yield f"{_stem()}.dist-info/{about}", text.encode()
    yield f"{_stem()}.dist-info/WHEEL", _WHEEL.encode()


def _stem() -> str:
    return f"{NAME.replace('-', '_')}-{VERSION}"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
