from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.errors import PayloadError
from perfwatch.readings.codec import decode_undeclared, encode, format_time, from_ms, now, to_ms
from perfwatch.readings.core import READINGS, Cpu, Memory

TIMES = st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))


@given(TIMES, st.floats(0, 100) | st.none())
def test_a_reading_that_is_encoded_is_decoded_back(moment: datetime, usage: float | None) -> None:
    reading = Cpu(timestamp=moment, usage_percent=usage, per_core=[usage, None])
    assert msgspec.json.decode(encode(reading), type=Cpu) == reading


@given(TIMES)
def test_times_survive_as_integers(moment: datetime) -> None:
    assert from_ms(to_ms(moment)) == moment


def test_a_timestamp_is_written_in_utc_with_milliseconds() -> None:
    there = datetime(2026, 11, 23, 15, 8, 38, 84_999, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(there) == "2026-11-23T14:08:38.084Z"
    assert encode(Memory(timestamp=there)).startswith(
        b'{"timestamp":"2026-11-23T14:08:38.084Z","usage_percent":null,'
    )


def test_the_time_of_a_tick_has_no_more_than_milliseconds() -> None:
    assert now().microsecond % 1000 == 0
    assert now().tzinfo is UTC


@pytest.mark.parametrize("metric", READINGS)
def test_what_could_not_be_read_is_null_and_never_zero(metric: str) -> None:
    text = encode(READINGS[metric](timestamp=now()))
    values = msgspec.json.decode(text, type=dict[str, object])
    assert {name: value for name, value in values.items() if isinstance(value, int | float)} == {}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"load":1}', "timestamp"),
        (b'{"timestamp":"2026-01-01T00:00:00"}', "timestamp"),
        (b'{"timestamp":"yesterday"}', "timestamp"),
        (b"online", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"", "truncated"),
    ],
)
def test_a_bad_payload_names_topic_and_field(payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=f"perfwatch/nas/ups: .*{reason}"):
        decode_undeclared("perfwatch/nas/ups", payload)


def test_a_metric_that_is_not_declared_keeps_its_fields() -> None:
    timestamp, fields = decode_undeclared("t", b'{"timestamp":"2026-01-01T00:00:00Z","load":7}')
    assert timestamp == datetime(2026, 1, 1, tzinfo=UTC)
    assert fields["load"] == 7
