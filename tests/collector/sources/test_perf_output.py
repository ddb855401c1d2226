from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.sources.perf_events import EVENTS
from collector.sources.perf_output import (
    Count,
    Interval,
    Intervals,
    Line,
    Tally,
    combine,
    parse,
    plain_name,
)
from tests.collector.recording import recorded_lines


def intervals(name: str) -> list[Interval]:
    """All that one recording says, and one line of an interval more, which closes the last one."""
    together = Intervals()
    lines = [line for text in recorded_lines(name) if (line := parse(text))]
    lines.append(Line(lines[-1].ended + 1.0, "cycles", Count(1, "", True)))
    return [whole for line in lines for whole in together.feed(line)]


def values(interval: Interval) -> dict[str, float | None]:
    return {event: count.value for event, count in interval.counts.items() if count.supported}


def test_a_virtual_machine_counts_what_the_kernel_counts() -> None:
    first, second = intervals("6.1_virtual_machine")
    assert set(values(first)) == {"cpu-clock", "context-switches", "cpu-migrations", "page-faults"}
    assert set(first.counts) == set(EVENTS)
    assert first.counts["cpu-clock"] == Count(2002.42, "msec", True)
    assert first.counts["context-switches"] == Count(21224, "", True)
    assert first.counts["iTLB-loads"] == Count(None, "", False)
    assert first.seconds == pytest.approx(1.001082088)
    assert second.seconds == pytest.approx(1.0, abs=0.1)


def test_a_server_with_more_events_than_counters() -> None:
    first, second = intervals("4.19_server")
    assert values(first)["instructions"] == 3_000_000
    assert values(second)["instructions"] == 6_000_000
    assert first.counts["L1-icache-loads"].supported is False
    # It was asked for, and there was no counter free for it.
    assert first.counts["iTLB-load-misses"] == Count(None, "", True)
    assert [round(each.seconds, 4) for each in (first, second)] == [1.0001, 1.0002]


def test_an_old_perf_without_run_time_and_percentage() -> None:
    first, second = intervals("3.16_server")
    assert values(first) == {
        "cpu-clock": 4000.12,
        "context-switches": 900,
        "cycles": 2_000_000,
        "instructions": 3_000_000,
    }
    assert values(second)["cycles"] == 4_000_000


def test_two_kinds_of_core_are_added_up_where_both_can_count() -> None:
    first, _ = intervals("6.8_two_kinds_of_core")
    assert first.counts["cycles"].value == 6_000_000
    assert first.counts["instructions"].value == 9_900_000
    assert first.counts["L1-dcache-load-misses"] == Count(60_000, "", True)
    # Cores of one kind rested for the whole interval.
    assert first.counts["branches"] == Count(70_000, "", True)


@pytest.mark.parametrize("name", ["6.1_forbidden", "6.1_unknown_event"])
def test_a_complaint_is_no_count(name: str) -> None:
    assert [line for line in recorded_lines(name) if parse(line)] == []


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("cycles", "cycles"),
        ("cycles:u", "cycles"),
        ("L1-dcache-loads:uk", "L1-dcache-loads"),
        ("cpu_core/cycles/", "cycles"),
        ("cpu_atom/L1-dcache-loads/u", "L1-dcache-loads"),
        ("armv8_cortex_a53/branch-misses/", "branch-misses"),
    ],
)
def test_events_are_named_as_they_were_asked_for(printed: str, plain: str) -> None:
    assert plain_name(printed) == plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# started on Mon",
        "1.0,,,,,,0.12,stalled cycles per insn",
        "1.0,12",
        "1.0,12a,,cycles",
        ",,,cycles",
    ],
)
def test_what_is_no_count_is_left_out(text: str) -> None:
    assert parse(text) is None


@given(st.text())
def test_any_text_is_a_line_or_none(text: str) -> None:
    parse(text)


def line(ended: float, event: str, value: float = 1) -> Line:
    return Line(ended, event, Count(value, "", True))


def test_from_the_second_interval_on_the_last_line_ends_it() -> None:
    together = Intervals()
    assert together.feed(line(1, "a")) == together.feed(line(1, "b")) == []
    assert [each.seconds for each in together.feed(line(2, "a"))] == [1]
    assert [each.seconds for each in together.feed(line(2, "b"))] == [1]


def test_a_single_event_ends_two_intervals_with_one_line() -> None:
    together = Intervals()
    together.feed(line(1, "a"))
    assert [each.seconds for each in together.feed(line(2.5, "a"))] == [1, 1.5]


def test_a_tally_adds_up_until_it_is_taken() -> None:
    tally = Tally()
    assert tally.take() is None
    tally.add(Interval(1.0, {"cycles": Count(10, "", True)}))
    tally.add(Interval(1.5, {"cycles": Count(5, "", True)}))
    assert tally.take() == Interval(2.5, {"cycles": Count(15, "", True)})
    assert tally.take() is None


def test_cores_that_rested_add_nothing_and_without_any_that_counted_there_is_no_count() -> None:
    counts = [("cycles", Count(10, "", True)), ("cycles", Count(None, "", True))]
    assert combine(counts)["cycles"].value == 10
    assert combine(counts[1:] * 2)["cycles"].value is None


def test_an_interval_in_which_an_event_was_not_counted_leaves_its_sum_unknown() -> None:
    tally = Tally()
    for value in (10, None):
        tally.add(Interval(1.0, {"cycles": Count(value, "", True)}))
    taken = tally.take()
    assert taken is not None
    assert taken.counts["cycles"].value is None


@pytest.mark.parametrize("value", ["18446744073709551615", "9" * 400, "-5", "nan", "inf", "1e400"])
def test_a_count_that_no_machine_reaches_is_not_known(value: str) -> None:
    line = parse(f"1.0,{value},,cycles,1,100.00,,")
    assert line is None or line.counted.value is None


@pytest.mark.parametrize("ended", ["nan", "inf", "-1", "1e400"])
def test_a_line_of_no_time_is_none(ended: str) -> None:
    assert parse(f"{ended},5,,cycles") is None
