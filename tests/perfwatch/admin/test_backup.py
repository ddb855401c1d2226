"""`perfwatch backup` and `restore`: moving house without losing a reading, a password or a session."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

import httpx
import pytest

from perfwatch.admin.backup import back_up, restore
from perfwatch.admin.unpack import KEPT, MANIFEST
from perfwatch.errors import StartError, StoreError
from tests.servers import wait_until
from tests.stack import COMMAND, PASSWORD, Person, Stack, bearer, environment, log_in


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


def rows(history: Path) -> list[str]:
    """Every number that the history has, each with all that it is known by."""
    exported = cli("export", "--format", "csv", "--history", f"sqlite://{history}")
    return sorted(exported.stdout.splitlines())


def test_a_new_machine_is_as_the_old_one_was(tmp_path: Path) -> None:
    file = tmp_path / "perfwatch.backup"
    with Stack(tmp_path, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD) as old:
        token = log_in(old.url)
        admin = Person(old.url)
        assert admin.post("/api/credentials", {"name": "grafana"}).status_code == 201
        wait_until(lambda: len(rows(old.folder / "data" / "history.db")) > 500, "there is some history")
        saved = cli("backup", str(file), "--data-dir", str(old.folder / "data"))  # everything runs meanwhile
        assert saved.returncode == 0, saved.stderr
        account = old.credentials("grafana")
    before = rows(old.folder / "data" / "history.db")
    assert file.stat().st_mode & 0o777 == 0o600

    new = Stack(tmp_path, "--interval", "0.5", "--host", "nas")
    new.folder = tmp_path / "new"
    moved = cli("restore", str(file), "--data-dir", str(new.folder / "data"))
    assert moved.returncode == 0, moved.stderr
    restored = rows(new.folder / "data" / "history.db")
    assert len(restored) > 500
    assert set(restored) <= set(before)
    for path in set((new.folder / "data").rglob("*")) - {new.folder / "data" / "up.lock"}:
        assert path.stat().st_mode & 0o077 == 0, path

    new = Stack(tmp_path / "new", "--interval", "0.5", "--host", "nas")
    with new:
        # The session goes on, as does the integration; the password is the old one.
        assert httpx.get(f"{new.url}/api/auth/me", headers=bearer(token)).status_code == 200
        assert log_in(new.url)
        assert new.credentials("grafana").split("@")[0] == account.split("@")[0]


def folder_with_secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "jwt").write_text("key")
    return folder


def nothing(_share: float) -> None: ...


def test_a_history_on_a_server_is_left_to_it(tmp_path: Path) -> None:
    made = back_up(folder_with_secrets(tmp_path), None, tmp_path / "backup", nothing)
    assert made.history is False
    assert restore(tmp_path / "backup", tmp_path / "new", None) == made
    assert (tmp_path / "new" / "secrets" / "jwt").read_text() == "key"


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    folder = folder_with_secrets(tmp_path)
    back_up(folder, None, tmp_path / "backup", nothing)
    with pytest.raises(StartError, match="in use"):
        restore(tmp_path / "backup", folder, None)


def test_a_folder_that_is_none_of_ours_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="--data-dir"):
        back_up(tmp_path, None, tmp_path / "backup", nothing)
    with pytest.raises(StoreError, match="no history at"):
        back_up(folder_with_secrets(tmp_path), tmp_path / "none.db", tmp_path / "backup", nothing)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_half_a_backup_restores_nothing(tmp_path: Path, cut: int) -> None:
    back_up(folder_with_secrets(tmp_path), None, tmp_path / "backup", nothing)
    (tmp_path / "half").write_bytes((tmp_path / "backup").read_bytes()[:cut])
    with pytest.raises(StartError, match="backup of PerfWatch"):
        restore(tmp_path / "half", tmp_path / "new", None)
    assert not any((tmp_path / "new" / name).exists() for name in KEPT)


def test_a_damaged_history_is_not_restored(tmp_path: Path) -> None:
    write(tmp_path / "backup", {"history.db": b"SQLite format 3\0" + b"x" * 5000})
    with pytest.raises(StoreError):
        restore(tmp_path / "backup", tmp_path / "new", tmp_path / "new" / "history.db")
    assert not (tmp_path / "new" / "history.db").exists()


def test_what_leads_elsewhere_is_not_unpacked(tmp_path: Path) -> None:
    members = {"secrets/../../outside": b"x", "/etc/outside": b"x", "other": b"x"}
    write(tmp_path / "backup", members, history=False)
    restore(tmp_path / "backup", tmp_path / "new", None)
    assert not list(tmp_path.rglob("outside"))
    assert not (tmp_path / "new" / "other").exists()


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "backup", {}, format=2)
    with pytest.raises(StartError, match="newer PerfWatch"):
        restore(tmp_path / "backup", tmp_path / "new", None)


def write(path: Path, members: dict[str, bytes], **said: object) -> None:
    """A backup with those members, whose manifest says that."""
    manifest = {"format": 1, "version": "9", "created_at": "2026-11-25T00:00:00Z", "history": True, **said}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in {MANIFEST: json.dumps(manifest).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
