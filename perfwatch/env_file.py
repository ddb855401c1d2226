"""Settings in a file of lines, as `docker compose` and systemd read them."""

from __future__ import annotations

import re
from pathlib import Path

from perfwatch.errors import StartError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of lines `NAME=VALUE`; quotes around a value are taken off, `#` lines passed over.

    Raises StartError for a file that cannot be read or a line that is none.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise StartError(f"The settings in {path} cannot be read: {exc}") from exc
    found = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise StartError(f"{path}, line {number}: expected NAME=VALUE, found {line[:40]!r}")
        found[matched[1]] = _unquoted(matched[2].strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else re.sub(r"\s+#.*", "", value)
