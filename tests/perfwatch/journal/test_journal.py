from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.errors import JournalError
from perfwatch.journal.journal import Journal
from tests.files import no_more_files

Opener: TypeAlias = Callable[..., Journal]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def new(folder: Path, clock: Clock | None = None, segment_bytes: int = 200) -> Journal:
    clock = clock or Clock()
    return Journal(folder, 3600.0, segment_bytes, "test", (".old", bytes), clock=clock, wall=clock)


@pytest.fixture
def open_journal(tmp_path: Path) -> Iterator[Opener]:
    opened: list[Journal] = []

    def opener(clock: Clock | None = None, segment_bytes: int = 200) -> Journal:
        journal = new(tmp_path / "journal", clock, segment_bytes)
        opened.append(journal)
        journal.open()
        return journal

    yield opener
    for journal in opened:
        journal.close()


def fill(journal: Journal, first: int, last: int) -> None:
    for number in range(first, last):
        journal.append(b"%d" % number, 1, 0)


def read(journal: Journal, number: int) -> list[int]:
    """What there is from that number on, by blocks as small as can be."""
    found: list[int] = []
    while records := journal.read(number, 1):
        found += [int(record.body) for record in records]
        number = records[-1].number + records[-1].readings
    return found


def files(journal: Journal) -> list[Path]:
    return sorted(journal.folder.glob("*.journal"))


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def test_it_is_read_from_any_number_on(open_journal: Opener) -> None:
    journal = open_journal()
    fill(journal, 0, 30)
    assert len(files(journal)) > 3
    for number in (0, 29, 11, 12, 30):
        assert read(journal, number) == list(range(number, 30))


def test_what_is_forgotten_leaves_the_disk_a_file_at_a_time(open_journal: Opener) -> None:
    journal = open_journal()
    fill(journal, 0, 30)
    journal.forget(15)
    assert 10 < journal.first <= 15
    assert len(files(journal)) < 5
    journal.forget(30)
    assert (files(journal), journal.size, journal.first, journal.end) == ([], 0, 30, 30)


def test_the_oldest_are_dropped_for_size_and_counted_from_the_cursor_on(open_journal: Opener) -> None:
    journal = open_journal()
    fill(journal, 0, 30)
    assert journal.trim(5, 400) == journal.first - 5 > 0
    assert journal.size <= 400
    assert read(journal, 0) == list(range(journal.first, 30))


def test_the_oldest_are_dropped_for_age_over_runs(open_journal: Opener) -> None:
    clock = Clock()
    journal = open_journal(clock)
    journal.append(b"1", 3, round(clock.now * 1000))
    journal.close()
    clock.now += 1800
    journal = open_journal(clock)
    journal.append(b"2", 4, round(clock.now * 1000))
    clock.now += 1801
    assert (journal.trim(0), read(journal, 0)) == (3, [2])


def test_numbers_that_were_never_appended_are_not_waited_for(open_journal: Opener) -> None:
    journal = open_journal()
    fill(journal, 0, 2)
    journal.skip_to(10)
    fill(journal, 10, 12)
    assert [journal.waiting(number) for number in (0, 1, 5, 11)] == [4, 3, 2, 1]
    assert (read(journal, 0), journal.lost) == ([0, 1, 10, 11], 0)


def test_behind_damage_the_rest_is_found_and_the_lost_are_counted_and_said_once(
    open_journal: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal(segment_bytes=1000)
    fill(journal, 0, 10)
    flip(files(journal)[0], 100)
    for _ in range(2):
        assert read(journal, 0) == [0, 1, 2, *range(4, 10)]
    journal.close()
    again = open_journal()
    assert read(again, 0) == [0, 1, 2, *range(4, 10)]
    for each in (journal, again):
        assert (each.lost, each.damaged, each.waiting(0)) == (1, 1, 9)
    text = "has 1 damaged places: 1 readings are known to be lost, the rest is kept"
    assert [text in line for line in caplog.messages] == [True, True]


def test_damage_in_several_files_adds_up(open_journal: Opener) -> None:
    fill(journal := open_journal(), 0, 30)
    for path in files(journal)[:2]:
        flip(path, 100)
    assert len(read(journal, 0)) == 28
    assert (journal.lost, journal.damaged, journal.waiting(0)) == (2, 2, 28)


def test_it_is_its_owners_alone(open_journal: Opener) -> None:
    fill(journal := open_journal(), 0, 1)
    assert [path.stat().st_mode & 0o777 for path in (journal.folder, *files(journal))] == [0o700, 0o600]


def test_after_a_part_of_its_age_it_begins_a_new_file(open_journal: Opener) -> None:
    journal = open_journal(clock := Clock(), segment_bytes=10_000)
    for passed, count in ((0, 1), (140, 1), (20, 2)):  # a twenty-fourth of an hour is 150 s
        clock.now += passed
        fill(journal, journal.end, journal.end + 1)
        assert len(files(journal)) == count


def test_too_many_open_files_are_no_damage(open_journal: Opener) -> None:
    journal = open_journal(segment_bytes=10_000)
    fill(journal, 0, 100)
    content = files(journal)[0].read_bytes()
    with no_more_files():
        with pytest.raises(JournalError, match="cannot be read: Too many open files"):
            journal.read(0)
        journal.append(b"100", 1, 0)  # its file is open
    assert files(journal)[0].read_bytes().startswith(content)
    assert (read(journal, 0), journal.lost) == (list(range(101)), 0)


def test_a_folder_that_cannot_be_read_yet_can_be_opened_later(open_journal: Opener, tmp_path: Path) -> None:
    fill(before := open_journal(), 0, 30)
    before.close()
    journal = new(tmp_path / "journal")
    with no_more_files(), pytest.raises(JournalError, match="cannot be used: Too many open files"):
        journal.open()
    journal.open()
    assert (read(journal, 0), journal.lost) == (list(range(30)), 0)
    journal.close()


def test_a_second_one_is_kept_out_until_the_first_is_closed(open_journal: Opener, tmp_path: Path) -> None:
    first, second = open_journal(), new(tmp_path / "journal")
    with pytest.raises(JournalError, match="is in use by another test"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_a_record_that_does_not_fit_leaves_no_trace(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    fill(journal, 0, 2)
    size, write = files(journal)[0].stat().st_size, os.pwrite
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", lambda file, part, at: write(file, part[:9], at))
        with pytest.raises(JournalError, match="cannot be written: No space left on device"):
            journal.append(b"2", 1, 0)
        assert files(journal)[0].stat().st_size == size
        for _ in range(2):
            with pytest.raises(JournalError):
                journal.append(b"2", 1, 0)
    fill(journal, 2, 4)
    assert (read(journal, 0), len(files(journal))) == ([0, 1, 2, 3], 2)
    assert journal.size == sum(path.stat().st_size for path in files(journal))


def test_a_file_that_somebody_removed_is_said_and_passed_by(
    open_journal: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal()
    fill(journal, 0, 30)
    files(journal)[1].unlink()
    found = read(journal, 0)
    assert journal.lost == 30 - len(found) > 0
    assert "readings are known to be lost" in caplog.text


PLACES = st.floats(0, 1, exclude_max=True)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.binary(min_size=0, max_size=60)),
        st.tuples(st.just("append"), st.binary(min_size=1, max_size=9)),
        st.tuples(st.just("forget"), PLACES),
        st.tuples(st.just("read"), PLACES),
        st.tuples(st.just("flip"), PLACES),
        st.tuples(st.just("tear"), PLACES),
        st.tuples(st.just("reopen"), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(1, 300))
def test_whatever_happens_what_is_read_was_appended_and_in_that_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]], limit: int
) -> None:
    """A flipped bit costs one record at most, a torn file what was behind, and nothing else is lost."""
    folder = tmp_path_factory.mktemp("journal")
    journal, kept, flips, torn, number = new(folder), list[bytes](), 0, False, 0
    journal.open()
    for step, given_ in steps:
        if step == "append" and isinstance(given_, bytes):
            kept.append(number.to_bytes(4) + given_)
            number += 1
            journal.append(kept[-1], 1, 0)
        elif step == "reopen":
            journal.close()
            journal = new(folder)
            journal.open()
        elif step == "forget" and isinstance(given_, float):
            before, needed = bodies(journal, limit), round(given_ * journal.waiting(0))
            journal.forget(journal.first + needed)
            gone = set(before) - set(after := bodies(journal, limit))
            assert after == before[len(gone) :]
            kept = [body for body in kept if body not in gone]
        elif step == "read" and isinstance(given_, float):
            at = journal.first + round(given_ * (journal.end - journal.first))
            assert all(record.number >= at for record in journal.read(at, limit))
        elif step == "flip" and isinstance(given_, float) and (paths := files(journal)):
            path = paths[int(given_ * len(paths))]
            if size := path.stat().st_size:
                flip(path, int(given_ * 7919 % 1 * size))
                flips += 1
        elif step == "tear" and isinstance(given_, float) and (paths := files(journal)):
            journal.close()
            os.truncate(paths[-1], int(given_ * paths[-1].stat().st_size))
            torn = True
            journal = new(folder)
            journal.open()
    found = bodies(journal, limit)
    journal.close()
    assert found == [body for body in kept if body in set(found)]
    if not torn:
        assert len(found) >= len(kept) - flips
    again = new(folder)
    again.open()
    assert bodies(again, limit) == found
    assert again.waiting(0) == len(found)
    again.close()


def bodies(journal: Journal, limit: int) -> list[bytes]:
    found: list[bytes] = []
    number = 0
    while records := journal.read(number, limit):
        found += [record.body for record in records]
        number = records[-1].number + 1
    return found
