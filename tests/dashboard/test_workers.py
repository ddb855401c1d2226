from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from dashboard.workers import Workers


def test_work_is_done_and_its_error_is_handed_on() -> None:
    workers = Workers(2, "test")
    assert workers.submit(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 7, 0).result()
    workers.shutdown()


def test_no_more_is_done_at_once_than_there_are_threads() -> None:
    workers, go = Workers(1, "test"), threading.Event()
    first, second, third = workers.submit(go.wait), workers.submit(len, ""), workers.submit(len, "")
    assert second.cancel()
    go.set()
    assert (first.result(), third.result()) == (True, 0)
    workers.shutdown()


def test_a_stuck_thread_does_not_keep_the_process() -> None:
    script = (
        "import threading; from dashboard.workers import Workers\n"
        "workers = Workers(1, 'test'); workers.submit(threading.Event().wait); workers.shutdown()"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
