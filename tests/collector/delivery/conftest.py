from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collector.delivery.outbox import Time


@pytest.fixture
def time() -> Iterator[Time]:
    time = Time()
    yield time
    for box in time.boxes:
        box.close()
