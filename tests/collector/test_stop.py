from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from collector.stop import Stop

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[None]:
    """Leave this process's answers to signals as they were."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, answer in before.items():
        signal.signal(number, answer)


def test_it_is_not_set_until_someone_says_so() -> None:
    assert Stop().wait(0) is False


def test_it_stays_set() -> None:
    stop = Stop()
    stop.set()
    assert [stop.wait(0), stop.wait(-5), stop.wait(60)] == [True, True, True]


def test_setting_it_ends_a_wait_at_once() -> None:
    stop = Stop()
    started = time.monotonic()
    threading.Timer(0.05, stop.set).start()
    assert stop.wait(60)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.usefixtures("signals")
def test_a_signal_sets_it_while_this_thread_waits(number: signal.Signals) -> None:
    stop = Stop()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stop.on_signals()
    threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
    assert stop.wait(60)


@pytest.mark.usefixtures("signals")
def test_under_nohup_a_terminal_that_goes_away_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Stop().on_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_rousing_ends_one_wait_at_once_and_does_not_set_it() -> None:
    stop = Stop()
    started = time.monotonic()
    threading.Timer(0.05, stop.rouse).start()
    assert stop.wait(60) is False
    assert time.monotonic() - started < 30
    stop.rouse()
    stop.set()
    assert [stop.wait(0), stop.wait(0), stop.wait(0)] == [False, True, True]
