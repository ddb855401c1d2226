"""The History page, run by Streamlit over a real history file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.store import history
from perfwatch.history.open import open_store
from perfwatch.history.store import Point
from perfwatch.readings import now, to_ms


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "history.db"
    if (tmp_path / "history.db").exists():
        history().close()
    history.clear()


def _page() -> None:
    from dashboard.views import history

    history.show()


def _run(file: Path, **query: str | list[str]) -> AppTest:
    page = AppTest.from_function(_page, default_timeout=30)
    page.secrets["perfwatch"] = {"history": f"sqlite://{file}"}
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def _fill(file: Path, *, age: int = 0) -> None:
    """Nine readings, 5 s apart, that fill three buckets of the last hour's chart; ending `age` ms ago."""
    store = open_store(f"sqlite://{file}")
    newest = (to_ms(now()) - age) // 15_000 * 15_000 - 5000
    points = [
        Point(metric, host, tag, part, newest - 5000 * number, {field: 10.0 + number})
        for number in range(9)
        for host in ("nas", "pi")
        for metric, tag, part, field in (
            ("cpu", "", "", "usage_percent"),
            ("cpu", "core", "0", "usage_percent"),
            ("network", "", "", "bytes_recv_per_sec"),
        )
    ]
    store.write(points)
    store.close()


def test_it_opens_with_the_last_hour_of_the_first_hosts_cpu(file: Path) -> None:
    _fill(file)
    page = _run(file)
    assert not page.exception
    assert page.selectbox[0].value == "cpu"
    assert [multiselect.value for multiselect in page.multiselect] == [["usage_percent"], ["nas"]]
    assert {metric.label: metric.value for metric in page.metric} == {
        "Average": "14.0 %",
        "Minimum": "10.0 %",
        "Maximum": "18.0 %",
        "Newest": "10.0 %",
    }


def test_every_choice_is_in_the_address(file: Path) -> None:
    _fill(file)
    page = _run(file)
    assert page.query_params == {
        "range": "1h",
        "metric": "cpu",
        "of": "",
        "field": "usage_percent",
        "host": "nas",
    }


def test_a_link_opens_what_it_was_made_of(file: Path) -> None:
    _fill(file)
    page = _run(file, range="24h", metric="network", host=["nas", "pi"])
    assert page.selectbox[0].value == "network"
    assert [multiselect.value for multiselect in page.multiselect] == [["bytes_recv_per_sec"], ["nas", "pi"]]
    assert list(page.dataframe[0].value["Line"]) == ["Download rate · nas", "Download rate · pi"]


def test_a_link_to_what_is_not_there_opens_what_is(file: Path) -> None:
    _fill(file)
    page = _run(file, range="forever", metric="weather", host="gone", field="nothing")
    assert not page.exception
    assert page.selectbox[0].value == "cpu"
    assert page.metric


def test_another_metric_starts_with_its_own_first_field(file: Path) -> None:
    _fill(file)
    page = _run(file)
    page.selectbox[0].select("network").run()
    assert not page.exception
    assert page.multiselect[0].value == ["bytes_recv_per_sec"]
    assert page.metric[3].value == "10 B/s"


def test_parts_are_offered_where_there_are_any(file: Path) -> None:
    _fill(file)
    page = _run(file, of="core")
    assert [multiselect.label for multiselect in page.multiselect] == ["Fields", "Hosts", "Core"]
    assert page.multiselect[2].value == ["0"]


def test_nothing_chosen_asks_for_a_choice(file: Path) -> None:
    _fill(file)
    page = _run(file)
    page.multiselect[0].set_value([]).run()
    assert "Choose at least one" in page.info[0].value


def test_a_range_without_readings_says_when_the_newest_was(file: Path) -> None:
    _fill(file, age=3 * 86_400_000)
    page = _run(file)
    assert "No CPU readings in this range" in page.info[0].value
    assert "newest reading in history is from" in page.info[0].value
    assert not page.metric


def test_an_empty_history_says_what_to_check(file: Path) -> None:
    page = _run(file)
    assert "There is no history yet" in page.info[0].value


def test_a_custom_range_the_wrong_way_round_is_refused(file: Path) -> None:
    _fill(file)
    page = _run(file, **{"range": "custom", "from": "2026-11-23T14:00:00Z", "to": "2026-11-23T13:00:00Z"})
    assert "must be before" in page.warning[0].value


def test_a_history_that_cannot_be_read_is_one_sentence(file: Path) -> None:
    file.write_bytes(b"this is not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(file).execute("select * from series")
    page = _run(file)
    assert not page.exception
    assert page.error[0].value.startswith("History cannot be read:")
