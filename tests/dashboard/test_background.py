"""What the server does when a part of it fails, and that it is the server of this checkout."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from dashboard.background import Background
from dashboard.web.assets import COMPONENTS, VERSION
from tests.servers import Mosquitto, wait_until
from tests.stack import ROOT, Dashboard, Service

# `python -m dashboard`, in which something fails that nobody foresaw.
BROKEN = """
from dashboard.live.hosts import HostsApi

async def run(self):
    raise ZeroDivisionError("nobody foresaw this")

HostsApi.run = run

from dashboard.__main__ import main
main()
"""


async def for_ever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise ZeroDivisionError


async def test_a_failure_is_kept_and_stops_the_server_and_the_other_work() -> None:
    background, stopped = Background(), asyncio.Event()
    background.works, background.stop = (for_ever, failing), stopped.set
    async with background.running():
        await stopped.wait()
    assert isinstance(background.failure, ExceptionGroup)
    assert background.failure.subgroup(ZeroDivisionError)
    assert len(asyncio.all_tasks()) == 1


async def test_being_stopped_is_no_failure() -> None:
    background = Background()
    background.works, background.stop = (for_ever,), lambda: pytest.fail("stopped")
    async with background.running():
        await asyncio.sleep(0)
    assert background.failure is None


def test_an_unforeseen_error_ends_the_process_with_its_traceback(broker: Mosquitto, tmp_path: Path) -> None:
    server = Dashboard(tmp_path, broker.url)
    server.command = [sys.executable, "-P", "-c", BROKEN]
    Service.start(server)  # it need not come to listen
    wait_until(lambda: not server.running(), "the process ends")
    assert server.end() == 1
    assert "Traceback" in server.output()
    assert "nobody foresaw this" in server.output()


def test_the_server_under_test_is_the_one_beside_the_tests(dashboard: Dashboard) -> None:
    assert COMPONENTS == ROOT / "dashboard" / "components"
    # The version is a digest of what is served: another checkout has another.
    assert httpx.get(f"{dashboard.url}/assets/{VERSION}/tokens.css").status_code == 200
    assert dashboard.module_path("dashboard") == ROOT / "dashboard" / "__init__.py"
