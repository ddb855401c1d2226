"""The wheel that a server makes of itself, from a clone as from an installation."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from perfwatch.admin.join import wheel

ROOT = Path(__file__).parents[4]


def test_it_has_the_packages_of_the_distribution() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert list(wheel.PACKAGES) == declared["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_the_same_files_make_the_same_bytes() -> None:
    assert wheel.build() == wheel.build()


def test_what_is_installed_from_it_makes_it_again(tmp_path: Path) -> None:
    """pip takes it, and checks its RECORD; what runs from there hands out the same."""
    made = tmp_path / wheel.file_name()
    made.write_bytes(wheel.build())
    place = tmp_path / "place"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "install",
        "--no-index",
        "--no-deps",
        "--target",
        str(place),
    ]
    subprocess.run([*pip, str(made)], check=True, capture_output=True)
    program = (
        f"import sys; sys.path.insert(0, {str(place)!r}); from perfwatch.admin.join import wheel;"
        "assert wheel.__file__.startswith(sys.path[0]); sys.stdout.buffer.write(wheel.build())"
    )
    again = subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True, cwd="/")
    assert again.stdout == made.read_bytes()
    assert (place / "bin" / "perfwatch").exists()
