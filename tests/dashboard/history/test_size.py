"""One answer of the history has a limit, whichever route gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.history.size import MOST_NUMBERS, TooLarge, check_size
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from tests.servers import Mosquitto
from tests.stack import Dashboard, bearer, log_in

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z
RANGE = "start_time=2026-11-23T12:00:00Z&end_time=2026-11-23T14:45:00Z"
LONG = "&interval=1s&limit=10000"
COMPARED = "compare_start_time=2026-11-22T12:00:00Z&compare_end_time=2026-11-22T14:45:00Z"

METRICS = f"/api/history/metrics?metric_type=many&{RANGE}"
QUERY = f"/api/history/query?metric_type=many&{RANGE}"
COMPARE = f"/api/history/compare?field=value&{RANGE}&{COMPARED}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, module_broker: Mosquitto) -> Iterator[httpx.Client]:
    """A history of 60 fields of one host, and of one field of 900 hosts."""
    folder = Path(tmp_path_factory.mktemp("size"))
    with SqliteStore(folder / "history.db") as store:
        fields = {f"field_{number}": 1.0 for number in range(60)}
        hosts = [Point("wide", f"host-{number}", "", "", NOON, {"value": 1.0}) for number in range(900)]
        store.write([Point("many", "nas", "", "", NOON, fields), *hosts])
    with (
        Dashboard(folder, module_broker.url) as server,
        httpx.Client(base_url=server.url, headers=bearer(log_in(server.url))) as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        (METRICS + LONG, "594,060 numbers (60 series of 9,901)"),
        (QUERY + LONG, "950,496 numbers (32 series of 29,703)"),
        (COMPARE + "&metric_type=wide", "540,000 numbers (900 series of 600)"),
    ],
)
def test_an_answer_that_is_too_large_is_refused(client: httpx.Client, path: str, numbers: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422, answer.text
    assert numbers in answer.json()["detail"]
    assert "at most 200,000 are given at once: ask for one host" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        METRICS,
        METRICS + LONG + "&field=field_1",
        QUERY,
        QUERY + LONG + "&field=field_1",
        COMPARE + "&metric_type=wide&host=host-7",
    ],
)
def test_asked_for_less_it_is_given(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_limit_itself_is_given() -> None:
    check_size(1, MOST_NUMBERS)
    with pytest.raises(TooLarge):
        check_size(1, MOST_NUMBERS + 1)
