from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dashboard.live.ticks import MOST_BYTES, MOST_METRICS, Assembler, Tick
from perfwatch.errors import PayloadError

FOUR = ("cpu", "memory", "network", "disk")


def at(second: int, **fields: object) -> bytes:
    return msgspec.json.encode({"timestamp": f"2026-11-23T12:00:{second:02d}.000Z", **fields})


def feed(assembler: Assembler, second: int, metrics: tuple[str, ...], *, live: bool = True) -> list[Tick]:
    return [tick for metric in metrics for tick in assembler.add(metric, at(second), live=live)]


@pytest.fixture
def assembler() -> Assembler:
    assembler = Assembler("nas")
    assembler.expect(FOUR)
    return assembler


def test_a_tick_is_given_once_with_its_last_metric(assembler: Assembler) -> None:
    assert feed(assembler, 0, FOUR[:3]) == []
    (tick,) = feed(assembler, 0, FOUR[3:])
    assert set(tick.metrics) == set(FOUR)
    assert not assembler.waiting
    assert assembler.give() == []


def test_the_order_of_the_metrics_does_not_matter(assembler: Assembler) -> None:
    (tick,) = feed(assembler, 0, FOUR[::-1])
    assert set(tick.metrics) == set(FOUR)


def test_a_host_that_said_nothing_of_itself_is_learnt_from_its_first_tick() -> None:
    assembler = Assembler("nas")
    assert feed(assembler, 0, FOUR) == []
    assert assembler.waiting
    assert len(assembler.give()) == 1
    assert [set(tick.metrics) for tick in feed(assembler, 5, FOUR)] == [set(FOUR)]


def test_a_tick_that_stays_incomplete_is_given_when_the_next_begins(assembler: Assembler) -> None:
    feed(assembler, 0, FOUR[:3])
    (tick,) = feed(assembler, 5, FOUR[:1])
    assert set(tick.metrics) == set(FOUR[:3])


def test_a_metric_that_stopped_is_no_longer_waited_for(assembler: Assembler) -> None:
    feed(assembler, 0, FOUR[:3])
    assembler.give()
    assert [set(tick.metrics) for tick in feed(assembler, 5, FOUR[:3])] == [set(FOUR[:3])]


def test_a_metric_that_came_back_is_waited_for_again(assembler: Assembler) -> None:
    feed(assembler, 0, FOUR[:3])
    assembler.give()
    assert len(feed(assembler, 5, FOUR)) == 1
    assert feed(assembler, 10, FOUR[:3]) == []
    assert [set(tick.metrics) for tick in feed(assembler, 10, FOUR[3:])] == [set(FOUR)]


def test_a_metric_that_comes_after_its_tick_is_shown_by_itself_to_who_takes_parts(
    assembler: Assembler,
) -> None:
    feed(assembler, 0, FOUR)
    assert feed(assembler, 0, ("pressure",)) == []
    (part,) = assembler.add("gpu", at(0, gpus={}), live=True, in_parts=True)
    assert (part.host, part.metrics) == ("nas", {"gpu": msgspec.Raw(at(0, gpus={}))})
    assert b"12:00:00.000Z" in part.frame().encode()
    assert feed(assembler, 5, ("pressure", "gpu")) == []
    assert [len(tick.metrics) for tick in feed(assembler, 5, FOUR)] == [6]


def test_a_tick_may_end_with_a_reading_that_is_not_retained(assembler: Assembler) -> None:
    feed(assembler, 0, FOUR[:3])
    assert len(feed(assembler, 0, FOUR[3:], live=False)) == 1


def test_a_tick_has_so_many_metrics_at_most(assembler: Assembler) -> None:
    names = tuple(f"m{number}" for number in range(MOST_METRICS))
    feed(assembler, 0, names)
    feed(assembler, 0, names[:1])  # in place of the one that is there
    with pytest.raises(PayloadError, match=r"^nas/more: the tick has more in it than is kept of a host$"):
        feed(assembler, 0, ("more",))


def test_a_tick_has_so_many_bytes_at_most(assembler: Assembler) -> None:
    large = at(0, text="x" * (MOST_BYTES - 3 * len(at(0)) - len(',"text":""')))
    for metric in ("cpu", "disk", "disk"):
        assembler.add(metric, large if metric == "disk" else at(0), live=True)
    with pytest.raises(PayloadError, match="more in it"):
        assembler.add("memory", at(0, more=1), live=True)
    assembler.add("memory", at(0), live=True)


def test_a_replay_of_older_readings_is_passed_over(assembler: Assembler) -> None:
    feed(assembler, 30, FOUR)
    assert feed(assembler, 10, FOUR, live=False) == []
    assert len(feed(assembler, 35, FOUR)) == 1


def test_a_clock_that_was_set_back_is_followed(assembler: Assembler) -> None:
    feed(assembler, 30, FOUR)
    assert len(feed(assembler, 10, FOUR, live=True)) == 1


def test_a_payload_without_a_time_is_refused(assembler: Assembler) -> None:
    for payload in (b"", b"online", b'{"usage_percent":1}', b'{"timestamp":"2026-11-23T12:00:00"}', b"\xff"):
        with pytest.raises(PayloadError, match="nas/cpu"):
            assembler.add("cpu", payload, live=True)


@pytest.mark.parametrize(
    "payload",
    [
        at(0)[:-1] + b',"new":"\xff"}',
        at(0)[:-1] + b',"new":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"timestamp":"0001-01-01T00:00:00+23:59"}',
        b'{"timestamp":"9999-12-31T23:59:59-23:59"}',
    ],
    ids=["not UTF-8", "too deep", "before the year 1", "after the year 9999"],
)
def test_what_could_not_be_shown_is_refused(assembler: Assembler, payload: bytes) -> None:
    assembler.expect(["cpu"])
    with pytest.raises(PayloadError, match="nas/cpu"):
        assembler.add("cpu", payload, live=True)
    assert len(assembler.add("cpu", at(0), live=True)) == 1


def test_a_frame_tells_the_time_in_utc_and_whether_its_host_is_away() -> None:
    assembler = Assembler("nas")
    assembler.add("cpu", b'{"timestamp":"2026-11-23T13:00:00+01:00"}', live=True)
    (tick,) = assembler.give()
    assert msgspec.json.decode(tick.frame())["timestamp"] == "2026-11-23T12:00:00.000Z"
    assert "offline" not in tick.frame()
    assert msgspec.json.decode(msgspec.structs.replace(tick, offline=True).frame())["offline"] is True


def test_a_frame_carries_the_readings_as_they_came(assembler: Assembler) -> None:
    assembler.expect(["cpu"])
    (tick,) = assembler.add("cpu", at(7, usage_percent=12.5, per_core=[1, None]), live=True)
    assert msgspec.json.decode(tick.frame()) == {
        "type": "metrics",
        "timestamp": "2026-11-23T12:00:07.000Z",
        "host": "nas",
        "data": {
            "cpu": {"timestamp": "2026-11-23T12:00:07.000Z", "usage_percent": 12.5, "per_core": [1, None]}
        },
    }


@pytest.mark.parametrize(
    ("disk", "io"),
    [
        ({"read_bytes_per_sec": 1.5, "write_bytes_per_sec": None}, {"read": 1.5, "write": None}),
        ({"partitions": {}}, {"read": None, "write": None}),
    ],
)
def test_aliases_are_added_to_what_was_there(
    assembler: Assembler, disk: dict[str, Any], io: dict[str, Any]
) -> None:
    assembler.expect(["disk"])
    (tick,) = assembler.add("disk", at(0, **disk) + b"\n", live=True)
    aliased = msgspec.json.decode(tick.with_aliases().frame())["data"]["disk"]
    assert aliased.pop("io") == {f"{way}_bytes_per_sec": rate for way, rate in io.items()}
    assert aliased == msgspec.json.decode(tick.frame())["data"]["disk"]


@pytest.mark.parametrize("metric", ["cpu", "disk"])
def test_nothing_is_added_to_what_needs_no_alias(assembler: Assembler, metric: str) -> None:
    assembler.expect([metric])
    (tick,) = assembler.add(metric, at(0, io=7), live=True)
    assert tick.with_aliases() is tick
