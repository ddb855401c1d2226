from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.delivery.segment import Record, Segment

RECORDS = st.lists(
    st.builds(
        Record,
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
        st.binary(max_size=50),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**63),
    ),
    max_size=10,
)


def offsets(records: list[Record]) -> list[int]:
    return [sum(record.size for record in records[:place]) for place in range(len(records))]


@given(RECORDS)
def test_what_was_appended_is_read_in_memory(records: list[Record]) -> None:
    segment = Segment(7, None, 0.0)
    for record in records:
        segment.append(record, 1.0)
    assert [segment.read(offset) for offset in offsets(records)] == records
    assert segment.read(segment.size) is None
    assert segment.end == 7 + len(records)


def test_what_was_appended_is_found_by_the_next_run(tmp_path: Path) -> None:
    path, records = tmp_path / "1.seg", [Record("a", b"1", 0, 5), Record("küche", b"", 1, 6)]
    segment = Segment(0, path, 0.0)
    for record in [*records, Record("", b"", 0, 7)]:
        segment.append(record, 0.0)
    segment.close()
    seen: list[Record] = []
    found, damaged = Segment.found(path, seen.append)
    assert (found.count, damaged) == (2, 0)
    assert [(each.topic, each.behind, each.time_ms) for each in seen] == [
        ("a", 0, 5),
        ("küche", 1, 6),
        ("", 0, 7),
    ]
    assert [found.read(offset) for offset in offsets(records)] == records


@pytest.mark.parametrize("cut", range(1, 26))
def test_a_torn_last_record_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "1.seg"
    segment = Segment(0, path, 0.0)
    for payload in (b"first", b"second"):
        segment.append(Record("t", payload, 0, 0), 0.0)
    os.truncate(path, path.stat().st_size - cut)
    seen: list[Record] = []
    found, damaged = Segment.found(path, seen.append)
    whole = Record("t", b"first", 0, 0).size
    assert (found.count, found.size, len(seen)) == (1, whole, 1)
    assert damaged == path.stat().st_size - whole


@given(place=st.integers(0, 60), bit=st.integers(0, 7))
def test_no_flipped_bit_is_taken_for_a_reading(place: int, bit: int) -> None:
    segment = Segment(0, None, 0.0)
    record = Record("topic", b"payload of a reading", 3, 1_795_000_000_000)
    segment.append(record, 0.0)
    segment._bytes[place % record.size] ^= 1 << bit
    assert segment.read(0) is None


def test_a_record_that_does_not_fit_on_the_disk_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = Segment(0, tmp_path / "1.seg", 0.0)
    segment.append(Record("t", b"first", 0, 0), 0.0)
    write = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", lambda file, part, offset: write(file, part[:9], offset))
        with pytest.raises(OSError, match="No space left") as caught:
            segment.append(Record("t", b"second", 0, 0), 0.0)
    assert caught.value.errno == errno.ENOSPC
    assert (tmp_path / "1.seg").stat().st_size == segment.size
    segment.append(Record("t", b"third", 0, 0), 0.0)
    seen: list[Record] = []
    Segment.found(tmp_path / "1.seg", seen.append)
    assert [record.payload for record in seen] == [b"first", b"third"]
