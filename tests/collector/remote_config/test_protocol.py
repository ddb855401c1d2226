from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.remote_config import protocol
from collector.remote_config.protocol import (
    LIMIT_BYTES,
    Capabilities,
    State,
    encode,
    encode_error,
    in_force,
    merge,
    parse,
)
from collector.sources.source import Tuning
from perfwatch.errors import CommandError

MACHINE = Capabilities(("cpu", "memory", "perf_events"), frozenset({0, 1, 2, 3, 6}))
GIVEN = State(interval=5.0, sources=dict.fromkeys(MACHINE.sources, True), perf_cores="all", perf_interval=1.0)


def command(**keys: Any) -> bytes:
    return json.dumps(keys).encode()


def refused(payload: bytes) -> CommandError:
    with pytest.raises(CommandError) as caught:
        parse(payload, MACHINE)
    return caught.value


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        ({"interval": 2}, {"interval": 2.0}),
        ({"interval": "1m30s"}, {"interval": 90.0}),
        ({"interval": 0.5, "perf_interval": "250ms"}, {"interval": 0.5, "perf_interval": 0.25}),
        ({"perf_cores": "0-3,6"}, {"perf_cores": "0-3,6"}),
        ({"perf_cores": "all"}, {"perf_cores": "all"}),
        ({"sources": {"cpu": False}}, {"sources": {"cpu": False}}),
        ({"sources": ["cpu"]}, {"sources": {"cpu": True, "memory": False, "perf_events": False}}),
        ({"interval": None}, {"interval": None}),
        ({}, {}),
    ],
)
def test_what_a_command_may_say(asked: dict[str, Any], changes: dict[str, Any]) -> None:
    assert parse(command(**asked), MACHINE) == changes


@pytest.mark.parametrize(
    ("asked", "key", "expected"),
    [
        ({"intervall": 2}, "intervall", "the keys are interval, sources, perf_cores, perf_interval"),
        ({"interval": 0.4}, "interval", "from 500ms to 1h"),
        ({"interval": -5}, "interval", "from 500ms to 1h"),
        ({"interval": 1e308}, "interval", "from 500ms to 1h"),
        ({"interval": 10**18}, "interval", "from 500ms to 1h"),
        ({"interval": True}, "interval", "from 500ms to 1h"),
        ({"interval": "soon"}, "interval", "from 500ms to 1h"),
        ({"interval": "nan"}, "interval", "from 500ms to 1h"),
        ({"interval": "inf"}, "interval", "from 500ms to 1h"),
        ({"interval": [5]}, "interval", "from 500ms to 1h"),
        ({"perf_interval": 0.05}, "perf_interval", "from 100ms to 1m"),
        ({"perf_interval": 61}, "perf_interval", "from 100ms to 1m"),
        ({"perf_cores": "0-4"}, "perf_cores", "cores of this machine (0-3,6)"),
        ({"perf_cores": "all,1"}, "perf_cores", "cores of this machine"),
        ({"perf_cores": "0-9999," * 100}, "perf_cores", "cores of this machine"),
        ({"perf_cores": "-a; rm -rf /"}, "perf_cores", "cores of this machine"),
        ({"perf_cores": 1}, "perf_cores", "cores of this machine"),
        ({"perf_cores": ""}, "perf_cores", "cores of this machine"),
        ({"sources": ["cpu", "gpu"]}, "sources", "of: cpu, memory, perf_events"),
        ({"sources": {"gpu": True}}, "sources", "of: cpu, memory, perf_events"),
        ({"sources": {"cpu": 1}}, "sources", "an object of true and false"),
        ({"sources": [["cpu"]]}, "sources", "a list of the sources"),
        ({"sources": "cpu"}, "sources", "a list of the sources"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(asked: dict[str, Any], key: str, expected: str) -> None:
    error = refused(command(**asked))
    assert error.key == key
    assert expected in error.expected
    assert error.value == asked[key]


def test_one_bad_key_refuses_the_whole_command() -> None:
    assert refused(command(interval=2, perf_cores="99")).key == "perf_cores"


HOSTILE = {
    "empty": b"",
    "not JSON": b"interval=5",
    "cut off": b'{"interval": 5',
    "a list": b"[1]",
    "a number": b"5",
    "null": b"null",
    "NaN": b'{"interval": NaN}',
    "infinite": b'{"interval": 1e999}',
    "an integer of thousands of digits": b'{"interval": ' + b"9" * 12_000 + b"}",
    "a negative one": b'{"interval": -' + b"9" * 12_000 + b"}",
    "not UTF-8": b'{"interval": "\xff\xfe"}',
    "not UTF-8 at all": b"\xff" * 100,
    "half a surrogate": b'{"perf_cores": "\\ud800"}',
    "a zero byte": b'{"perf_cores": "0\\u0000"}',
    "deep": b'{"sources": ' + b"[" * 8000,
    "deep and whole": b'{"sources": ' + b"[" * 8000 + b"]" * 8000 + b"}",
    "huge": b'{"interval": 5, "x": "' + b"a" * 1_000_000 + b'"}',
    "many keys": b"{" + b",".join(b'"k%d": 1' % n for n in range(1500)) + b"}",
    "a long value": b'{"perf_cores": "' + b"1," * 7000 + b'1"}',
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_payload_is_refused_with_a_short_answer(payload: bytes) -> None:
    error = refused(payload)
    answer = encode_error(error)
    assert len(answer) < 1200
    assert json.loads(answer).keys() == {"key", "expected", "value", "detail"}


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_any_bytes_are_a_command_or_refused(payload: bytes) -> None:
    try:
        parse(payload, MACHINE)
    except CommandError as error:
        json.loads(encode_error(error))


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
KEYS = st.sampled_from(["interval", "sources", "perf_cores", "perf_interval", "other"])


@given(st.dictionaries(KEYS, JSON))
def test_any_values_are_obeyed_or_refused_and_never_leave_the_bounds(asked: dict[str, Any]) -> None:
    try:
        changes = parse(json.dumps(asked).encode(), MACHINE)
    except CommandError as error:
        json.loads(encode_error(error))
        return
    state = in_force(GIVEN, merge({}, changes))
    assert 0.5 <= state.interval <= 3600
    assert 0.1 <= state.perf_interval <= 60
    assert state.sources.keys() == set(MACHINE.sources)


def test_an_answer_names_key_expectation_value_and_a_sentence() -> None:
    answer = json.loads(encode_error(refused(command(interval=0.1))))
    assert answer == {
        "key": "interval",
        "expected": "a length of time from 500ms to 1h, like 1m",
        "value": 0.1,
        "detail": "interval is 0.1, but must be a length of time from 500ms to 1h, like 1m",
    }
    assert json.loads(encode_error(refused(b"hello"))) == {
        "key": None,
        "expected": "a JSON object",
        "value": "hello",
        "detail": "The command is 'hello', but must be a JSON object",
    }


def test_a_payload_of_just_the_limit_is_read() -> None:
    payload = b'{"interval": 5}'
    assert parse(payload + b" " * (LIMIT_BYTES - len(payload)), MACHINE) == {"interval": 5.0}
    assert "at most" in refused(payload + b" " * LIMIT_BYTES).expected


def test_the_state_in_force_can_be_sent_back_as_a_command() -> None:
    changes = parse(encode(GIVEN), MACHINE)
    assert in_force(GIVEN, changes) == GIVEN


def test_changes_add_up_and_null_takes_one_back() -> None:
    first = merge({}, parse(command(interval=2, sources={"cpu": False}), MACHINE))
    second = merge(first, parse(command(sources={"memory": False}, perf_cores="0"), MACHINE))
    state = in_force(GIVEN, second)
    assert (state.interval, state.switched_on) == (2.0, ["perf_events"])
    assert state.tuning == Tuning("0", 1.0)
    third = merge(second, parse(command(interval=None, sources={}), MACHINE))
    assert in_force(GIVEN, third).interval == 5.0
    assert in_force(GIVEN, third).switched_on == ["perf_events"]
    assert in_force(GIVEN, merge(third, parse(command(sources=None), MACHINE))).sources == GIVEN.sources


def test_sources_are_on_when_they_are_named() -> None:
    assert protocol.sources_named(["memory"], ("cpu", "memory")) == {"cpu": False, "memory": True}
    with pytest.raises(ValueError, match="gpu, ups"):
        protocol.sources_named(["gpu", "cpu", "ups"], ("cpu",))
