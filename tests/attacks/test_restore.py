"""Attacks by a backup, and by what is imported: whoever made the file may have meant ill."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from perfwatch.admin.backup import restore
from perfwatch.admin.unpack import MANIFEST
from perfwatch.errors import StartError, StoreError
from tests.stack import COMMAND, environment

MEGABYTE = 1024 * 1024
SAID = {"format": 1, "version": "0.1.0", "created_at": "2026-11-25T00:00:00.000Z", "history": False}
ESCAPE = "\x1b]0;owned\x07\x1b[2J"


def packed(path: Path, fill: Callable[[tarfile.TarFile], None], **said: object) -> Path:
    """A backup that `fill` makes, whose manifest says that."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        add(tar, MANIFEST, json.dumps(SAID | said).encode())
        fill(tar)
    return path


def add(tar: tarfile.TarFile, name: str, content: bytes, **fields: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.pax_headers = len(content), fields
    tar.addfile(member, io.BytesIO(content))


def zeros(path: Path, tar: bytes, megabytes: int) -> Path:
    """That beginning of an archive, and then nothing but zeros, in a gzip file a thousand times smaller."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(tar)
        for _ in range(megabytes):
            file.write(bytes(MEGABYTE))
    return path


def beginning(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:") as tar:
        add(tar, MANIFEST, json.dumps(SAID).encode())
        end = stream.tell()
    return stream.getvalue()[:end] + b"".join(member.tobuf() for member in members)


def declared(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member


def refused(file: Path, words: str) -> None:
    """It is refused in a sentence, which steers no terminal, and nothing of it stays."""
    folder = file.parent / "new"
    with pytest.raises(StartError, match=words) as raised:
        restore(file, folder, folder / "history.db")
    assert str(raised.value).isprintable()
    assert [path.name for path in folder.iterdir()] == ["up.lock"]


@pytest.mark.parametrize("name", ["history.db", "secrets", "whatever"])
def test_what_is_declared_too_large_is_not_unpacked(tmp_path: Path, name: str) -> None:
    refused(zeros(tmp_path / "backup", beginning(declared(name, 10**12)), 1), "too large|more than")


@pytest.mark.parametrize("name", ["history.db", "secrets", "whatever"])
def test_what_unpacks_to_a_thousand_times_as_much_is_not(tmp_path: Path, name: str) -> None:
    size = 80 * MEGABYTE
    refused(zeros(tmp_path / "backup", beginning(declared(name, size)), 81), "too large|more than")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME], ids=["pax", "gnu"])
def test_a_header_does_not_fill_the_memory(tmp_path: Path, kind: bytes) -> None:
    file = zeros(tmp_path / "backup", beginning(declared("././@LongLink", 60 * MEGABYTE, kind)), 61)
    tracemalloc.start()
    refused(file, "header")
    assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    tracemalloc.stop()


def test_no_file_has_holes(tmp_path: Path) -> None:
    holes = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "secrets/jwt"}
    holes |= {"GNU.sparse.size": str(10**12), "GNU.sparse.map": f"{10**12 - 1},1"}
    file = packed(tmp_path / "backup", lambda tar: add(tar, "secrets/jwt", b"x", **holes))
    refused(file, "holes|too large")


def test_more_files_than_there_can_be_are_refused(tmp_path: Path) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        for number in range(10_001):
            add(tar, f"other/{number}", b"")

    refused(packed(tmp_path / "backup", fill), "more than 10,000 members")


@pytest.mark.parametrize("name", ["secrets/a\0b", f"secrets/{ESCAPE}", "secrets/a\nb", "secrets/‮"])
def test_a_name_that_cannot_be_is_a_sentence(tmp_path: Path, name: str) -> None:
    refused(packed(tmp_path / "backup", lambda tar: add(tar, "x", b"x", path=name)), "cannot be used")


@pytest.mark.parametrize(
    "said",
    [
        {"version": ESCAPE},
        {"version": "x" * 100},
        {"created_at": f"2026{ESCAPE}"},
        {"format": 99, "version": ESCAPE},
        {"format": -1},
        {"format": "1"},
        {"history": True},
        {"version": None},
    ],
    ids=str,
)
def test_a_manifest_is_believed_as_far_as_it_is_checked(tmp_path: Path, said: dict[str, object]) -> None:
    refused(packed(tmp_path / "backup", lambda tar: None, **said), "no whole backup")


def test_a_manifest_that_is_not_the_first_is_none(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "backup", "w:gz") as tar:
        add(tar, "users.json", b"{}")
        add(tar, MANIFEST, json.dumps(SAID).encode())
    refused(tmp_path / "backup", "does not begin with")


def test_modes_links_and_devices_of_a_backup_are_not_taken_over(tmp_path: Path) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        folder = declared("secrets", 0, tarfile.DIRTYPE)
        folder.mode = 0o777
        tar.addfile(folder)
        loud = declared("secrets/jwt", 1)
        loud.mode = 0o6777
        tar.addfile(loud, io.BytesIO(b"x"))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            link = declared(f"secrets/{kind.decode()}", 0, kind)
            link.linkname = "/etc/passwd"
            tar.addfile(link)

    restore(packed(tmp_path / "backup", fill), tmp_path / "new", None)
    assert (tmp_path / "new" / "secrets").stat().st_mode & 0o7777 == 0o700
    assert (tmp_path / "new" / "secrets" / "jwt").stat().st_mode & 0o7777 == 0o600
    assert [path.name for path in (tmp_path / "new" / "secrets").iterdir()] == ["jwt"]


def test_a_history_with_triggers_is_not_restored(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "evil.db") as db:
        db.execute("CREATE TABLE tail (x)")
        db.execute("CREATE TRIGGER evil AFTER INSERT ON tail BEGIN SELECT 1; END")
        db.execute("PRAGMA user_version = 1")
    db.close()
    content = (tmp_path / "evil.db").read_bytes()
    file = packed(tmp_path / "backup", lambda tar: add(tar, "history.db", content), history=True)
    with pytest.raises(StoreError, match="triggers"):
        restore(file, tmp_path / "new", tmp_path / "new" / "history.db")


def test_what_is_imported_steers_no_terminal(tmp_path: Path) -> None:
    lines = [f"cpu,host={ESCAPE} {ESCAPE}={ESCAPE}", "cpu,host=a\0b x=1", "x" * 2_000_000]
    (tmp_path / "lines").write_text("\n".join(lines))
    command = [*COMMAND, "perfwatch.cli", "import", str(tmp_path / "lines"), "--data-dir", str(tmp_path)]
    told = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert all(line.isprintable() for line in (told.stdout + told.stderr).splitlines())
