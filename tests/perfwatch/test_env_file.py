from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.env_file import read_env_file
from perfwatch.errors import StartError


def test_lines_are_variables_as_docker_compose_reads_them(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# a comment\n\nPERFWATCH_PORT=9000\nexport PERFWATCH_INTERVAL='2s'\n"
        'PERFWATCH_HOST="my nas"\nPERFWATCH_GROUP=a # why\nPERFWATCH_HISTORY=\n'
    )
    assert read_env_file(path) == {
        "PERFWATCH_PORT": "9000",
        "PERFWATCH_INTERVAL": "2s",
        "PERFWATCH_HOST": "my nas",
        "PERFWATCH_GROUP": "a",
        "PERFWATCH_HISTORY": "",
    }


@pytest.mark.parametrize("text", ["PERFWATCH_PORT", "1=2", "PERFWATCH PORT=1"])
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_text(f"PERFWATCH_PORT=9000\n{text}\n")
    with pytest.raises(StartError, match=r"\.env, line 2: expected NAME=VALUE"):
        read_env_file(tmp_path / ".env")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        read_env_file(tmp_path / "none")
