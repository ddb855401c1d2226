"""What the history is asked for a number that a chart names by its path."""

from __future__ import annotations

import pytest

from dashboard.own_pages.widgets import history_field
from perfwatch import widgets
from perfwatch.errors import PageError


@pytest.mark.parametrize(
    ("metric", "field", "past"),
    [
        ("cpu", "usage_percent", "usage_percent"),
        ("cpu", "per_core.3", "core.usage_percent"),
        ("cpu", "load_average.1", "load_average_5"),
        ("cpu", "load_average.7", "load_average_7"),
        ("disk", "partitions./mnt/a.b.free_bytes", "mountpoint.free_bytes"),
        ("zigbee", "energy.today_kwh", "energy_today_kwh"),
    ],
)
def test_a_path_is_a_field_of_the_history(metric: str, field: str, past: str) -> None:
    assert history_field(metric, field) == past


def test_outside_of_a_page_it_says_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widgets, "_provider", None)
    with pytest.raises(PageError, match="works in pages of the dashboard"):
        widgets.client()
