from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.agent import Gathered
from collector.scalars import LIMIT, decimal, scalars
from collector.sinks import Scalars
from perfwatch.readings import core
from perfwatch.topics import Kind, Topics

NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=5), NUMBERS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
READINGS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


def test_every_number_has_a_path_and_what_is_none_has_not() -> None:
    reading = {
        "timestamp": "2026-11-23T12:00:00.000Z",
        "usage_percent": 12.5,
        "temperature_celsius": [40, None, 42.5],
        "partitions": {"/": {"device": "/dev/sda1", "free_bytes": 7}, "/mnt/data": {"free_bytes": 0}},
        "available": True,
        "steal": None,
    }
    assert scalars(reading) == {
        ("usage_percent",): "12.5",
        ("temperature_celsius", "0"): "40",
        ("temperature_celsius", "2"): "42.5",
        ("partitions", "_", "free_bytes"): "7",
        ("partitions", "_mnt_data", "free_bytes"): "0",
    }


@given(READINGS)
def test_every_path_is_a_topic_of_the_contract_whatever_the_names_are(reading: dict[str, Any]) -> None:
    topics = Topics()
    for path, text in scalars(reading).items():
        topic = topics.parse(topics.scalar("nas", "disk", path))
        assert topic is not None
        assert (topic.kind, topic.host, topic.metric, topic.path) == (Kind.SCALAR, "nas", "disk", path)
        Decimal(text)


@given(NUMBERS)
def test_the_text_is_exactly_the_number_without_an_exponent(number: float) -> None:
    assert type(number)(decimal(number)) == number
    assert set(decimal(number)) <= set("-.0123456789")


def test_of_two_names_that_become_one_the_first_is_kept() -> None:
    assert scalars({"partitions": {"/a": 1, "_a": 2}}) == {("partitions", "_a"): "1"}


def test_there_is_an_end_to_it() -> None:
    assert len(scalars({"per_core": list(range(5 * LIMIT))})) == LIMIT
    deep: dict[str, Any] = {"n": 1}
    for _ in range(500):
        deep = {"n": deep}
    assert scalars(deep) == {}


def test_a_reading_is_shown_number_by_number_and_too_many_are_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown: dict[str, bytes] = {}
    outlet = Scalars(Topics(), "nas", shown.__setitem__)
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    outlet.publish({"memory": Gathered(core.Memory(timestamp=moment, free_bytes=5), b"")})
    assert shown == {"perfwatch/nas/memory/free_bytes": b"5"}
    for _ in range(2):
        many = core.Cpu(timestamp=moment, per_core=[*map(float, range(LIMIT + 1))])
        outlet.publish({"cpu": Gathered(many, b"")})
    assert caplog.messages == [
        f"A reading of cpu has more than {LIMIT} numbers: the rest get no topics",
    ]
