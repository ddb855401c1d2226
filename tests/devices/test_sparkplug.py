"""Births of Sparkplug over a restart, and their limits. Payloads by other encoders: shapes/sparkplug.json."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.presets.registry import PRESETS, Given
from devices.sparkplug import rule
from devices.sparkplug.births import Birth, Births, Declared, Kept, read
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.topics import Topics
from tests.devices.taking import NOW, readings
from tests.devices.test_shapes import SHAPES, payload_of

BIRTH, DATA = SHAPES["sparkplug"][1:3]


def taking(births: Births | None = None) -> Taker:
    return Taker([PRESETS["sparkplug"](Given(None, births=births))], Topics())


def test_what_a_birth_said_is_known_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "births.json"
    readings(taking(Kept(file)), BIRTH["topic"], payload_of(BIRTH))
    assert readings(taking(Kept(file)), DATA["topic"], payload_of(DATA)) == DATA["readings"]


def test_the_same_birth_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "births.json"
    takes = taking(Kept(file))
    readings(takes, BIRTH["topic"], payload_of(BIRTH))
    file.unlink()
    readings(takes, BIRTH["topic"], payload_of(BIRTH))
    assert not file.exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"\xff"])
def test_a_file_that_cannot_be_read_holds_no_births(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "births.json"
    file.write_bytes(content)
    assert read(file) == {}


def test_a_file_that_cannot_be_written_loses_no_reading(tmp_path: Path) -> None:
    (tmp_path / "births.json").mkdir()
    assert readings(taking(Kept(tmp_path / "births.json")), BIRTH["topic"], payload_of(BIRTH))


def test_so_many_metrics_are_known_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "MAX_METRICS", 10)
    takes = taking({"house/old": Birth([Declared("x")] * 9)})
    with pytest.raises(Unusable, match="10 metrics"):
        takes.take(BIRTH["topic"], payload_of(BIRTH), NOW)


def test_what_a_device_kept_until_now_does_not_take_the_newest_s_place() -> None:
    takes = taking()
    readings(takes, BIRTH["topic"], payload_of(BIRTH))
    both = SHAPES["sparkplug"][3]
    taken = takes.take(both["topic"], payload_of(both), NOW)
    assert [one.retain for one in taken.readings] == [False, True]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SHAPES["sparkplug"]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_a_payload_with_wrong_bytes_is_refused_or_read(
    shape: dict[str, Any], changes: list[tuple[int, int]]
) -> None:
    payload = bytearray(payload_of(shape))
    for place, byte in changes:
        if place < len(payload):
            payload[place] = byte
    with suppress(Unusable):
        taking().take(shape["topic"], bytes(payload), NOW)
