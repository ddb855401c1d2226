"""A PerfWatch whose settings these tests change, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import PASSWORD, Person, Stack


@pytest.fixture(scope="package")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A PerfWatch whose settings these tests change."""
    folder = Path(tmp_path_factory.mktemp("settings"))
    with Stack(folder, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD) as stack:
        yield stack


@pytest.fixture(scope="package")
def admin(own: Stack) -> Person:
    return Person(own.url)


@pytest.fixture(scope="package")
def viewer(own: Stack, admin: Person) -> str:
    """The name of somebody who may only look."""
    admin.post("/api/users", {"username": "eve", "password": PASSWORD, "role": "viewer"}).raise_for_status()
    return "eve"
