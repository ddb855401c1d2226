"""From a message to points, or to the reason why not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder, refusal, rejection
from bridge.series_limit import DAY_MS, SeriesLimit
from perfwatch.errors import PayloadError
from perfwatch.history.store import Point
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.topics import Topics
from tests.bridge.publisher import START_MS, payload

START = format_time(from_ms(START_MS))

TOPICS = Topics("home/perfwatch")
CPU = "home/perfwatch/nas/cpu"


def take(name: str, content: bytes, now: int) -> list[Point] | None:
    numbers = Decoder(TOPICS, SeriesLimit(1000, print)).decode(name, content, now)
    return None if numbers is None else list(numbers.points())


def test_a_reading_becomes_numbers() -> None:
    assert take(CPU, payload(5), START_MS) == [Point("cpu", "nas", "", "", START_MS + 5000, {"user": 5.0})]


def test_an_undeclared_metric_is_taken_too() -> None:
    found = take("home/perfwatch/nas/ups", payload(0, watts=30), START_MS)
    assert found == [Point("ups", "nas", "", "", START_MS, {"user": 0.0, "watts": 30.0})]


def test_a_field_that_is_added_later_does_no_harm() -> None:
    [point] = take(CPU, payload(5, new=[1]), START_MS) or []
    assert point.fields == {"user": 5.0}


def test_a_number_that_is_too_large_is_refused() -> None:
    with pytest.raises(PayloadError, match="too large"):
        take("home/perfwatch/nas/ups", payload(0, watts=10**400), START_MS)


@pytest.mark.parametrize("word", ["status", "info", "config"])
def test_other_topics_of_a_host_are_no_readings(word: str) -> None:
    assert take(f"home/perfwatch/nas/{word}", b"online", START_MS) is None


def test_taking_back_a_retained_reading_is_no_reading() -> None:
    assert take(CPU, b"", START_MS) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "object"),
        (b"{}", "timestamp"),
        (b'{"timestamp": "yesterday"}', "timestamp"),
        (b'{"timestamp": "2026-01-01T00:00:00"}', "timestamp"),
        (payload(0, idle="much"), "idle"),
        (payload(0, interrupts=10**400), "out of range"),
    ],
)
def test_the_reason_names_what_is_wrong(content: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=f"nas/cpu: .*{reason}"):
        take(CPU, content, START_MS)


def test_a_topic_without_a_host_is_refused() -> None:
    with pytest.raises(PayloadError, match=r"^home/perfwatch//cpu: the topic names no host"):
        take("home/perfwatch//cpu", payload(0), START_MS)


def test_the_first_moment_of_1970_is_a_time() -> None:
    [point] = take(CPU, b'{"timestamp": "1970-01-01T00:00:00Z", "user": 1}', START_MS) or []
    assert point.time == 0


def test_a_clock_may_be_a_day_ahead_and_no_more() -> None:
    assert take(CPU, payload(0), START_MS - DAY_MS)
    with pytest.raises(PayloadError, match="timestamp is more than a day ahead"):
        take(CPU, payload(0), START_MS - DAY_MS - 1)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("1969-12-31T23:59:59.999Z", "before 1970"),
        ("0001-01-01T00:00:00+23:59", "before 1970"),
        ("9999-12-31T23:59:59-23:59", "more than a day ahead"),
    ],
)
@pytest.mark.parametrize("topic", [CPU, "home/perfwatch/nas/ups"])
def test_a_time_that_no_clock_should_tell_is_refused(topic: str, time: str, reason: str) -> None:
    with pytest.raises(PayloadError, match=f"^{topic}: timestamp is {reason}"):
        take(topic, json.dumps({"timestamp": time, "user": 1}).encode(), START_MS)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_comes_only_a_payload_error_is_raised(content: bytes) -> None:
    for topic in (CPU, "home/perfwatch/nas/ups"):
        try:
            take(topic, content, START_MS)
        except PayloadError as error:
            told = json.loads(rejection(error, topic, content, START_MS))
            assert told["topic"] == topic
            assert told["reason"]


def test_a_rejection_quotes_no_more_than_200_characters() -> None:
    error = PayloadError(CPU, "it is too long")
    told = json.loads(rejection(error, CPU, b"\xff" + b"x" * 1000, START_MS))
    assert told == {
        "timestamp": START,
        "topic": CPU,
        "reason": "it is too long",
        "payload": "\ufffd" + "x" * 199,
    }


def test_a_refusal_says_when_and_why() -> None:
    assert json.loads(refusal("no place", START_MS)) == {"timestamp": START, "reason": "no place"}
