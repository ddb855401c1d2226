"""Which files are pages, and which of them are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.own_pages.folder import OwnPages
from perfwatch.errors import PageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir(mode=0o755)
    (tmp_path / "pages" / "power_costs.py").write_text("print(1)")
    (tmp_path / "pages" / "power_costs.py").chmod(0o644)
    return tmp_path


def source(folder: Path) -> str:
    pages = OwnPages(folder)
    return pages.source(pages.all()[0])


def test_a_file_is_a_page_with_a_title_and_an_address(folder: Path) -> None:
    for name in ("_helper.py", ".hidden.py", "notes.txt", "Power-Costs.py", "My wall.py"):
        (folder / "pages" / name).touch()
    pages = OwnPages(folder)
    assert [(page.title, page.address) for page in pages.all()] == [
        ("My wall", "page-my-wall"),
        ("Power-Costs", "page-power-costs"),
    ]
    assert pages.has("/page-my-wall")
    assert not pages.has("/page-helper")
    assert not pages.has("/my-wall")


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert OwnPages(tmp_path).all() == []


def test_the_owners_file_is_read(folder: Path) -> None:
    assert source(folder) == "print(1)"


@pytest.mark.parametrize("name", ["", "pages", "pages/power_costs.py"])
def test_what_others_may_write_to_is_not_run(folder: Path, name: str) -> None:
    path = folder / name
    path.chmod(path.stat().st_mode | 0o020)
    with pytest.raises(PageError, match=f"{path} is not run: others may write to it. .*chmod go-w"):
        source(folder)


def test_what_belongs_to_somebody_else_is_not_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = (folder / "pages").stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(PageError, match=f"belongs to user {owner}, and .* as user {owner + 1}"):
        source(folder)


def test_a_link_is_not_followed(folder: Path) -> None:
    path = folder / "pages" / "power_costs.py"
    path.rename(folder / "elsewhere.py")
    path.symlink_to(folder / "elsewhere.py")
    with pytest.raises(PageError, match="is a link"):
        source(folder)


def test_what_is_no_text_says_so(folder: Path) -> None:
    (folder / "pages" / "power_costs.py").write_bytes(b"\xff\xfe")
    with pytest.raises(PageError, match="cannot be read"):
        source(folder)
