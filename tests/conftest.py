"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Mosquitto


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A Mosquitto without accounts, for tests of what goes over it."""
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as server:
        yield server
