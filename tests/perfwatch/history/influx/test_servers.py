"""Over which further InfluxDB servers the conformance suite runs here, and what is missing for the others."""

from __future__ import annotations

from contextlib import closing

import pytest

from perfwatch.history.open import open_store
from tests.perfwatch.history.conftest import MISSING, history_on


@pytest.mark.parametrize("way", MISSING)
def test_a_further_server_is_there(way: str, request: pytest.FixtureRequest) -> None:
    if MISSING[way]:
        pytest.skip(MISSING[way])
    with history_on(way, request) as url, closing(open_store(url)) as store:
        assert store.series() == []
