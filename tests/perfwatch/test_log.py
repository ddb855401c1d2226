from __future__ import annotations

import asyncio
import logging

from perfwatch.log import FOLD_SECONDS, TOLD, Fold, Named, speaking
from tests.clock import Clock


def record(words: str, name: str, line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("service", logging.WARNING, "place.py", line, words, (name,), None)


def test_the_same_trouble_is_told_a_few_times_a_minute_and_then_how_often() -> None:
    clock = Clock()
    fold = Fold(clock)
    through = [fold.filter(record("lost %s", f"host {number}")) for number in range(TOLD + 100)]
    assert through == [True] * TOLD + [False] * 100
    clock.now += FOLD_SECONDS
    next_one = record("lost %s", "the last")
    assert fold.filter(next_one)
    assert next_one.getMessage() == "lost the last (and 100 more like it in the minute before)"


def test_another_trouble_is_told() -> None:
    fold = Fold(Clock())
    for _ in range(TOLD):
        fold.filter(record("lost %s", "it"))
    assert not fold.filter(record("lost %s", "it"))
    assert fold.filter(record("lost %s", "it", line=2))
    assert fold.filter(record("found %s", "it"))


async def test_in_a_process_of_several_each_line_says_whose_it_is() -> None:
    named = Named("both")

    async def speak(name: str) -> str:
        speaking.set(name)
        await asyncio.sleep(0)
        return await asyncio.to_thread(whose)

    def whose() -> str:
        told = record("connected to %s", "it")
        named.filter(told)
        return str(vars(told)["service"])

    assert await asyncio.gather(*map(speak, ("alerts", "devices"))) == ["alerts", "devices"]
    assert whose() == "both"
