"""What waits on disk: in order, and bounded in size and age."""

from __future__ import annotations

import pytest

from bridge.spool import Depth
from perfwatch.errors import JournalError
from perfwatch.history.store import Point
from tests.bridge.spools import Clock, Opener, files, numbered, taken


def test_it_gives_out_what_it_was_given_in_order(open_spool: Opener) -> None:
    spool = open_spool()
    points = [Point("disk", "näs", "mountpoint", "/", -5, {"usage_percent": 0.1, "free_bytes": 1e300})]
    spool.append(points, 1)
    chunk = spool.oldest()
    assert chunk is not None
    assert (chunk.points, chunk.readings) == (points, 1)
    spool.done()
    assert (spool.oldest(), spool.empty, files(spool)) == (None, True, [])


def test_what_is_not_done_is_given_out_again(open_spool: Opener) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)
    assert spool.oldest() == spool.oldest()
    assert taken(spool) == [1]


def test_it_takes_in_while_it_gives_out(open_spool: Opener) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)
    spool.oldest()
    spool.append(numbered(2), 1)
    spool.done()
    assert taken(spool) == [2]
    spool.append(numbered(3), 1)
    assert taken(spool) == [3]


def test_order_goes_over_files_and_space_comes_back_with_each(
    open_spool: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.spool.SEGMENT_BYTES", 200)
    monkeypatch.setattr("bridge.spool.CHUNK_BYTES", 1)
    spool = open_spool()
    for number in range(50):
        spool.append(numbered(number), 1)
    count = len(files(spool))
    assert count > 10
    for _ in range(25):
        spool.oldest()
        spool.done()
    assert len(files(spool)) < count * 0.6
    assert taken(spool) == list(range(25, 50))


def test_the_depth_says_how_much_waits_and_since_when(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    assert spool.depth == Depth(0, 0, None)
    spool.append(numbered(1), 3)
    clock.now += 10
    spool.append(numbered(2), 4)
    assert spool.depth == Depth(7, files(spool)[0].stat().st_size, clock.now - 10)


def test_a_new_run_goes_on_where_the_last_was_killed(open_spool: Opener) -> None:
    first = open_spool()
    first.append(numbered(1), 1)
    first.append(numbered(2), 1)
    first.close()
    second = open_spool()
    second.append(numbered(3), 1)
    assert second.depth.readings == 3
    assert taken(second) == [1, 2, 3]


def test_past_its_size_it_refuses_and_names_the_setting(open_spool: Opener) -> None:
    spool = open_spool(size=500)
    spool.append(numbered(1), 1)
    with pytest.raises(JournalError, match=r"is full \(PERFWATCH_SPOOL_SIZE=500\)"):
        spool.append(numbered(2, 100), 1)
    assert taken(spool) == [1]
    spool.append(numbered(3), 1)
    assert taken(spool) == [3]


def test_what_waited_for_too_long_is_left_out_and_counted(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    spool.append(numbered(1), 5)
    clock.now += 3601
    spool.append(numbered(2), 1)
    assert (taken(spool), spool.expired) == ([2], 5)
    spool.append(numbered(3), 2)
    clock.now += 3601
    assert (spool.oldest(), spool.expired, spool.empty) == (None, 7, True)


def test_what_expires_waits_no_more(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    spool.append(numbered(1), 5)
    clock.now += 3601
    spool.append(numbered(2), 3)
    assert spool.oldest() is not None
    assert spool.depth == Depth(3, files(spool)[0].stat().st_size, clock.now)


def test_order_goes_over_files_and_runs(open_spool: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.spool.SEGMENT_BYTES", 200)
    for first in (0, 20):
        spool = open_spool()
        for number in range(first, first + 20):
            spool.append(numbered(number), 1)
        spool.close()
    assert taken(open_spool()) == list(range(40))
