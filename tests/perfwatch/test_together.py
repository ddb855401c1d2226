"""Several services in one process: each as when it runs alone, and all end when one fails."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from perfwatch.admin.light import together
from perfwatch.together.__main__ import own
from tests.servers import wait_until
from tests.stack import Service

CALM = """
import asyncio, logging, os, sys
from pathlib import Path

async def serve(settings):
    log = logging.getLogger(__name__)
    log.info("asks %s, inherits %s", settings.broker, [one for one in os.environ if "BROKER" in one])
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        log.info("ended in order")
"""
FAILS = """
import asyncio
from perfwatch.errors import StartError

async def serve(settings):
    await asyncio.sleep(0.1)
    raise {error}
"""


@pytest.fixture
def hosted(tmp_path: Path) -> Service:
    """Two services of its own, `calm` and `other`, which is calm too."""
    for name in ("calm", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(CALM)
    service = Service(["perfwatch.together", "calm", "other"], tmp_path)
    urls = {name: {"PERFWATCH_BROKER": f"mqtt://{name}:secret@{name}"} for name in ("calm", "other")}
    path = os.pathsep.join((str(tmp_path), service._environment["PYTHONPATH"]))
    service._environment |= together(urls) | {"PYTHONPATH": path}
    return service


def test_each_has_the_environment_that_it_has_alone() -> None:
    alone = {"alerts": {"A": "1", "B": "2", "C": "3"}, "devices": {"A": "1", "B": "4"}}
    shared = together(alone)
    assert shared == {"A": "1", "alerts.B": "2", "alerts.C": "3", "devices.B": "4"}
    assert all(one.items() <= own(shared, name).items() for name, one in alone.items())


def test_both_run_with_settings_of_their_own_and_end_in_order(hosted: Service) -> None:
    with hosted:
        wait_until(lambda: hosted.output().count(" asks ") == 2, "both run")
        assert "INFO calm: asks mqtt://calm:secret@calm, inherits []" in hosted.output()
        assert "INFO other: asks mqtt://other:secret@other, inherits []" in hosted.output()
        assert hosted.end(signal.SIGTERM) == 0
    assert hosted.output().count("ended in order") == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ZeroDivisionError('boom')", "CRITICAL other: ended by an error that nobody foresaw"),
        ("StartError('the file is no TOML')", "ERROR other: the file is no TOML"),
    ],
)
def test_what_one_fails_of_is_told_and_ends_the_other_in_order(
    hosted: Service, tmp_path: Path, error: str, said: str
) -> None:
    (tmp_path / "other" / "app.py").write_text(FAILS.format(error=error))
    hosted.start()
    assert hosted.process is not None
    assert hosted.process.wait(60) == 1
    assert said in hosted.output()
    assert ("ZeroDivisionError: boom" in hosted.output()) == ("Zero" in error)
    assert "INFO calm: ended in order" in hosted.output()
