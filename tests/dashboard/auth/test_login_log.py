"""What the log says of logins."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from dashboard.auth.login_log import LoginLog


def request(address: str) -> Request:
    return Request({"type": "http", "client": (address, 5), "headers": []})


def test_refused_logins_are_told_once_and_summed(caplog: pytest.LogCaptureFixture) -> None:
    log = LoginLog()
    for _ in range(300):
        log.refused(request("10.0.0.5"), "admin\n2026 INFO forged", "wrong name or password")
    log.sum_up()
    first, summed = caplog.messages
    assert first == (
        r"a login as 'admin\n2026 INFO forged' from 10.0.0.5 was refused: wrong name or password"
    )
    assert summed.startswith("299 more logins as 'admin")


def test_many_addresses_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = LoginLog()
    for number in range(5000):
        log.refused(request(f"10.0.{number // 250}.{number % 250}"), "admin", "wrong name or password")
    log.sum_up()
    assert len(caplog.messages) < 30
    assert "4979 more logins as" in caplog.text
