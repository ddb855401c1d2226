from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from devices.values import MAX_PAYLOAD, Unusable, decode, moment, number

TEN = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (21.5, 21.5),
        (True, 1),
        ("21.5", 21.5),
        (" -3 ", -3),
        ("1e3", 1000),
        (".5", 0.5),
        ("ON", 1),
        ("closed", 0),
        ("Offline", 0),
        ("unlocked", 0),
        ("single", None),
        ("021528603314", None),
        ("1_000", None),
        ("٣", None),
        ("", None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("1e999", None),
        ([1], None),
    ],
)
def test_numbers_text_and_words_are_numbers(value: object, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    "told",
    [
        "2024-01-15T10:30:00Z",
        "2024-01-15T10:30:00.000+00:00",
        "2024-01-15 10:30:00 UTC",
        "2024-01-15T12:30:00+0200",
        "2024-01-15T11:30:00",
        "2024-01-15 11:30:00",
        "2024-01-15 11:30",
        1705314600,
        1705314600.0,
        1705314600000,
        1705314600000000,
        1705314600000000000,
        "1705314600",
    ],
)
def test_a_time_is_read_in_every_usual_form(told: object) -> None:
    assert moment(told, BERLIN) == TEN


@pytest.mark.parametrize(
    "told",
    ["1970-01-01T00:00:05", 12, -5, True, "soon", "2024-13-01T00:00:00", 1e300, float("nan"), None, "23:15"],
)
def test_what_is_no_time_is_none(told: object) -> None:
    assert moment(told, UTC) is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * 10_000_000, "more than 262,144 bytes"),
        (b'{"a": ', "begins like JSON"),
        (b"[" * 100_000, "begins like JSON"),
        (b"", "empty"),
    ],
)
def test_what_cannot_be_read_is_named(payload: bytes, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        decode(payload)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"21.5", 21.5),
        (b"ON", "ON"),
        (b"true", True),
        (b'{"a": 1}', {"a": 1}),
        (b"-- no data --", "-- no data --"),
        (b"2024-01-15", "2024-01-15"),
        (b"off ", "off"),
    ],
)
def test_a_payload_is_json_or_text(payload: bytes, expected: object) -> None:
    assert decode(payload) == expected


def test_nan_within_an_object_spoils_nothing_else() -> None:
    assert decode(b'{"a": NaN, "b": 1}')["b"] == 1


def test_the_largest_payload_is_taken() -> None:
    assert decode(b"x" * MAX_PAYLOAD) == "x" * MAX_PAYLOAD
