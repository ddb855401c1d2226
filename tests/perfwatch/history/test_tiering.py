"""However a history is tiered, questions are answered as the raw readings would."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwatch.history.open import open_store
from perfwatch.history.rollup import HOUR, MINUTE, floor, total
from perfwatch.history.store import TieredStore
from tests.perfwatch.history.conftest import NewHistory
from tests.perfwatch.history.tiers import USER, write

times = st.integers(-2 * HOUR // 1000, 3 * HOUR // 1000).map(lambda second: second * 1000)
work = st.one_of(
    st.tuples(st.just("write"), st.lists(times, max_size=20)),
    st.tuples(st.just("roll_up"), st.integers(-1, 3).map(lambda hour: [hour * HOUR])),
    st.tuples(st.just("thin"), st.integers(-1, 3).map(lambda hour: [hour * HOUR])),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(work, max_size=10),
    start=st.integers(-150, 100).map(lambda minute: minute * MINUTE),
    length=st.integers(0, 300).map(lambda minute: minute * MINUTE),
    interval=st.sampled_from([MINUTE, 7 * MINUTE, HOUR, 2 * HOUR]),
)
def test_any_tiering_gives_the_same_means_lows_and_highs(
    store: TieredStore,
    steps: list[tuple[str, list[int]]],
    start: int,
    length: int,
    interval: int,
) -> None:
    """Readings in any order, and any rolling up and thinning between them, late readings included."""
    store.delete_before(10 * HOUR)
    written: dict[int, float] = {}
    for kind, numbers in steps:
        if kind == "write":
            # A reading that comes a second time after its hour was thinned counts twice: see docs.
            fresh = {time: time / 1000 % 97 for time in numbers if time not in written}
            written |= fresh
            write(store, fresh)
        else:
            total(getattr(store, kind)(numbers[0]))
    total(store.roll_up(3 * HOUR))
    expected: dict[int, list[float]] = {}
    for time, value in sorted(written.items()):
        if start <= time < start + length:
            expected.setdefault(floor(time, interval), []).append(value)
    found = store.query([USER], start, start + length, interval)[USER]
    assert [(b.time, b.min, b.max) for b in found] == [(t, min(v), max(v)) for t, v in expected.items()]
    assert [b.mean for b in found] == pytest.approx([sum(v) / len(v) for v in expected.values()])


@pytest.mark.usefixtures("any_time")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    readings=st.dictionaries(st.integers(-2 * HOUR, 4 * HOUR), st.floats(-1e6, 1e6), max_size=40),
    hours=st.tuples(st.integers(-3, 5), st.integers(-3, 5)),
    start=st.integers(-3 * HOUR, 4 * HOUR),
    length=st.integers(0, 7 * HOUR),
    interval=st.one_of(
        st.integers(1, 3 * HOUR),
        st.sampled_from([MINUTE, 288_000, 6 * MINUTE, 30 * MINUTE, HOUR, 144 * MINUTE, 3 * HOUR]),
    ),
)
def test_any_question_is_answered_as_the_raw_readings_would(
    new_history: NewHistory,
    readings: dict[int, float],
    hours: tuple[int, int],
    start: int,
    length: int,
    interval: int,
) -> None:
    """Whatever is rolled up and thinned; where it is thinned, a reading counts as of its minute's start."""
    raw_from, rolled_to = sorted(hour * HOUR for hour in hours)
    expected: dict[int, list[float]] = {}
    for time, value in sorted(readings.items()):
        counted = floor(time, MINUTE) if time < raw_from else time
        if start <= counted < start + length:
            expected.setdefault(floor(counted, interval), []).append(value)
    # A history of its own for each example: how far upkeep has come never goes back.
    with new_history() as url, closing(open_store(url)) as store:
        write(store, readings)
        total(store.roll_up(rolled_to))
        total(store.thin(raw_from))
        found = store.query([USER], start, start + length, interval)[USER]
    assert [(b.time, b.min, b.max) for b in found] == [(t, min(v), max(v)) for t, v in expected.items()]
    assert [b.mean for b in found] == pytest.approx([sum(v) / len(v) for v in expected.values()], abs=1e-6)
