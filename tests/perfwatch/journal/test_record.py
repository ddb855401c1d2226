"""Records that can be told from garbage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfwatch.journal.record import MARK, Damage, Record, pack, unpack

ONE = pack(0, 3, 1500, b"first")
TWO = pack(3, 4, 2500, b"second")


def test_what_was_packed_is_unpacked() -> None:
    assert list(unpack(ONE + TWO, 10)) == [
        Record(10, 3, 1500, b"first", len(ONE)),
        Record(13, 4, 2500, b"second", len(ONE + TWO)),
    ]


def test_a_record_cut_anywhere_is_torn_and_the_one_before_it_whole() -> None:
    for end in range(1, len(TWO)):
        assert list(unpack(ONE + TWO[:end], 10)) == [
            Record(10, 3, 1500, b"first", len(ONE)),
            Damage(len(ONE) + end, torn=True),
        ]


@given(st.integers(0, len(ONE) - 1), st.integers(1, 255))
def test_one_changed_byte_costs_one_record_at_most(place: int, change: int) -> None:
    changed = bytearray(ONE)
    changed[place] ^= change
    found = list(unpack(bytes(changed) + TWO, 10))
    assert found[-1] == Record(13, 4, 2500, b"second", len(ONE + TWO))
    assert found[:-1] == [Damage(len(ONE), torn=False)]


def test_zeros_behind_the_last_record_are_damage_of_their_own() -> None:
    assert list(unpack(ONE + bytes(100)))[1:] == [Damage(len(ONE) + 100, torn=False)]


@given(st.binary(max_size=200))
def test_garbage_is_passed_over(garbage: bytes) -> None:
    found = list(unpack(garbage))
    assert not [part for part in found if isinstance(part, Record)]
    assert (found[-1].end if found else 0) == len(garbage)


def test_a_mark_alone_does_not_end_the_damage() -> None:
    content = b"?" + MARK + b"no record" + TWO
    assert [part.end for part in unpack(content)] == [len(content) - len(TWO), len(content)]
